"""Made-up specs for tests of the belief."""

from hypothesis import strategies as st

from setpoint.core.belief.points import Place, Points, points_of

LATTICE = tuple(
    Place(float(nodes), float(cores), float(cores * gib), ("workers",))
    for nodes in (2, 4, 8, 16)
    for cores in (2, 4)
    for gib in (2, 4, 8)
)
POINTS: Points = points_of(LATTICE)
sizes = st.sampled_from([1.0, 2.0, 3.0, 4.0, 8.0, 16.0])
places = st.builds(Place, sizes, sizes, sizes.map(lambda gib: 2 * gib), st.tuples(st.sampled_from(["m5", "r5"])))
crowds = st.lists(places, min_size=2, max_size=12, unique=True)
seeds = st.integers(0, 10_000)
