"""Everything Setpoint raises on purpose.

SetpointError
├── InputError            what the user gave cannot be used            exit 65 (EX_DATAERR)
│   ├── EventLogError     no usable event log in a source
│   ├── GoalError         a goal that does not parse; points at the word
│   ├── PolicyError       a policy that does not parse; names file, line, column and word
│   └── SettingsError     a settings file or variable that does not parse   exit 78 (EX_CONFIG)
├── UnknownProject        no such project in the ledger                exit 66 (EX_NOINPUT)
├── LedgerError           the ledger cannot be read or written         exit 74 (EX_IOERR)
├── PlatformError         a platform refused or cannot be reached      exit 69 (EX_UNAVAILABLE)
│   └── JavaMissing       no Java runtime that Spark takes
├── ServiceError          a service cannot be reached, or does not answer as one   exit 69
├── Conflict              the job is not what the decision was based on  exit 75 (EX_TEMPFAIL)
│   └── LeftToOwner       somebody else owns the job, and was given what is to change
└── Refused               the service does not do what was asked       exit 77 (EX_NOPERM)
    ├── NotSignedIn       no key, token or session that counts         status 401
    ├── NotPermitted      the role is too low for it                   status 403
    ├── NotFound          there is no such thing in the account        status 404
    ├── TooLarge          more than is taken in                        status 413
    └── TooManyTries      too many tries to sign in                    status 429

Exit codes follow BSD sysexits(3). "Nothing to do" is not an error: it is a value with a reason.
"""


class SetpointError(Exception):
    """Root of the tree; its text is one clear sentence for the user."""

    exit_code = 70


class InputError(SetpointError):
    """What the user gave cannot be used."""

    exit_code = 65


class EventLogError(InputError):
    """No usable event log in a source."""


class GoalError(InputError):
    """A goal that does not parse."""


class PolicyError(InputError):
    """A policy that does not parse, or that contradicts another one."""


class SettingsError(InputError):
    """A settings file or an environment variable that does not parse."""

    exit_code = 78


class UnknownProject(SetpointError):  # noqa: N818 - reads as a statement
    """No such project in the ledger."""

    exit_code = 66


class LedgerError(SetpointError):
    """The ledger cannot be read or written."""

    exit_code = 74


class PlatformError(SetpointError):
    """A platform refused or cannot be reached."""

    exit_code = 69


class JavaMissing(PlatformError):  # noqa: N818 - reads as a statement
    """No Java runtime that Spark takes."""


class ServiceError(SetpointError):
    """A service cannot be reached, or does not answer as one does."""

    exit_code = 69


class Conflict(SetpointError):  # noqa: N818 - reads as a statement
    """The job is not what the decision was based on; nothing was changed."""

    exit_code = 75


class LeftToOwner(Conflict):
    """The next run does not get the spec yet: it was handed to the owner of the job, who takes it or does not."""


class Refused(SetpointError):  # noqa: N818 - reads as a statement
    """The service does not do what was asked."""

    exit_code = 77


class NotSignedIn(Refused):
    """No key, token or session that counts."""


class NotPermitted(Refused):
    """The role is too low for it."""


class NotFound(Refused):
    """There is no such thing in the account; what is another account's is not there either."""

    exit_code = 66


class TooLarge(Refused):
    """More than is taken in."""

    exit_code = 65


class TooManyTries(Refused):
    """Too many tries to sign in."""

    exit_code = 75
