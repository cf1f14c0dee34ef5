"""A spark-submit command line as data: its options, the application, and the application's own arguments.

Grammar after Spark 4.3: SparkSubmitOptionParser (launcher) and SparkSubmitArguments (core), unchanged since 3.0 but
for the options that were added.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from setpoint.errors import InputError

OPTION_PROPERTY = {
    "--master": "spark.master",
    "--deploy-mode": "spark.submit.deployMode",
    "--remote": "spark.remote",
    "--num-executors": "spark.executor.instances",
    "--executor-cores": "spark.executor.cores",
    "--executor-memory": "spark.executor.memory",
    "--total-executor-cores": "spark.cores.max",
    "--driver-cores": "spark.driver.cores",
    "--driver-memory": "spark.driver.memory",
}
"""Options that are another spelling of a Spark property."""

VALUE_OPTIONS = frozenset(OPTION_PROPERTY) | {
    "--archives", "--class", "--conf", "--driver-class-path", "--driver-java-options", "--driver-library-path",
    "--exclude-packages", "--files", "--jars", "--keytab", "--kill", "--name", "--packages", "--principal",
    "--properties-file", "--proxy-user", "--py-files", "--queue", "--repositories", "--status",
}  # fmt: skip
FLAGS = frozenset({"--help", "--load-spark-defaults", "--supervise", "--usage-error", "--verbose", "--version"})
SHORT_FORMS = {"-c": "--conf", "-h": "--help", "-v": "--verbose"}
STARTS_NOTHING = {"--help", "--kill", "--status", "--usage-error", "--version"}

_JOINED = re.compile(r"(--[^=]+)=(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of spark-submit."""

    name: str
    """The long form."""
    value: str | None
    words: tuple[str, ...]
    """As it was written."""

    @property
    def property_name(self) -> str | None:
        """The Spark property it sets, None where it sets none."""
        if self.name == "--conf":
            return (self.value or "").partition("=")[0].strip()
        return OPTION_PROPERTY.get(self.name)

    @property
    def property_value(self) -> str:
        """The value it gives to its property."""
        value = self.value or ""
        return value.partition("=")[2] if self.name == "--conf" else value


@dataclass(frozen=True, slots=True)
class SubmitCommand:
    """What the owner wrote after `setpoint submit PROJECT --`."""

    options: tuple[Option, ...]
    application: tuple[str, ...]
    """The application file and everything after it; never touched."""
    program: str | None = None
    """The spark-submit he named himself, where he did."""

    @property
    def words(self) -> tuple[str, ...]:
        """The command line without the program."""
        return tuple(word for option in self.options for word in option.words) + self.application

    def value(self, option: str) -> str | None:
        """Value of an option, the last one where it is repeated, as Spark has it."""
        return next((o.value for o in reversed(self.options) if o.name == option), None)

    def has(self, flag: str) -> bool:
        """Whether the flag is there."""
        return any(option.name == flag for option in self.options)

    def properties(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Spark properties in force: what is inherited from files, then `--conf`, then the options of their own."""
        found = dict(inherited)
        for own_spelling in (False, True):
            for option in self.options:
                if option.property_name and (option.name != "--conf") is own_spelling:
                    found[option.property_name] = option.property_value.strip()
        return found

    def with_properties(self, values: Mapping[str, str]) -> "SubmitCommand":
        """The command with exactly these values for these properties, whichever way they were spelled before.

        Everything else keeps its place; the values stand last, before the application.
        """
        kept = tuple(option for option in self.options if option.property_name not in values)
        return replace(self, options=kept + tuple(map(property_option, values, values.values())))


def property_option(name: str, value: str) -> Option:
    """The option that sets a property; `--conf` only where it has no option of its own.

    >>> property_option("spark.executor.cores", "2").words
    ('--executor-cores', '2')
    """
    own = next((option for option, sets in OPTION_PROPERTY.items() if sets == name), None)
    if own:
        return Option(own, value, (own, value))
    return Option("--conf", f"{name}={value}", ("--conf", f"{name}={value}"))


def program_of(words: Sequence[str]) -> str | None:
    """The spark-submit that the first word names, for those who write our command in front of theirs.

    >>> program_of(["/opt/spark/bin/spark-submit", "job.py"]), program_of(["job.py"])
    ('/opt/spark/bin/spark-submit', None)
    """
    return words[0] if words and words[0].rpartition("/")[2] == "spark-submit" else None


def parse(words: Iterable[str]) -> SubmitCommand:
    """The command behind the words. Raises InputError where they start no application that could be controlled.

    >>> command = parse(["--master", "local[4]", "-c", "spark.a=b", "job.py", "--master", "mine"])
    >>> command.application
    ('job.py', '--master', 'mine')
    >>> command.properties({})
    {'spark.a': 'b', 'spark.master': 'local[4]'}
    """
    given = list(words)
    program = program_of(given)
    rest = given[1:] if program else given
    options: list[Option] = []
    while rest and rest[0].startswith("-"):
        option = _next_option(rest)
        del rest[: len(option.words)]
        options.append(option)
    command = SubmitCommand(tuple(options), tuple(rest), program)
    _check(command)
    return command


def _next_option(words: list[str]) -> Option:
    joined = _JOINED.fullmatch(words[0])
    word, value = (joined[1], joined[2]) if joined else (words[0], None)
    name = SHORT_FORMS.get(word, word)
    if name in FLAGS:
        return Option(name, None, tuple(words[:1]))
    if name not in VALUE_OPTIONS:
        raise InputError(
            f"{words[0]!r} is not an option of spark-submit that Setpoint knows: arguments of the application stand "
            "after the application file; a newer Spark's property can be given as --conf name=value."
        )
    if value is not None:
        return Option(name, value, tuple(words[:1]))
    if len(words) == 1:
        raise InputError(f"The spark-submit option {word} is the last word and its value is missing.")
    return Option(name, words[1], tuple(words[:2]))


def _check(command: SubmitCommand) -> None:
    idle = next((option.name for option in command.options if option.name in STARTS_NOTHING), None)
    if idle:
        raise InputError(f"spark-submit {idle} starts no application: run it without Setpoint.")
    if not command.application:
        raise InputError("The spark-submit command names no application: give a .py or .jar file after the options.")
    for option in command.options:
        if option.name == "--conf" and "=" not in (option.value or ""):
            raise InputError(f"--conf {option.value} has no value: write --conf name=value.")
