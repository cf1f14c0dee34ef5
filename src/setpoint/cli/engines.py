"""`setpoint engines`: is Photon, is ARM worth it for one project, and what would change the answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from setpoint.cli.breakeven import in_words
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
from setpoint.cli.options import JsonOption
from setpoint.core.profile import Profile
from setpoint.errors import InputError, UnknownProject

if TYPE_CHECKING:
    from setpoint.core.cloud import CloudSpec, Service
    from setpoint.core.energy import Footprint
    from setpoint.core.engines import EngineAnswer, MeasuredPair, NoAnswer, Terms
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
_TAG = "spark.databricks.clusterUsageTags."


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("engines")(engines)


@dataclass(frozen=True, slots=True)
class Judged:
    """All that is answered about one run."""

    profile: Profile
    spec: "CloudSpec"
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
    plan: PlanOption = "premium",
    compute: ComputeOption = "jobs",
    market: MarketOption = "on_demand",
    factor: FactorOption = None,
    startup_seconds: StartupOption = 0.0,
    measured: MeasuredOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether Photon, and whether ARM, is worth it for a run: the odds, the dollars, what would change it."""
    from setpoint.core.engines import Terms

    positive(factor, "--factor")
    positive(startup_seconds, "--startup-seconds", zero=True)
    profile, pairs = _read(source)
    for log in measured or ():
        pairs = (*pairs, _pair(profile, log))
    asked = node_type or profile.property_value(f"{_TAG}clusterNodeType")
    if asked is None:
        raise InputError("The log does not say on which instances it ran: name their type with --node-type.")
    book = book_of(asked, cloud or _cloud_of_log(profile), region)
    driver = driver_node_type or (None if node_type else profile.property_value(f"{_TAG}driverNodeType"))
    count = _workers(profile) if workers is None else workers
    spec = cloud_spec(book, asked, driver, count, (plan, compute, market), _service(service, profile))
    found = _judge(profile, spec, book, Terms(max(_SHORTEST, profile.wall_seconds), startup_seconds, factor), pairs)
    if json:
        from setpoint.cli.logs import print_json

        print_json(as_data(found))
        return
    for line in page(found):
        out().print(line, highlight=False, markup=False)


def _judge(
    profile: Profile, spec: "CloudSpec", book: "PriceBook", terms: "Terms", pairs: "tuple[MeasuredPair, ...]"
) -> Judged:
    from dataclasses import replace

    from setpoint.core.cloud import usage_of
    from setpoint.core.energy import busy_share, footprint
    from setpoint.core.engines import judge_photon, judge_siblings
    from setpoint.prices.energy import load_energy

    as_it_ran = replace(spec, photon=profile.engine == "photon")
    usage = usage_of(as_it_ran, terms.run_seconds, terms.startup_seconds)
    return Judged(
        profile=profile,
        spec=as_it_ran,
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
        known = ", ".join(projects) or "none yet"
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


def _cloud_of_log(profile: Profile) -> str | None:
    said = (profile.property_value(f"{_TAG}cloudProvider") or "").lower()
    return said if said in {"aws", "azure", "gcp"} else None


def _workers(profile: Profile) -> int:
    """As the platform's tags have it, else machines that held executors; none where the driver ran all tasks."""
    from setpoint.core.integers import whole_number

    said = whole_number(profile.property_value(f"{_TAG}clusterWorkers"), most_digits=5)
    if said is not None:
        return said
    return len({executor.host for executor in profile.executors if executor.id != "driver"})


def page(found: Judged) -> Iterator[str]:
    """The answers in words."""
    profile, spec = found.profile, found.spec
    terms = f"{spec.plan} {spec.compute.replace('_', ' ')}" if spec.service == "databricks" else spec.service
    where = f"{spec.cloud} {spec.region}, {terms}"
    yield f"{printable(profile.application.name or profile.application.id)}: {profile.wall_seconds:.1f} s on {spec}"
    yield f"            {where}, run on {profile.engine}"
    yield from _answer(found.photon)
    yield from _answer(found.arm[0])
    for other in found.arm[1:]:
        yield from list(_answer(other))[:1]
    yield from _energy(found.energy)
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
        yield f"            {in_words(answer.break_even_with_disks)}, with disks and all"
    bounds = answer.saving_interval
    yield (
        f"  per run   {_dollars(answer.dollars_now)} now; it saves {_dollars(answer.saving_dollars)} "
        f"(90 %: {_dollars(bounds.low)} to {_dollars(bounds.high)}), modelled"
    )
    for title, lines in (("changes", answer.changes), ("risk", answer.risks), ("assumed", answer.assumptions)):
        yield from (f"  {title if not number else '':<9} {line}" for number, line in enumerate(lines))
    if answer.now_rates.is_estimated or answer.then_rates.is_estimated:
        yield "  prices    some of them are estimated: nobody lists them"


def _dollars(amount: float) -> str:
    return f"{'−' if amount < 0 else ''}${abs(amount):,.3f}"


def _energy(found: "Footprint | Missing") -> Iterator[str]:
    from setpoint.core.pricebook import Missing

    if isinstance(found, Missing):
        yield f"Energy      not known: {found.reason}"
        return
    if isinstance(found.gco2e, Missing):
        carbon = f"carbon not known: {found.gco2e.reason}"
    else:
        carbon = f"{found.gco2e.low:,.0f}–{found.gco2e.high:,.0f} gCO2e"
    estimated = "; one source estimated" if found.is_estimated else ""
    busy = f"processors {found.utilisation:.0%} busy"
    yield f"Energy      {found.kwh.low:.3g}–{found.kwh.high:.3g} kWh, {carbon} as it ran ({busy}{estimated})"


def as_data(found: Judged) -> dict[str, object]:
    """The answers as plain data."""
    from setpoint.core.pricebook import Missing

    application = found.profile.application
    energy = {"reason": found.energy.reason} if isinstance(found.energy, Missing) else found.energy
    return {
        "application": {"id": application.id, "name": application.name},
        "engine": found.profile.engine,
        "run_seconds": found.profile.wall_seconds,
        "cluster": found.spec,
        "photon": _plain(found.photon),
        "arm": [_plain(each) for each in found.arm],
        "energy": energy,
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
