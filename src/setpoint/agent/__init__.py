"""What runs on the driver of a Databricks cluster: an init script, and in it a program that notes which machines lived.

The cluster report of a run needs every machine of the cluster and when it was there. The cloud forgets them soon after
they end, so they are noted while they live, beside the event log, where whoever makes the report finds them.
"""

from setpoint.agent.script import init_script

__all__ = ["init_script"]
