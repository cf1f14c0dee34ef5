import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.service.story import SMALL, Shelf, Story, whole_story

from setpoint.core.domain import Cost, CostPart, Outcome, Unpriceable
from setpoint.core.history import Entry
from setpoint.errors import LedgerError
from setpoint.service import DashboardReader
from setpoint.service.app import create_app
from setpoint.service.assets import Assets
from setpoint.service.pages import Pages

EVIL = "<script>alert(1)</script>"
HERE = "http://127.0.0.1:8765"


class TornLedger:
    """Its disk is gone."""

    def projects(self) -> tuple[str, ...]:
        raise LedgerError("The ledger cannot be read: the disk is gone.")

    def read(self, project: str) -> tuple[Entry, ...]:
        raise LedgerError(f"The ledger cannot be read for {project}: the disk is gone.")


class BrokenLedger:
    """Raises what nobody expected."""

    def projects(self) -> tuple[str, ...]:
        raise ZeroDivisionError("secret detail")

    def read(self, project: str) -> tuple[Entry, ...]:
        raise ZeroDivisionError(project)


def client(read: DashboardReader) -> TestClient:
    return TestClient(create_app(read), base_url=HERE)


@pytest.fixture(scope="module")
def browser() -> Iterator[TestClient]:
    evil = Story().begin().run(Outcome.FAILED, "application", EVIL).change(SMALL, EVIL)
    shelf = Shelf(
        orders=whole_story(), fresh=Story().begin(goal="minimise cost").entries, **{EVIL: evil.entries, "a/b ?#": ()}
    )
    shelf.books["a/b ?#"] = tuple(Story().begin().run().entries)
    with client(shelf) as opened:
        yield opened


def test_the_list_names_every_project_with_its_state(browser: TestClient) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    for words in ("orders", "MONITORING", "$0.00266", "21.6 s", "8 slots · 4 GiB", "Hold", "Cost of the last 25 runs"):
        assert words in page.text


def test_the_page_of_a_project_tells_its_story(browser: TestClient) -> None:
    page = browser.get("/projects/orders")
    assert page.status_code == 200
    for words in (
        'id="chart-cost"',
        'id="chart-runtime"',
        "runtime ≤ 24.0 s",
        "18 <small>of 25 runs",
        "The next run gets",
        "Rolled back to 8 slots · 4 GiB",
        "failed (memory)",
        "java.lang.OutOfMemoryError",
        "Data growth",
        "Code change",
        "list-estimated",
    ):
        assert words in page.text


def test_every_dollar_opens_to_what_it_was_spent_on(browser: TestClient) -> None:
    page = browser.get("/projects/orders").text
    for number in range(1, 26):
        assert page.count(f'<details class="price" id="price-run-{number}">') == 1
    for words in (
        "cores",
        "0.048 vCPU-hours at $0.0526",
        "your rate, an example",
        "list-estimated: from measured use and list prices.",
        "modelled at the median runtime of 20.7 s: from a model, not measured.",
        "Not counted: disks, stored data, network traffic, support, taxes.",
    ):
        assert words in page
    assert 'id="price-project-' in browser.get("/").text
    identities = re.findall(r'id="([^"]+)"', page)
    assert len(identities) == len(set(identities))


@pytest.mark.parametrize(
    ("cost", "words", "absent"),
    [
        (
            Cost((CostPart("vcpu", "vcpu", None, "vCPU-hours", 0.02),), "list-estimated"),
            ["$0.0200"],
            ["hours", " at $"],
        ),
        (
            Cost((CostPart("disk", EVIL, 1.0, EVIL, 0.02, EVIL, is_estimated=True),), "billed", (EVIL,)),
            ["estimated: "],
            [EVIL],
        ),
        (
            Unpriceable((f"no price of {EVIL}",), (CostPart("dbu", "premium jobs", 2.0, "DBU", 0.3),)),
            ["not priced", "No price of ", "$0.300"],
            [EVIL, "–", "$0.00"],
        ),
    ],
    ids=["of version 1", "words of others", "unpriceable"],
)
def test_what_is_not_known_of_a_price_is_not_made_up(
    cost: Cost | Unpriceable, words: list[str], absent: list[str]
) -> None:
    jinja = Pages(Assets.load()).jinja
    shown = jinja.from_string('{% from "price.html" import price %}{{ price("one", cost) }}').render(cost=cost)
    assert [each for each in words if each not in shown] == []
    assert [each for each in absent if each in shown] == []


def test_a_project_without_runs_has_a_page(browser: TestClient) -> None:
    page = browser.get("/projects/fresh")
    assert page.status_code == 200
    assert "No run yet." in page.text
    assert "chart-cost" not in page.text


