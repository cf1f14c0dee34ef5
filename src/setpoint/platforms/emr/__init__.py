"""EMR on EC2 and EMR Serverless through boto3: runs that AWS ran, and specs left for whatever launches the next one."""

from setpoint.platforms.emr.platform import EmrPlatform, connect, in_role
from setpoint.platforms.emr.project import EmrProject

__all__ = ["EmrPlatform", "EmrProject", "connect", "in_role"]
