"""Words of a `spark-submit` command: which properties they set, and the same words without some of them.

What stands in a command overrides every other place where a property can be set.
"""

from collections.abc import Container, Iterator, Sequence

__all__ = ["properties_of", "without"]

_SHORT = {
    "--driver-cores": "spark.driver.cores",
    "--driver-memory": "spark.driver.memory",
    "--executor-cores": "spark.executor.cores",
    "--executor-memory": "spark.executor.memory",
    "--num-executors": "spark.executor.instances",
}


def properties_of(words: Sequence[str]) -> dict[str, str]:
    """The properties that options set, the last one of a name counting.

    >>> properties_of(["--executor-cores=4", "--conf", "spark.executor.memory=8g", "job.py", "--conf"])
    {'spark.executor.cores': '4', 'spark.executor.memory': '8g'}
    """
    return {name: value for _, name, value in _options(words) if name}


def without(words: Sequence[str], names: Container[str]) -> list[str]:
    """The words without the options that set one of these properties.

    >>> without(["--conf", "spark.executor.memory=8g", "--num-executors", "9", "job.py"], {"spark.executor.memory"})
    ['--num-executors', '9', 'job.py']
    """
    return [word for option, name, _ in _options(words) if not (name and name in names) for word in option]


def _options(words: Sequence[str]) -> Iterator[tuple[Sequence[str], str, str]]:
    """Options that set a property, with its name and value, and words that do not, with neither."""
    at = 0
    while at < len(words):
        head, equals, joined = words[at].partition("=")
        is_known = head in ("--conf", "-c") or head in _SHORT
        if not is_known or not (equals or at + 1 < len(words)):
            yield words[at : at + 1], "", ""
            at += 1
            continue
        taken = 1 if equals else 2
        value = joined if equals else words[at + 1]
        name = _SHORT.get(head, "")
        if not name:
            name, _, value = (part.strip() for part in value.partition("="))
        yield words[at : at + taken], name, value
        at += taken