def test_an_empty_ledger_says_how_to_begin() -> None:
    assert "setpoint submit PROJECT" in client(Shelf()).get("/").text


def test_a_name_with_any_signs_is_reached_from_the_list(browser: TestClient) -> None:
    assert 'href="/projects/a%2Fb%20%3F%23"' in browser.get("/").text
    assert browser.get("/projects/a%2Fb%20%3F%23").status_code == 200


@pytest.mark.parametrize("path", ["/", "/projects/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/projects/none"])
def test_words_of_others_are_text(browser: TestClient, path: str) -> None:
    page = browser.get(path).text
    assert EVIL not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_json_has_the_rows_of_the_page(browser: TestClient) -> None:
    listed = browser.get("/api/projects").json()["projects"]
    assert [project["name"] for project in listed] == sorted([EVIL, "a/b ?#", "fresh", "orders"])
    project = browser.get("/api/projects/orders").json()
    assert project in listed
    assert len(project["runs"]) == 25
    assert project["runs"][6]["outcome"] == "failed"
    assert [part["kind"] for part in project["runs"][3]["cost"]["parts"]] == ["vcpu", "memory"]
    assert project["runs"][3]["predicted"]["cost"]["label"] == "modelled"
    assert project["runs"][3]["predicted"]["seconds"]["low"] < project["runs"][3]["seconds"]


def test_health_is_answered(browser: TestClient) -> None:
    assert browser.get("/healthz").json() == {"status": "ok", "projects": 4}


def test_a_page_that_did_not_change_is_not_sent_again(browser: TestClient) -> None:
    for path in ("/projects/orders", "/api/projects/orders", "/"):
        first = browser.get(path)
        again = browser.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert first.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["plotly.min.js", "style.css", "dashboard.js", "icon.svg"])
def test_assets_come_from_here_and_are_kept_by_the_browser(browser: TestClient, name: str) -> None:
    page = browser.get("/projects/orders").text
    address = page[page.index(f"/assets/{name}") :].split('"')[0]
    asset = browser.get(address)
    assert asset.status_code == 200
    assert "immutable" in asset.headers["cache-control"]
    assert browser.get(address, headers={"If-None-Match": asset.headers["etag"]}).status_code == 304


def test_no_page_asks_another_host_or_carries_the_library(browser: TestClient) -> None:
    for path in ("/", "/projects/orders", "/projects/none"):
        page = browser.get(path).text
        assert "http://" not in page
        assert "https://" not in page
        assert len(page) < 300_000


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/..%2Fapp.py", "/none", "/docs", "/openapi.json"])
def test_what_is_not_there_is_said_in_one_sentence(browser: TestClient, path: str) -> None:
    page = browser.get(path)
    assert page.status_code == 404
    assert "There is no such page." in page.text


def test_an_unknown_project_is_answered_with_the_known_ones(browser: TestClient) -> None:
    page = browser.get("/projects/none")
    assert page.status_code == 404
    assert "There is no project “none” in the ledger." in page.text
    assert 'href="/projects/orders"' in page.text
    answer = browser.get("/api/projects/none")
    assert answer.status_code == 404
    assert answer.json()["error"] == "There is no project “none” in the ledger."
    assert "orders" in answer.json()["known_projects"]


@pytest.mark.parametrize("path", ["/", "/projects/orders", "/api/projects", "/api/projects/orders", "/healthz"])
def test_a_ledger_that_cannot_be_read_is_one_sentence(path: str) -> None:
    page = client(TornLedger()).get(path)
    assert page.status_code == 503
    assert "the disk is gone." in page.text
    assert "Traceback" not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_what_nobody_expected_leaves_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    page = client(BrokenLedger()).get("/")
    assert page.status_code == 500
    assert "secret detail" not in page.text
    assert "ZeroDivisionError('secret detail')" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "path", ["/", "/projects/orders", "/projects/none", "/api/projects", "/api/none", "/assets/style.css", "/healthz"]
)
def test_every_answer_is_fenced_in(browser: TestClient, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:99", "localhost:8765", "LOCALHOST", "[::1]", "[::1]:8765"])
def test_names_of_this_machine_are_answered(browser: TestClient, host: str) -> None:
    assert browser.get("/healthz", headers={"Host": host}).status_code == 200


FOREIGN = ["evil.example", "evil.example:8765", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "["]


@pytest.mark.parametrize("host", FOREIGN)
def test_other_names_are_refused(browser: TestClient, host: str) -> None:
    for path in ("/", "/api/projects"):
        page = browser.get(path, headers={"Host": host})
        assert page.status_code == 400
        assert "answers only to 127.0.0.1" in page.text
        assert "orders" not in page.text
        assert "content-security-policy" in page.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(browser: TestClient, method: str) -> None:
    assert browser.request(method, "/projects/orders").status_code == 405
