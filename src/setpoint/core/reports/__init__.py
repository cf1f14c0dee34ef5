"""Cluster reports, from whichever platform or client → what was used. Untrusted documents in, data out.

One file per kind of report; `recognise` tells them apart by what they hold.
"""

from setpoint.core.reports.own import write_report
from setpoint.core.reports.recognise import LARGEST_REPORT_BYTES, read_report
from setpoint.core.reports.reported import ReportedRun, ReportedTask, Terms

__all__ = ["LARGEST_REPORT_BYTES", "ReportedRun", "ReportedTask", "Terms", "read_report", "write_report"]
