"""Words and code agree: public names are guarded, and nothing a user can say goes unexplained."""

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import typer.main

from setpoint.bills import BILLS
from setpoint.cli.app import app
from setpoint.core import profile
from setpoint.core.goals import METRICS
from setpoint.core.replay import METHODS
from setpoint.ledger import LEDGERS
from setpoint.platforms import PLATFORMS
from setpoint.prices import PRICE_SOURCES
from setpoint.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "setpoint"
README = ROOT / "README.md"
MAKE_COMMANDS = {"demo", "test"}

ROOMS_OF_NOUNS = [
    "setpoint.core.domain",
    "setpoint.core.breakdown",
    "setpoint.core.pricebook",
    "setpoint.core.discounts",
    "setpoint.core.distributions",
    "setpoint.core.usage",
    "setpoint.core.cloud",
    "setpoint.core.cloudspec",
    "setpoint.core.configurations.asked",
    "setpoint.core.enrolment",
    "setpoint.core.starting_order",
    "setpoint.core.solutions",
    "setpoint.core.wishes",
    "setpoint.core.energy",
    "setpoint.core.breakeven",
    "setpoint.core.engines.evidence",
    "setpoint.core.engines.speedup",
    "setpoint.core.engines.told",
    "setpoint.core.engines.verdict",
    "setpoint.core.reports.reported",
    "setpoint.core.reconciliation",
    "setpoint.core.billing.lines",
    "setpoint.core.billing.attribution",
    "setpoint.core.billing.known",
    "setpoint.core.billing.nodes",
    "setpoint.bills",
    "setpoint.bookkeeping",
    "setpoint.core.study",
    "setpoint.core.profile",
    "setpoint.core.history",
    "setpoint.core.autonomy",
    "setpoint.core.autonomy.ladder",
    "setpoint.core.shadow",
    "setpoint.core.trying",
    "setpoint.core.verification",
    "setpoint.core.workload",
    "setpoint.core.rollout",
    "setpoint.core.goals",
    "setpoint.core.prediction",
    "setpoint.core.belief.belief",
    "setpoint.core.belief.explanations",
    "setpoint.core.belief.geometry",
    "setpoint.core.belief.known",
    "setpoint.core.belief.laws",
    "setpoint.core.belief.mixture",
    "setpoint.core.belief.outlook",
    "setpoint.core.belief.points",
    "setpoint.core.optimisers.prospect",
    "setpoint.core.optimisers.horizon",
    "setpoint.core.search",
    "setpoint.core.guards",
    "setpoint.core.belief.prior",
    "setpoint.core.belief.fitting",
    "setpoint.core.belief.calibration",
    "setpoint.core.belief.grades",
    "setpoint.core.hull",
    "setpoint.core.policies.effect",
    "setpoint.core.policies.group",
    "setpoint.core.policies.plan",
    "setpoint.core.policies.policy",
    "setpoint.core.policies.ruling",
    "setpoint.core.policies.standing",
    "setpoint.core.portfolio",
    "setpoint.core.restrictions",
    "setpoint.core.savings.rows",
    "setpoint.core.savings.totals",
    "setpoint.core.savings.counterfactual",
    "setpoint.core.trend",
    "setpoint.core.forecast",
    "setpoint.core.reliability",
    "setpoint.core.replay.grid",
    "setpoint.core.replay.method",
    "setpoint.core.replay.episode",
    "setpoint.core.replay.bout",
    "setpoint.teaching",
    "setpoint.platforms",
    "setpoint.prices",
    "setpoint.ledger",
]


def text_of(*pages: Path) -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def docs() -> str:
    return text_of(README, *sorted((ROOT / "docs").rglob("*.md")))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def literal_all(path: Path) -> list[str] | None:
    """The `__all__` of a file as it is written; None where there is none. Fails where it is not a literal."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            names = ast.literal_eval(node.value)
            assert isinstance(names, list)
            return names
    return None


GUARDED = {module_of(path): names for path in PACKAGE.rglob("*.py") if (names := literal_all(path)) is not None}


def test_the_package_itself_says_what_is_public() -> None:
    assert "setpoint" in GUARDED


@pytest.mark.parametrize("name", sorted(GUARDED))
def test_public_names_exist_and_stand_once(name: str) -> None:
    names = GUARDED[name]
    module = importlib.import_module(name)
    assert [n for n in names if not hasattr(module, n)] == []
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ROOMS_OF_NOUNS)
def test_the_glossary_has_every_noun(name: str) -> None:
    glossary = text_of(ROOT / "docs" / "glossary.md")
    module = importlib.import_module(name)
    nouns = [n for n, it in vars(module).items() if inspect.isclass(it) and it.__module__ == name and n[0] != "_"]
    assert [noun for noun in nouns if f"`{noun}`" not in glossary] == []


def test_the_glossary_has_no_noun_that_is_gone() -> None:
    known = {n for name in ROOMS_OF_NOUNS for n in vars(importlib.import_module(name))} | {"Settings"}
    named = re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`", text_of(ROOT / "docs" / "glossary.md"))
    assert [noun for noun in named if noun not in known] == []


def test_every_command_is_in_the_readme() -> None:
    command = typer.main.get_command(app)
    names = list(getattr(command, "commands", {}))
    assert names
    assert [name for name in names if f"setpoint {name}" not in text_of(README)] == []


def test_the_readme_opens_with_the_two_commands_and_names_no_other() -> None:
    readme = text_of(README)
    named = re.findall(r"\bmake ([a-z]+)\b(?=[` \n])", "\n".join(re.findall(r"`[^`]+`|```.*?```", readme, re.DOTALL)))
    assert set(named) == MAKE_COMMANDS
    assert readme.index("make demo") < readme.index("setpoint ")


def test_every_setting_is_documented() -> None:
    assert [name for name in Settings.__struct_fields__ if f"`{name}`" not in docs()] == []


@pytest.mark.parametrize(
    "registry",
    [METRICS, LEDGERS, PRICE_SOURCES, PLATFORMS, METHODS, [f"setpoint billing read {name}" for name in BILLS]],
    ids=["metrics", "ledgers", "price sources", "platforms", "methods", "bills"],
)
def test_every_entry_of_a_registry_is_documented(registry: Iterable[str]) -> None:
    assert [name for name in registry if f"`{name}" not in docs() and f"\n{name}" not in docs()] == []


def test_every_field_of_the_profile_is_documented() -> None:
    page = text_of(ROOT / "docs" / "profile.md")
    nouns = [noun for noun in vars(profile).values() if inspect.isclass(noun) and is_dataclass(noun)]
    assert [noun.__name__ for noun in nouns if f"`{noun.__name__}`" not in page] == []
    named = [(noun.__name__, field.name) for noun in nouns for field in fields(noun)]
    assert [(noun, field) for noun, field in named if f"`{field}`" not in page] == []


def test_decisions_are_numbered_without_a_gap() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
    assert [page.name for page in pages if not text_of(page).startswith(f"# {page.name[:4]}: ")] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page))]
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_the_changelog_has_this_version() -> None:
    version = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]["version"]
    assert f"## {version}" in text_of(ROOT / "CHANGELOG.md")


def test_every_ignored_lint_rule_gives_a_reason() -> None:
    lines = text_of(ROOT / "pyproject.toml").splitlines()
    rules = [line for line in lines if re.match(r'\s+"[A-Z]+\d*",', line) and "Programming" not in line]
    assert rules
    assert [line for line in rules if "#" not in line] == []
