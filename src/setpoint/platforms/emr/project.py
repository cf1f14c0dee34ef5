"""What a project is on EMR: which clusters or job runs are its runs, and what launches them."""

from dataclasses import dataclass

from setpoint.errors import InputError

__all__ = ["PROJECT_TAGS", "EmrProject"]

PROJECT_TAGS = ("setpoint:project", "sync:project-id")
"""Either of them, on a cluster or a job run, names the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmrProject:
    """How to know its runs, and where its cluster is written down.

    Runs are known by a tag or by the name of their clusters; of several, all must fit.
    """

    region: str
    """Of AWS, such as us-east-1."""
    tag: str | None = None
    """Value of one of `PROJECT_TAGS`."""
    name: str | None = None
    """Of its clusters or job runs, without what tells one run from another: dates, numbers of runs, UUIDs."""
    application: str | None = None
    """Id of the application of EMR Serverless; None: EMR on EC2."""
    step: str | None = None
    """Name of the step whose Spark application is the project's; None: the largest log of a run is."""
    template: str | None = None
    """The file in which its launcher has the cluster: arguments of `run_job_flow` or `start_job_run`, or JSON that
    holds them, such as the definition of a state machine. It is read only."""
    patch: str | None = None
    """Where the change of the template is left as a patch; None: in the project's folder."""
    branch: str | None = None
    """Branch of the checkout that holds the template, on which its change is committed for the owner to take; nothing
    is left to be fetched then."""
    event_logs: str | None = None
    """URL in S3 below which its event logs are, where neither its clusters nor its steps say."""
    history_server: bool = False
    """Whether logs that are not in S3 are taken from the history server that EMR keeps for a cluster."""
    resize: bool = False
    """Whether its cluster is kept alive and may be resized: each of its steps is a run then. Without it, such a cluster
    is refused."""

    def __post_init__(self) -> None:
        """Raises InputError where its runs could not be told from others."""
        if not self.region:
            raise InputError("A project on EMR needs a region of AWS, such as us-east-1.")
        if not (self.tag or self.name):
            raise InputError("A project on EMR needs a tag or a name by which its runs are known.")
        if self.resize and (self.is_serverless or self.template):
            raise InputError(
                "Only a cluster of EMR on EC2 that is kept alive can be resized; it has no launcher's file."
            )
        if self.branch and not self.template:
            raise InputError("A branch gets the change of a launcher's file: say which file that is (template).")
        if self.event_logs and not self.event_logs.startswith(("s3://", "s3a://", "s3n://")):
            raise InputError(f"{self.event_logs} is no URL in S3: write it like s3://bucket/folder/.")

    @property
    def is_serverless(self) -> bool:
        """Whether its runs are job runs of EMR Serverless."""
        return self.application is not None
