"""`setpoint breakeven`: from which speed-up on a dearer engine pays."""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated

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
    cloud_spec,
    positive,
)
from setpoint.cli.console import out
from setpoint.cli.options import JsonOption
from setpoint.core.places import listed_type
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.breakeven import BreakEven, ClusterRates
    from setpoint.core.cloud import CloudSpec
    from setpoint.core.pricebook import PriceBook

__all__ = ["add_to"]

RunSecondsOption = Annotated[
    float, typer.Option("--run-seconds", help="Length of the run now; matters where machines or start-ups differ.")
]
MachineOption = Annotated[float | None, typer.Option("--machine", help="Dollars an hour of a worker's machine.")]
DbuOption = Annotated[float | None, typer.Option("--dbu", help="Dollars an hour of a worker's Databricks units.")]
DriverMachineOption = Annotated[float | None, typer.Option("--driver-machine", help="Default: as a worker.")]
DriverDbuOption = Annotated[float | None, typer.Option("--driver-dbu", help="Default: as a worker.")]
EngineMachineOption = Annotated[float | None, typer.Option("--engine-machine", help="With the engine.")]
EngineDbuOption = Annotated[float | None, typer.Option("--engine-dbu", help="Before the factor, with the engine.")]
EngineWorkersOption = Annotated[
    int | None, typer.Option("--engine-workers", min=0, max=100_000, help="With the engine; default: as many.")
]
EngineTypeOption = Annotated[str | None, typer.Option("--engine-node-type", help="With the engine; default: the same.")]
EngineStartupOption = Annotated[float | None, typer.Option("--engine-startup-seconds", help="Default: the same.")]

_OLD_PLAN = "The standard plan's price is of 2022 and the factor is of today; --factor 2 is what it was then."


