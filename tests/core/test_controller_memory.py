"""Out of memory on fewer workers, where no allowed spec has more for each: back to those that did the work."""

from tests.core.made import applied, change, entries, recorded, run
from tests.core.test_controller import decided

from setpoint.core.domain import ClusterSpec, Hold, Recommendation, Rollback, SearchSpace

MANY, FEW = ClusterSpec(8, 2, 4096, 1, 1024, 64), ClusterSpec(4, 2, 4096, 1, 1024, 64)
ONE_KIND = SearchSpace(tuple(2 * each for each in (2, 4, 8, 16)), (4096,))


def test_a_trial_of_fewer_workers_that_fails_for_memory_goes_back_where_none_has_more_for_each() -> None:
    story = [*entries(run(1, MANY), run(2, MANY), baseline=MANY, space=ONE_KIND), *applied(change(FEW), "000003", MANY)]
    back = decided([*story, *recorded(run(3, FEW, fault="memory"))])
    assert isinstance(back, Rollback)
    assert (back.spec, back.failed_spec, back.blamed) == (MANY, FEW, True)
    after = [*story, *recorded(run(3, FEW, fault="memory")), *applied(back, "000004", FEW)]
    soon, later = (decided([*after, *recorded(*(run(n, MANY) for n in range(4, last)))]) for last in (5, 9))
    assert isinstance(soon, Hold)
    assert isinstance(later, Hold)
    assert soon.assessment.current is not None
    assert later.assessment.current is not None
    # The same heap for each was enough with more workers, night after night: it is no certain failure there.
    assert later.assessment.current.miss_risk < soon.assessment.current.miss_risk < 1


def test_without_a_trial_too_a_lack_of_memory_leads_to_what_did_this_work_with_more_in_all() -> None:
    story = entries(run(1, MANY), run(2, FEW), run(3, FEW, fault="memory"), baseline=FEW, space=ONE_KIND)
    decision = decided(story)
    assert isinstance(decision, Recommendation)
    assert (decision.spec, decision.rescue, decision.feasible) == (MANY, True, True)
    assert "more in all" in decision.reason
    failed_there = entries(run(1, MANY), run(2, FEW), run(3, MANY, fault="memory"), run(4, FEW, fault="memory"))
    other = decided(failed_there)
    assert isinstance(other, Hold) or other.spec != MANY
