"""Which runs are to be made, and in which order."""

import ast
import math
import random
from collections.abc import Collection, Mapping, Sequence

from .runs import JOBS_FILE
from .specs import Spec, all_specs

SEED = 5


def job_names() -> list[str]:
    """The jobs, without loading PySpark."""
    tree = ast.parse(JOBS_FILE.read_text(encoding="utf-8"))
    table = next(one for one in tree.body if isinstance(one, ast.AnnAssign) and ast.unparse(one.target) == "JOBS")
    assert isinstance(table.value, ast.DictComp)
    jobs = table.value.generators[0].iter
    assert isinstance(jobs, ast.Tuple)
    return [ast.unparse(name) for name in jobs.elts]


def planned(
    jobs: Sequence[str], done: Collection[tuple[str, str]], only: Collection[str] = ()
) -> list[tuple[str, Spec]]:
    """What is not done yet, shuffled, so that what else the machine does falls on no one job or spec."""
    left = [(job, spec) for job, spec in _cells(jobs, SEED) if (job, spec.name) not in done]
    return [(job, spec) for job, spec in left if not only or job in only]


def repeated(jobs: Sequence[str], runs: Mapping[tuple[str, str], int], share: float) -> list[tuple[str, Spec]]:
    """A sample of the cells for a second run, without those that had it: what tells noise from difference."""
    cells = _cells(jobs, SEED + 1)
    sample = cells[: math.ceil(share * len(cells))]
    return [(job, spec) for job, spec in sample if runs.get((job, spec.name)) == 1]


def _cells(jobs: Sequence[str], seed: int) -> list[tuple[str, Spec]]:
    cells = [(job, spec) for job in jobs for spec in all_specs()]
    random.Random(seed).shuffle(cells)
    return cells
