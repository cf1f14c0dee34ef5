"""Parts of rolled and split logs: which belong together, in what order, and which are missing."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from setpoint.sources.logs import Gap, Log, Part
from setpoint.sources.names import DATABRICKS_LAST, DATABRICKS_PART, ROLLED_PART, natural, stem


def arrange(parts: Iterable[Part]) -> list[Log]:
    """The logs that files make up, by the folders they lie in.

    Spark's rolling writer numbers its parts, Databricks names them by the hour and keeps the current one as `eventlog`;
    of files that somebody split only the first has an application start, and none is of another application. All
    others are logs of their own.
    """
    folders: dict[PurePosixPath, list[Part]] = defaultdict(list)
    for part in parts:
        folders[part.place.parent].append(part)
    return [log for folder in sorted(folders, key=str) for log in _logs_of(folder, folders[folder])]


def _logs_of(folder: PurePosixPath, parts: list[Part]) -> list[Log]:
    parts = sorted(parts, key=lambda part: natural(part.place.name))
    rolled: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        if match := ROLLED_PART.fullmatch(part.place.name):
            rolled[match["application"]].append(part)
    hours = [part for part in parts if DATABRICKS_PART.fullmatch(part.place.name)]
    if hours:
        hours += [part for part in parts if part.place.name == DATABRICKS_LAST]
    taken = {id(part) for part in (*hours, *(part for numbered in rolled.values() for part in numbered))}
    logs = [Log(_folder_name(numbered, application), _numbered(numbered)) for application, numbered in rolled.items()]
    logs += [Log(_folder_name(hours[-1:], folder.name), _hourly(hours))] if hours else []
    return logs + _split([part for part in parts if id(part) not in taken])


def _folder_name(parts: list[Part], otherwise: str) -> str:
    name, _, _ = parts[0].name.rpartition("/")
    return name or otherwise


def _numbered(parts: list[Part]) -> tuple[Part | Gap, ...]:
    """In the order of their numbers, from the last compacted one on."""
    matches = [(match, part) for part in parts if (match := ROLLED_PART.fullmatch(part.place.name))]
    compacted = [int(match["number"]) for match, _ in matches if match["compacted"]]
    # Spark folded the parts up to this one into it; plain ones of such numbers may still lie beside it.
    expected = max(compacted, default=1)
    kept: dict[int, Part] = {}
    for match, part in matches:
        number = int(match["number"])
        if number < expected or (compacted and number == expected and not match["compacted"]):
            continue
        # One part twice, plain and compressed: the plain one came first and cannot be cut off by compressing.
        if number not in kept or (part.is_plain and not kept[number].is_plain):
            kept[number] = part
    return _with_gaps(sorted(kept.items()), expected)


def _hourly(parts: list[Part]) -> tuple[Part | Gap, ...]:
    """In the order of the hours; the number that Databricks writes into each part tells which are missing."""
    numbered: list[tuple[int, Part]] = []
    expected = 0
    for part in parts:
        number = expected if part.head.rollover is None else part.head.rollover
        if number < expected - 1:
            return tuple(parts)  # the numbers start again: the hours are all there is to go by
        if number == expected - 1 and part.head.rollover is not None:
            continue  # the same part twice, packed in two ways
        numbered.append((number, part))
        expected = number + 1
    return _with_gaps(numbered, 0)


def _with_gaps(numbered: list[tuple[int, Part]], expected: int) -> tuple[Part | Gap, ...]:
    parts: list[Part | Gap] = []
    for number, part in numbered:
        if number > expected:
            parts.append(Gap(expected, number - 1))
        parts.append(part)
        expected = number + 1
    return tuple(parts)


def _split(parts: list[Part]) -> list[Log]:
    """Logs of their own, but for files without an application start whose names number them behind one with it."""
    alike: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        alike[stem(part.place.name)].append(part)
    logs: list[list[Part]] = []
    for group in (one for several in alike.values() for one in _by_application(several)):
        starts = [part for part in group if part.head.has_start]
        if len(starts) == 1 and all(part.head.first_epoch_ms is not None for part in group):
            # Rotated logs count backwards, so the clock tells the order.
            began = starts[0].head.first_epoch_ms or 0
            later = [part for part in group if part is not starts[0] and (part.head.first_epoch_ms or 0) >= began]
            logs.append([starts[0], *sorted(later, key=lambda part: part.head.first_epoch_ms or 0)])
            logs += [[part] for part in group if (part.head.first_epoch_ms or 0) < began]
            continue
        for part in group:
            if starts and part is not group[0] and not part.head.has_start:
                logs[-1].append(part)
            else:
                logs.append([part])
    return [Log(group[0].name, tuple(group)) for group in logs]


def _by_application(parts: list[Part]) -> list[list[Part]]:
    """Parts that may be of one application: all, unless their events name several."""
    ids = {part.head.application_id for part in parts} - {None}
    if len(ids) <= 1:
        return [parts]
    # Where several are named, a part that names none could be of any.
    apart: dict[object, list[Part]] = defaultdict(list)
    for part in parts:
        apart[part.head.application_id or id(part)].append(part)
    return list(apart.values())
