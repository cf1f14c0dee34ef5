"""`setpoint engines`: is Photon, is ARM worth it for one project, and what would change the answer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from setpoint.cli.break_even_words import in_words
from setpoint.cli.cluster_options import (
    CloudOption,
    ComputeOption,
    DriverTypeOption,
    FactorOption,
    MarketOption,
    NodeTypeOption,
    PlanOption,
    RegionOption,
    StartupOption,
    WorkersOption,
    book_of,
    choice,
    cloud_spec,
    positive,
)
from setpoint.cli.console import out, printable
from setpoint.cli.energy_lines import energy_as_data, energy_line
from setpoint.cli.options import JsonOption
from setpoint.core.profile import Profile
from setpoint.core.words import dollars, names
from setpoint.errors import InputError, UnknownProject

if TYPE_CHECKING:
    from setpoint.core.cloud import CloudSpec, Service
    from setpoint.core.energy import Footprint
    from setpoint.core.engines import EngineAnswer, MeasuredPair, NoAnswer, RunTerms, ToldCluster
    from setpoint.core.history import Entry
    from setpoint.core.pricebook import Missing, PriceBook

__all__ = ["add_to", "as_data", "page"]

Source = Annotated[str, typer.Argument(metavar="EVENTLOG|PROJECT", help="An event log, or a project of the ledger.")]
MeasuredOption = Annotated[
    list[str] | None,
    typer.Option("--measured", metavar="LOG", help="A log of the same work on the other engine; may be given again."),
]
ServiceOption = Annotated[
    str | None,
    typer.Option("--service", help="databricks, emr or machines; default: told by the log, else databricks."),
]

_SHORTEST = 1.0
"""Seconds that a run is taken to have lasted at least: some logs begin and end in one moment."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("engines")(engines)


@dataclass(frozen=True, slots=True)
class _Options:
    """What was said of the cluster; None: nothing."""

    node_type: str | None
    driver_node_type: str | None
    workers: int | None
    cloud: str | None
    region: str | None
    service: str | None
    plan: str | None
    compute: str | None
    market: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """All that is answered about one run."""

    profile: Profile
    spec: "CloudSpec"
    assumptions: tuple[str, ...]
    """What neither the log nor an option says of the cluster, and how it was filled in."""
    photon: "EngineAnswer | NoAnswer"
    arm: "tuple[EngineAnswer | NoAnswer, ...]"
    energy: "Footprint | Missing"
    prices: str


