"""In a real browser: what waits is approved with one click, without a script, and from the keyboard."""

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from tests.loop.world import PROJECT, WASTEFUL
from tests.service.nights import Nights, nights

WIDTHS = (1400, 400)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    return nights(tmp_path_factory.mktemp("nights"))


@pytest.fixture(scope="module")
def address(night: Nights) -> Iterator[str]:
    config = uvicorn.Config(night.service.app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def signed_in(browser: Browser, night: Nights, address: str, role: str, **how: object) -> Page:
    page = browser.new_page(**how)  # type: ignore[arg-type]
    key = night.service.keys["ours", role]
    page.goto(f"{address}/approvals")
    page.get_by_label("Key id").fill(key.id)
    page.get_by_label("Secret").fill(key.secret)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/approvals")
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_and_nobody_else_is_asked(browser: Browser, night: Nights, address: str, width: int) -> None:
    page = signed_in(browser, night, address, "admin", viewport={"width": width, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("approvals", "queue", "keys", "audit", f"projects/{PROJECT}"):
        page.goto(f"{address}/{path}")
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(url.startswith(address) for url in asked)
    page.close()


def test_a_change_is_approved_without_a_script_and_taken_back(browser: Browser, night: Nights, address: str) -> None:
    page = signed_in(browser, night, address, "operator", java_script_enabled=False)
    button = page.get_by_role("button", name=f"Approve the change of {PROJECT}")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Approved: the next run")
    expect(page.get_by_text("Nothing waits")).to_have_count(1)
    assert night.closed.spec != WASTEFUL
    page.goto(f"{address}/projects/{PROJECT}")
    page.get_by_text("Roll back", exact=True).click()
    page.get_by_label("Why").first.fill("the night of the audit")
    page.get_by_role("button", name="Put it back now").click()
    expect(page.get_by_text("Taken back to")).to_have_count(1)
    assert night.closed.spec == WASTEFUL
    page.close()
