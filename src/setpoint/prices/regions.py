"""Which cloud's region somebody means, by the regions that have prices."""

from setpoint.core.places import CLOUDS, cloud_of_type, region_of
from setpoint.core.pricebook import Cloud

__all__ = ["cloud_told"]


def cloud_told(region: str | None, node_type: str | None = None) -> Cloud:
    """The cloud that has the region; else, or where several have it, the one that names its types like this."""
    from setpoint.prices.embedded import known_regions

    likely = cloud_of_type(node_type or "")
    if not region:
        return likely
    ordered = (likely, *(cloud for cloud in CLOUDS if cloud != likely))
    return next((cloud for cloud in ordered if region_of(cloud, region) in known_regions(cloud)), likely)