def engines(  # noqa: PLR0917 - Typer names them all
    source: Source,
    node_type: NodeTypeOption = None,
    driver_node_type: DriverTypeOption = None,
    workers: WorkersOption = None,
    cloud: CloudOption = None,
    region: RegionOption = None,
    service: ServiceOption = None,
    plan: PlanOption = None,
    compute: ComputeOption = None,
    market: MarketOption = None,
    factor: FactorOption = None,
    startup_seconds: StartupOption = 0.0,
    measured: MeasuredOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether Photon, and whether ARM, is worth it for a run: the odds, the dollars, what would change it."""
    from setpoint.core.engines import RunTerms

    positive(factor, "--factor")
    positive(startup_seconds, "--startup-seconds", zero=True)
    profile, pairs = _read(source)
    pairs = (*pairs, *(_pair(profile, log) for log in measured or ()))
    options = _Options(node_type, driver_node_type, workers, cloud, region, service, plan, compute, market)
    cluster = _cluster(profile, options)
    found = _judge(profile, cluster, RunTerms(max(_SHORTEST, profile.wall_seconds), startup_seconds, factor), pairs)
    if json:
        from setpoint.cli.logs import print_json

        print_json(as_data(found))
        return
    for line in page(found):
        out().print(line, highlight=False, markup=False)


@dataclass(frozen=True, slots=True)
class _Cluster:
    """The cluster in question, and what prices it."""

    spec: "CloudSpec"
    book: "PriceBook"
    assumptions: tuple[str, ...]


def _cluster(profile: Profile, options: _Options) -> _Cluster:
    """As the options say, else the log, else as is usual."""
    from setpoint.core.engines import told_cluster

    told = told_cluster(profile)
    node_type = options.node_type or told.node_type
    if node_type is None:
        raise InputError("The log does not say on which instances it ran: name their type with --node-type.")
    cloud = options.cloud or (None if options.region else told.cloud)
    is_there = cloud is None or cloud.strip().lower() == told.cloud
    region = options.region or (told.region if is_there else None)
    book = book_of(node_type, cloud, region)
    driver = options.driver_node_type or (None if options.node_type else told.driver_node_type)
    workers = told.workers if options.workers is None else options.workers
    terms = (options.plan, options.compute or told.compute, options.market)
    spec = cloud_spec(book, node_type, driver, workers, terms, _service(options.service, profile))
    if options.market is None:
        spec = replace(spec, first_on_demand=told.first_on_demand)
    if spec.service == "databricks" and spec.cloud == told.cloud:
        spec = replace(spec, disks=told.disks)
    return _Cluster(spec, book, tuple(_assumed(spec, options, told, region)))


def _assumed(spec: "CloudSpec", options: _Options, told: "ToldCluster", region: str | None) -> Iterator[str]:
    said = "neither the log nor {} says another"
    if options.market is None and not told.is_market_told:
        yield f"all nodes are on demand: {said.format('--market')}"
    if region is None:
        yield f"the prices of {spec.cloud} {spec.region}: {said.format('--region')}"
    if spec.service != "databricks":
        return
    if options.plan is None:
        yield f"the {spec.plan} plan of Databricks: {said.format('--plan')}"
    if options.compute is None and told.compute is None:
        yield f"{spec.compute} compute of Databricks: {said.format('--compute')}"


def _judge(profile: Profile, cluster: _Cluster, terms: "RunTerms", pairs: "tuple[MeasuredPair, ...]") -> Judged:
    from setpoint.core.cloud import usage_of
    from setpoint.core.energy import busy_share, footprint
    from setpoint.core.engines import judge_photon, judge_siblings
    from setpoint.prices.energy import load_energy

    spec, book = cluster.spec, cluster.book
    as_it_ran = replace(spec, photon=profile.engine == "photon")
    usage = usage_of(as_it_ran, terms.run_seconds, terms.startup_seconds)
    return Judged(
        profile=profile,
        spec=as_it_ran,
        assumptions=cluster.assumptions,
        photon=judge_photon(profile, spec, book, terms, pairs),
        arm=judge_siblings(profile, spec, book, terms),
        energy=footprint(usage, book.nodes, load_energy(book.cloud, book.region), busy_share(profile)),
        prices=book.source,
    )


def _read(source: str) -> "tuple[Profile, tuple[MeasuredPair, ...]]":
    """The run in question, and what is known of the other engine: from a log nothing, from the ledger its runs."""
    from setpoint.core.engines import measured_pairs, pairs_of_others
    from setpoint.settings import load_settings
    from setpoint.wiring import build_ledger

    if any(letter in source for letter in "/*?") or Path(source).exists():
        return _profile_of(source), ()
    ledger = build_ledger(load_settings())
    projects = ledger.projects()
    if source not in projects:
        known = names(projects, source)
        raise UnknownProject(f"“{source}” is neither a file nor a project of the ledger; known projects: {known}.")
    runs = _profiles(ledger.read(source))
    if not runs:
        raise InputError(f"{source} has no successful run with an event log yet.")
    own = measured_pairs(runs[-1], runs, "runs of the project")
    others = ((name, _profiles(ledger.read(name))) for name in projects if name != source)
    return runs[-1], own or pairs_of_others(runs[-1], others)


def _profiles(entries: "tuple[Entry, ...]") -> list[Profile]:
    from setpoint.core.history import fold

    history = fold(entries)
    runs = history.runs if history is not None else ()
    return [run.profile for run in runs if run.succeeded and run.profile is not None]


def _profile_of(source: str) -> Profile:
    from setpoint.core.eventlog import read_profile
    from setpoint.sources import open_source

    return read_profile(open_source(source))


def _pair(profile: Profile, log: str) -> "MeasuredPair":
    from setpoint.core.engines import pair_of

    other = _profile_of(log)
    found = pair_of(profile, other, log)
    if found is None:
        raise InputError(
            f"--measured {log}: it does not compare: it ran on {other.engine} with {other.slots} slots and "
            f"{other.input_bytes:,} bytes read, the other on {profile.engine}, {profile.slots} and "
            f"{profile.input_bytes:,}; the engines must differ and the work must be the same."
        )
    return found


def _service(given: str | None, profile: Profile) -> "Service":
    from setpoint.core.cloud import Service

    if given is not None:
        return cast("Service", choice(given, get_args(Service), "--service"))
    return "emr" if profile.platform == "emr" else "databricks"


def page(found: Judged) -> Iterator[str]:
    """The answers in words."""
    profile, spec = found.profile, found.spec
    terms = f"{spec.plan} {spec.compute.replace('_', ' ')}" if spec.service == "databricks" else spec.service
    where = f"{spec.cloud} {spec.region}, {terms}"
    yield f"{printable(profile.application.name or profile.application.id)}: {profile.wall_seconds:.1f} s on {spec}"
    yield f"            {where}, run on {profile.engine}"
    yield from (f"{'' if number else 'Assumed':<11} {line}" for number, line in enumerate(found.assumptions))
    yield from _answer(found.photon)
    yield from _answer(found.arm[0])
    for other in found.arm[1:]:
        yield from list(_answer(other))[:1]
    yield energy_line(found.energy)
    yield f"Prices      {found.prices}"


def _answer(answer: "EngineAnswer | NoAnswer") -> Iterator[str]:
    from setpoint.core.engines import NoAnswer

    title = {"photon": "Photon", "plain": "No Photon", "arm": "ARM", "x86": "x86"}.get(answer.name, answer.name)
    if isinstance(answer, NoAnswer):
        yield f"{title:<11} cannot be judged: {'; '.join(answer.reasons)}"
        return
    yield f"{title:<11} {answer.answer}: {answer.reason}"
    low, high = answer.speed_up.low, answer.speed_up.high
    yield f"  expected  {answer.median_speed_up:.2f} times as fast (90 %: {low:.2f}–{high:.2f})"
    yield f"  to pay    {in_words(answer.break_even)}"
    if answer.break_even != answer.break_even_with_disks:
        yield f"            {in_words(answer.break_even_with_disks)}, with {_besides(answer)}"
    bounds = answer.saving_interval
    yield (
        f"  per run   {dollars(answer.dollars_now)} now; it saves {dollars(answer.saving_dollars)} "
        f"(90 %: {dollars(bounds.low)} to {dollars(bounds.high)}), modelled"
    )
    for title, lines in (("changes", answer.changes), ("risk", answer.risks), ("assumed", answer.assumptions)):
        yield from (f"  {title if not number else '':<9} {line}" for number, line in enumerate(lines))
    if answer.now_rates.is_estimated or answer.then_rates.is_estimated:
        yield "  prices    some of them are estimated: nobody lists them"


def _besides(answer: "EngineAnswer") -> str:
    """What the break-even that the answer goes by counts besides machines and units."""
    least = "the minute that machines are billed at least"
    if not (answer.now_rates.disks or answer.then_rates.disks):
        return least
    return f"the disks that come along and {least}" if answer.is_minimum_billed else "the disks that come along"


def as_data(found: Judged) -> dict[str, object]:
    """The answers as plain data."""
    application = found.profile.application
    return {
        "application": {"id": application.id, "name": application.name},
        "engine": found.profile.engine,
        "run_seconds": found.profile.wall_seconds,
        "cluster": found.spec,
        "assumptions": found.assumptions,
        "photon": _plain(found.photon),
        "arm": [_plain(each) for each in found.arm],
        "energy": energy_as_data(found.energy),
        "prices": found.prices,
    }


def _plain(answer: "EngineAnswer | NoAnswer") -> dict[str, object]:
    from setpoint.core.engines import NoAnswer

    if isinstance(answer, NoAnswer):
        return {"name": answer.name, "answer": None, "reasons": answer.reasons}
    return {
        "name": answer.name,
        "answer": answer.answer,
        "reason": answer.reason,
        "pays": answer.pays,
        "threshold": answer.break_even.threshold,
        "runtime_cut": answer.break_even.runtime_cut,
        "threshold_with_disks": answer.break_even_with_disks.threshold,
        "speed_up": {"median": answer.median_speed_up, "low": answer.speed_up.low, "high": answer.speed_up.high},
        "share": answer.share,
        "most_share": answer.most_share,
        "dollars_now": answer.dollars_now,
        "saving_dollars": answer.saving_dollars,
        "saving_interval": answer.saving_interval,
        "label": "modelled",
        "changes": answer.changes,
        "risks": answer.risks,
        "assumptions": answer.assumptions,
        "cluster": answer.then,
        "rates": {"now": answer.now_rates, "then": answer.then_rates},
    }
