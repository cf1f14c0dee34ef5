from collections.abc import Mapping, Sequence

class ArrowException(Exception): ...  # noqa: N818 - their name

class RecordBatch:
    def to_pylist(self) -> list[dict[str, object]]: ...

class Schema:
    names: list[str]

class Table:
    @staticmethod
    def from_pylist(mapping: Sequence[Mapping[str, object]]) -> Table: ...
