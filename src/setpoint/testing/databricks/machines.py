"""The machines of an emulated workspace: those of a price book, as `clusters/list-node-types` tells of them."""

from functools import cache

from setpoint.core.pricebook import NodeType, PriceBook
from setpoint.prices.embedded import embedded_book
from setpoint.testing.databricks.answers import Json

__all__ = ["offered", "usual_book"]

_OLD = ("m3.", "c3.", "r3.", "i2.", "d2.", "m4.", "c4.", "r4.")
_LARGEST_LOCAL_DISK_GB = 1900.0


@cache
def usual_book() -> PriceBook:
    """Of AWS, us-east-1."""
    return embedded_book("aws", "us-east-1")


def offered(book: PriceBook) -> list[Json]:
    """Answer of `clusters/list-node-types`. Source: Databricks SDK, `compute.NodeType`."""
    return [_told(node) for node in book.nodes.values() if node.on_databricks]


def _told(node: NodeType) -> Json:
    is_arm, is_old = node.arch == "arm64", node.name.startswith(_OLD)
    disks = round(node.local_disk_gb / _LARGEST_LOCAL_DISK_GB + 0.499) if node.local_disk_gb else 0
    local = {"instance_type_id": node.name, "local_disks": disks}
    if disks:
        local["local_disk_size_gb"] = round(node.local_disk_gb / disks)
    has_photon = not is_old and not node.gpus
    return {
        "node_type_id": node.name,
        "instance_type_id": node.name,
        "description": f"{node.name} {node.vcpus} cores",
        "category": "General Purpose" if not node.gpus else "GPU Accelerated",
        "num_cores": float(node.vcpus),
        "num_gpus": node.gpus,
        "memory_mb": round(node.memory_gib * 1024),
        "is_graviton": is_arm,
        "is_deprecated": is_old,
        "is_hidden": False,
        "is_io_cache_enabled": bool(disks),
        "photon_worker_capable": has_photon,
        "photon_driver_capable": has_photon,
        "support_ebs_volumes": not disks,
        "support_cluster_tags": True,
        "support_port_forwarding": True,
        "node_instance_type": local,
    }
