"""`setpoint study`: one workload on many specs, from a file of measurements or run here; a table and pictures of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from setpoint.cli.answer_files import judge_place, put_in_place
from setpoint.cli.console import out, say
from setpoint.cli.options import JsonOption

if TYPE_CHECKING:
    from setpoint.core.study import Sample, Study
    from setpoint.studies.running import Begun

FAILED_RUNS = 1
"""Exit code where runs of the study failed; the table is there all the same."""
_PAGE_BEGINS = b"<!doctype html>"
_TABLE_BEGINS = b"rank,spec,group,"

HtmlOption = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the pictures.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the table as CSV.")]
TitleOption = Annotated[str | None, typer.Option("--title", help="Heading of the page.")]
Measurements = Annotated[
    Path, typer.Argument(metavar="RESULTS.csv", help="One line per run: node_type, workers, runtime_seconds …")
]
RegionOption = Annotated[str, typer.Option("--region", help="Region of lines that name none.")]
CloudOption = Annotated[
    Literal["aws", "azure", "gcp"] | None,
    typer.Option("--cloud", help="Cloud of lines that name none; default: told by the region and the instance type."),
]
Specs = Annotated[Path, typer.Argument(metavar="SPECS", help="CSV or TOML: name, slots, memory, shuffle_partitions.")]
Words = Annotated[
    list[str], typer.Argument(metavar="-- SPARK_SUBMIT_ARGUMENTS APPLICATION …", help="What you give to spark-submit.")
]
RepeatsOption = Annotated[int, typer.Option("--repeats", min=1, max=100, help="Runs of each spec.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Of the order of the runs.")]
ResultsOption = Annotated[
    Path | None,
    typer.Option("--results", metavar="FILE", help="Where each run is noted; default: SPECS with .results.csv."),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on after a stop or a kill: skip what is in the results.")
]
PlatformOption = Annotated[str, typer.Option("--platform", help="Where to run; this version: spark.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="Compare one workload on many specs: cost against runtime.")
    group.command("import")(import_results)
    group.command("run")(run)
    app.add_typer(group, name="study")


def import_results(
    results: Measurements,
    html: HtmlOption = None,
    csv: CsvOption = None,
    json: JsonOption = False,
    region: RegionOption = "",
    cloud: CloudOption = None,
    title: TitleOption = None,
) -> None:
    """Price runs that were measured anywhere and compare them; the columns are in docs/study.md."""
    from setpoint.settings import load_settings
    from setpoint.studies import Defaults, priced, read_measurements

    _judge_places(html, csv)
    settings = load_settings()
    read = read_measurements(results, Defaults(region, cloud, settings.region))
    study = priced(settings, read.samples, read.lines)
    if read.unused:
        say(f"columns not used: {', '.join(read.unused)}")
    _answer(study, html, csv, json, title or results.stem)


def run(
    specs: Specs,
    words: Words,
    *,
    html: HtmlOption = None,
    csv: CsvOption = None,
    json: JsonOption = False,
    repeats: RepeatsOption = 3,
    seed: SeedOption = 1,
    results: ResultsOption = None,
    resume: ResumeOption = False,
    platform: PlatformOption = "spark",
    title: TitleOption = None,
) -> None:
    """Run a workload here on every spec, several times in a shuffled order, and compare. Exit code 1: runs failed."""
    from setpoint.settings import load_settings
    from setpoint.studies import priced
    from setpoint.studies.running import RunsWanted, run_study

    _judge_places(html, csv)
    settings = load_settings()
    wanted = RunsWanted(
        specs=specs,
        results=results or specs.with_suffix(".results.csv"),
        repeats=repeats,
        seed=seed,
        resume=resume,
        platform=platform,
    )
    samples = run_study(settings, wanted, words, _begin, _end)
    _answer(priced(settings, samples), html, csv, json, title or specs.stem)
    failed = sum(not sample.counts for sample in samples)
    if failed:
        say(f"{failed} of {len(samples)} runs failed; what they said is in {settings.home / 'studies'}")
        raise typer.Exit(FAILED_RUNS)


def _begin(begun: "Begun") -> None:
    studied = begun.run.studied
    named = f"{studied.name}: {studied.spec}" if studied.name else str(studied.spec)
    say(f"run {begun.number} of {begun.all_runs}: {named}, repeat {begun.run.repeat} …")


def _end(sample: "Sample") -> None:
    took = "" if sample.seconds is None else f" after {sample.seconds:.1f} s"
    say(f"  {sample.outcome.value}{took}{f': {sample.error}' if sample.error else ''}")


def _judge_places(html: Path | None, csv: Path | None) -> None:
    for option, path, begins in (("--html", html, _PAGE_BEGINS), ("--csv", csv, _TABLE_BEGINS)):
        if path is not None:
            judge_place(option, path, begins)


def _answer(study: "Study", html: Path | None, csv: Path | None, json: bool, title: str) -> None:
    if csv is not None:
        from setpoint.studies.writing import as_csv

        put_in_place(csv, as_csv(study))
        sys.stderr.write(f"The table is in {csv}.\n")
    if html is not None:
        from setpoint.report.study_page import study_report

        put_in_place(html, study_report(study, title))
        sys.stderr.write(f"The page is in {html}.\n")
    if json:
        from setpoint.cli.logs import print_json
        from setpoint.core.study.table import answer

        print_json(answer(study))
    elif html is None and csv is None:
        from setpoint.cli.study_page import render

        render(out(), study)