@dataclass(frozen=True, slots=True)
class _Question:
    """Both clusters, priced."""

    now: "ClusterRates"
    engine: "ClusterRates"
    prices: str
    told: dict[str, object]
    """What went in."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("breakeven")(breakeven)


def breakeven(  # noqa: PLR0917 - Typer names them all
    machine: MachineOption = None,
    dbu: DbuOption = None,
    factor: FactorOption = None,
    workers: WorkersOption = None,
    driver_machine: DriverMachineOption = None,
    driver_dbu: DriverDbuOption = None,
    node_type: NodeTypeOption = None,
    driver_node_type: DriverTypeOption = None,
    cloud: CloudOption = None,
    region: RegionOption = None,
    plan: PlanOption = None,
    compute: ComputeOption = None,
    market: MarketOption = None,
    engine_machine: EngineMachineOption = None,
    engine_dbu: EngineDbuOption = None,
    engine_workers: EngineWorkersOption = None,
    engine_node_type: EngineTypeOption = None,
    startup_seconds: StartupOption = 0.0,
    engine_startup_seconds: EngineStartupOption = None,
    run_seconds: RunSecondsOption = 3600.0,
    json: JsonOption = False,
) -> None:
    """Say how much faster a dearer engine such as Photon must be to pay: at given prices, or those of --node-type."""
    if workers is None:
        raise InputError("--workers: say how many workers there are beside the driver, 0 for a single node.")
    lengths = _lengths(run_seconds, startup_seconds, engine_startup_seconds)
    positive(factor, "--factor")
    later = workers if engine_workers is None else engine_workers
    named = ("machine", "dbu", "driver_machine", "driver_dbu", "engine_machine", "engine_dbu")
    amounts = (machine, dbu, driver_machine, driver_dbu, engine_machine, engine_dbu)
    dollars = dict(zip(named, amounts, strict=True))
    if node_type is None:
        _refuse((cloud, region, driver_node_type, engine_node_type, plan, compute, market))
        question = _from_prices(dollars, factor, workers, later)
    elif any(each is not None for each in amounts):
        raise InputError("--node-type takes the prices of the book: leave out --machine, --dbu and the like.")
    else:
        book = book_of(node_type, cloud, region)
        spec = cloud_spec(book, node_type, driver_node_type, workers, (plan, compute, market))
        other = spec.node_type if engine_node_type is None else listed_type(engine_node_type, book)
        question = _from_book(book, spec, replace(spec, node_type=other, workers=later), factor)
    _answer(question, lengths, json=json)


def _refuse(of_the_book: tuple[str | None, ...]) -> None:
    if any(each is not None for each in of_the_book):
        raise InputError(
            "A cloud, a region, a plan, a kind of compute, a market and other node types go with --node-type: give one."
        )


def _lengths(run_seconds: float, startup_seconds: float, engine_startup: float | None) -> tuple[float, float, float]:
    positive(run_seconds, "--run-seconds")
    positive(startup_seconds, "--startup-seconds", zero=True)
    positive(engine_startup, "--engine-startup-seconds", zero=True)
    return run_seconds, startup_seconds, startup_seconds if engine_startup is None else engine_startup


def _from_prices(dollars: dict[str, float | None], factor: float | None, workers: int, later: int) -> _Question:
    from setpoint.core.breakeven import rates_of_nodes

    for name, value in dollars.items():
        positive(value, f"--{name.replace('_', '-')}", zero=True)
    machine, units = dollars["machine"], dollars["dbu"]
    if machine is None or units is None or factor is None:
        raise InputError("Give --machine, --dbu and --factor, or a --node-type whose prices are known.")
    given = {name: value for name, value in dollars.items() if value is not None}
    # With the engine the driver stays what it was.
    driver, driver_units = given.get("driver_machine", machine), given.get("driver_dbu", units)
    now = rates_of_nodes(
        machine=machine, units=units, workers=workers, driver_machine=driver, driver_units=driver_units
    )
    engine = rates_of_nodes(
        machine=given.get("engine_machine", machine),
        units=given.get("engine_dbu", units),
        workers=later,
        driver_machine=driver,
        driver_units=driver_units,
        factor=factor,
    )
    return _Question(now, engine, "as given", {**given, "factor": factor, "workers": workers, "engine_workers": later})


def _from_book(book: "PriceBook", spec: "CloudSpec", engine: "CloudSpec", factor: float | None) -> _Question:
    from setpoint.core.breakeven import ClusterRates, cluster_rates
    from setpoint.core.domain import Unpriceable

    # Driver and workers keep apart: with another type of worker the driver stays what it was.
    later = replace(engine, driver_node_type=spec.driver, photon=True)
    known: list[ClusterRates] = []
    for each, multiplied in ((spec, None), (later, factor)):
        rates = cluster_rates(each, book, multiplied)
        if isinstance(rates, Unpriceable):
            raise InputError(f"{each.node_type} cannot be priced: {'; '.join(rates.reasons)}.")
        known.append(rates)
    told: dict[str, object] = {
        "cluster": spec,
        "engine_cluster": later,
        "factor": factor or _listed_factor(book, later),
    }
    if spec.plan == "standard" and factor is None:
        told["note"] = _OLD_PLAN
    return _Question(known[0], known[1], book.source, told)


def _listed_factor(book: "PriceBook", spec: "CloudSpec") -> float | None:
    from setpoint.core.pricebook import Missing

    rate = book.dbu_rate(spec.node_type)
    if isinstance(rate, Missing) or not rate.dbu_per_hour:
        return None
    return rate.per_hour(spec.compute, photon=True) / rate.dbu_per_hour


def _answer(question: _Question, lengths: tuple[float, float, float], *, json: bool) -> None:
    from setpoint.core.breakeven import break_even

    now, engine = question.now, question.engine
    plain = break_even(now.without_disks(), engine.without_disks(), *lengths)
    whole = break_even(now, engine, *lengths)
    if json:
        from setpoint.cli.logs import print_json

        answer: dict[str, object] = {"threshold": plain.threshold, "runtime_cut": plain.runtime_cut}
        if now.disks:
            answer |= {"threshold_with_disks": whole.threshold, "runtime_cut_with_disks": whole.runtime_cut}
        names = ("run_seconds", "startup_seconds", "engine_startup_seconds")
        rates = {"now": asdict(now), "engine": asdict(engine), "prices": question.prices}
        print_json({**answer, **question.told, **dict(zip(names, lengths, strict=True)), **rates})
        return
    for line in _page(question, plain, whole):
        out().print(line, highlight=False, markup=False)


def _page(question: _Question, plain: "BreakEven", whole: "BreakEven") -> list[str]:
    now, engine, factor = question.now, question.engine, question.told.get("factor")
    lines = [f"Break-even  {in_words(plain)}"]
    if now.disks:
        lines.append(f"            {in_words(whole)}, with the disks that come along")
    if "cluster" in question.told:
        lines += [f"Now         {question.told['cluster']}", f"Engine      {question.told['engine_cluster']}"]
    lines.append(f"Dollars/h   machines {now.machines:.4g}, units {now.units:.4g}; "
                 f"with the engine {engine.machines:.4g} and {engine.units:.4g}")  # fmt: skip
    if isinstance(factor, float):
        lines.append(f"Factor      {factor:.3g} times the Databricks units")
    if "note" in question.told:
        lines.append(f"            {question.told['note']}")
    lines.append(f"Prices      {question.prices}")
    lines += [f"            {origin}" for origin in dict.fromkeys((*now.origins, *engine.origins))]
    return lines
