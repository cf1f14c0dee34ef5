"""The products by their codes, and what is the same for all: opening a report, its spec, asking for another one."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from setpoint.core.cloud import CloudShape, CloudSpec
from setpoint.core.cloudspec import rented
from setpoint.core.configurations.asked import PlatformProduct, Reported
from setpoint.core.configurations.databricks import Databricks
from setpoint.core.configurations.emr import Emr
from setpoint.core.domain import ClusterSpec
from setpoint.core.places import listed_type, listed_types
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.core.reports import LARGEST_REPORT_BYTES, ReportedRun, Terms, read_report
from setpoint.core.reports.field import Field, parse_document
from setpoint.errors import InputError

__all__ = ["PRODUCTS", "ask_for", "basis_of", "product_of", "reported_cluster", "reported_run"]

PRODUCTS: Mapping[str, PlatformProduct] = {
    "aws-databricks": Databricks("aws"),
    "azure-databricks": Databricks("azure"),
    "gcp-databricks": Databricks("gcp"),
    "aws-emr": Emr(),
}
"""By the codes that existing clients use."""
_ENVELOPES = ("cluster_report", "configs", "result")
_DEEPEST_ENVELOPE = 4

Report = Mapping[str, object]


def product_of(code: str) -> PlatformProduct:
    """The product of a code. Raises InputError, naming the known ones."""
    found = PRODUCTS.get(code)
    if found is None:
        raise InputError(f"The product code {code!r:.40} is not known; there are {', '.join(PRODUCTS)}.")
    return found


def reported_run(report: Report, product_code: str, terms: Terms | None = None) -> ReportedRun:
    """The run that a report tells of. Raises InputError where it cannot be used, or is of another product."""
    return _opened(report, product_code, terms)[1]


def reported_cluster(
    report: Report, product_code: str, book: PriceBook, terms: Terms | None = None
) -> Reported | Missing:
    """The run and the spec of a report; Missing where the hardware of its machines is not known.

    Raises InputError, naming the field, where the report cannot be used.
    """
    product = product_of(product_code)
    root, run = _opened(report, product_code, terms)
    run = replace(run, usage=listed_types(replace(run.usage, region=run.usage.region or book.region), book))
    asked = product.asked(root, run, book, terms or Terms())
    startup = max(0.0, product.startup_seconds(root, run))
    spec = rented(_listed(asked.cluster, book), book, executors=asked.executors)
    if isinstance(spec, Missing):
        return spec
    spec = replace(spec, cloud=_started(spec.cloud, startup, run)) if spec.cloud else spec
    if asked.workers and spec.workers:
        spec = replace(spec, workers=asked.workers)
    spec = replace(spec, shuffle_partitions=asked.shuffle_partitions)
    return Reported(run, spec, startup, product.failure(root), product.was_stopped(root))


def ask_for(
    spec: ClusterSpec, report: Report, product_code: str, tags: Mapping[str, str] | None = None
) -> dict[str, object]:
    """What to ask the platform for to get a spec for the job of a report; `tags` are added to those it has."""
    return product_of(product_code).configuration(_opened(report, product_code, None)[0], spec, tags or {})


def basis_of(spec: ClusterSpec, report: Report, product_code: str) -> dict[str, object]:
    """What was asked for in a report, as it would be asked for again."""
    return product_of(product_code).basis(_opened(report, product_code, None)[0], spec)


def _opened(report: Report, product_code: str, terms: Terms | None) -> tuple[Field, ReportedRun]:
    product = product_of(product_code)
    try:
        document = msgspec.json.encode(report)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"The cluster report is no JSON document: {str(error)[:200]}.") from None
    root = parse_document(document, LARGEST_REPORT_BYTES, "cluster report")
    for _ in range(_DEEPEST_ENVELOPE):
        inner = next((root[key] for key in _ENVELOPES if root[key].is_object), None)
        if inner is None or product.is_one(root):
            break
        root = inner
    if not product.is_one(root):
        raise InputError(f"The document is no cluster report of {product_code}.")
    run = read_report(msgspec.json.encode(root.value), terms)
    if run.usage.cloud != product.cloud:
        raise InputError(f"The cluster report is of {run.kind}, and the product is {product_code}.")
    return root, run


def _started(shape: CloudShape, startup: float, run: ReportedRun) -> CloudShape:
    """How long its machines were there before Spark could start."""
    machines = run.usage.machines
    alive = max(use.ended for use in machines) - min(use.began for use in machines) if machines else 0.0
    share = min(0.9, startup / alive) if alive > 0 else 0.0
    return replace(shape, startup_seconds=startup, startup_share=share)


def _listed(cluster: CloudSpec, book: PriceBook) -> CloudSpec:
    """Its types as the book writes them; the driver's is named only where it is another."""
    node, driver = listed_type(cluster.node_type, book), listed_type(cluster.driver, book)
    return replace(cluster, node_type=node, driver_node_type=None if driver == node else driver)
