"""No barriers on any page: axe-core looks at each state of the dashboard, in both schemes.

It comes with `pip install axe-playwright-python`, as in `.ci/browser`; without it these tests are
left out, and say so.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from browser_support import TABS, Running, card, running_in, watched_page, without_chromium

from onboardee.obt import (
    PLGD,
    Address,
    AsyncioTransport,
    TransferMethod,
    find_unowned_at,
    take_ownership,
)

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
AXE = find_spec("axe_playwright_python")

pytestmark = [
    without_chromium,
    pytest.mark.skipif(AXE is None, reason="axe-core is not installed"),
]

SHOWS_A_PIN = "sampleserver-randompin"
State = Callable[[Any, Running], None]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a light, a lock, and a device that shows a PIN."""
    directory = tmp_path_factory.mktemp("barriers")
    words = ("light", "smart-lock", SHOWS_A_PIN, "--web", "0")
    with running_in(directory, *words) as started:
        yield started


@pytest.fixture(scope="module")
def window(browser: Any, running: Running) -> Iterator[Any]:
    """Open a page in which axe-core may run."""
    with watched_page(browser, running.url, bypass_csp=True) as page:
        yield page


@pytest.fixture
def opened(window: Any) -> Any:
    """Return the page as one that shows nothing."""
    window.unroute_all()
    window.goto("about:blank")
    return window


def at(path: str) -> State:
    """Return what opens a page of the lights."""

    def open_it(page: Any, running: Running) -> None:
        page.goto(f"{running.url}{path}")
        page.wait_for_selector(".card, .box, h1")

    return open_it


def no_device_fits(page: Any, running: Running) -> None:
    """Search for what is not there."""
    at("")(page, running)
    page.get_by_label("Search").fill("nothing")


def what_tools_need(page: Any, running: Running) -> None:
    """Open a card's part for tools."""
    at("")(page, running)
    card(page, "light").locator("summary").click()


def protocol_faults(page: Any, running: Running) -> None:
    """Have a fault, and look at the ready ones."""
    running.ask("/light/faults", {"text": "drop at=credential times=2"})
    at("#/device/light/world")(page, running)
    page.get_by_text("ready faults").click()
    sync_api.expect(page.get_by_role("list", name="Faults that")).to_contain_text("drop")


def a_question(page: Any, running: Running) -> None:
    """Be asked whether to reset a device."""
    at("#/device/light/world")(page, running)
    page.get_by_role("button", name="Reset button").click()


def a_sentence_of_refusal(page: Any, running: Running) -> None:
    """Set what the device refuses."""
    at("#/device/light/world")(page, running)
    field = page.get_by_role("spinbutton", name="dimmingSetting")
    field.fill("4000")
    field.press("Enter")
    sync_api.expect(page.locator("#said")).to_contain_text("dimmingSetting")


def a_refused_request(page: Any, running: Running) -> None:
    """See a request with what granted the one and refused the other."""
    at("#/device/smart-lock/onboarding")(page, running)
    sync_api.expect(page.get_by_text("Live.")).to_be_visible()
    port = int(running.ask("/smart-lock")["endpoints"][0].rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number, path in enumerate((b"\xb4lock", b"\xb3oic\x03sec\x04doxm")):
            # NON GET (RFC 7252 3)
            sender.sendto(b"\x50\x01\x00" + bytes([number]) + path, ("127.0.0.1", port))
    sync_api.expect(page.locator(".rung.refused")).to_have_count(1)
    page.locator(".rung summary").last.click()


def refusals_in_a_table(page: Any, running: Running) -> None:
    """See whom the device refused."""
    a_refused_request(page, running)
    page.get_by_role("tab", name="Connections").click()
    sync_api.expect(page.get_by_role("table").first).to_contain_text("/lock")


def a_snapshot_compared(page: Any, running: Running) -> None:
    """See what restoring would change."""
    running.ask("/light/snapshots", {"name": "before"})
    at("#/device/light/security")(page, running)
    page.get_by_role("button", name="Compare before").click()
    page.get_by_text("before is what the device has now.").wait_for()


def not_running(page: Any, running: Running) -> None:
    """See devices whose worker is away."""
    away = json.dumps({"ok": [{"device": "light", "running": False}]})
    page.route("**/api/v1/devices", lambda asked: asked.fulfill(body=away))
    at("")(page, running)
    sync_api.expect(card(page, "light").locator(".state")).to_have_text("not running")


def no_devices(page: Any, running: Running) -> None:
    """See a fleet of which nobody runs yet."""
    page.route("**/api/v1/devices", lambda asked: asked.fulfill(body='{"ok": []}'))
    page.goto(running.url)
    sync_api.expect(page.get_by_text("There are no devices yet")).to_be_visible()


def for_looking_only(page: Any, running: Running) -> None:
    """See controls that do nothing."""
    told = json.dumps({"ok": {"read_only": True, "version": "1", "devices": 3}})
    page.route("**/api/v1/server", lambda asked: asked.fulfill(body=told))
    at("#/device/light/world")(page, running)
    sync_api.expect(page.get_by_role("switch", name="value")).to_be_disabled()


def the_token_is_missing(page: Any, running: Running) -> None:
    """See why there is nothing to be seen."""
    told = json.dumps({"error": "the token is missing or wrong"})
    page.route("**/api/v1/server", lambda asked: asked.fulfill(status=409, body=told))
    page.goto(running.url)
    sync_api.expect(page.locator("main")).to_contain_text("the token is missing")


STATES: dict[str, State] = {
    "cards": at(""),
    **{tab: at(f"#/device/light/{tab}") for tab in TABS},
    "no such device": at("#/device/nothing"),
    **{
        each.__name__: each
        for each in (
            no_device_fits,
            what_tools_need,
            protocol_faults,
            a_question,
            a_sentence_of_refusal,
            a_refused_request,
            refusals_in_a_table,
            a_snapshot_compared,
            not_running,
            no_devices,
            for_looking_only,
            the_token_is_missing,
        )
    },
}


def barriers(page: Any) -> list[str]:
    """Return what axe-core finds in both schemes; only colours are other ones in the second."""
    assert AXE is not None
    assert AXE.origin is not None
    page.evaluate(Path(AXE.origin).with_name("axe.min.js").read_text())
    found = page.evaluate("axe.run(document)")["violations"]
    page.emulate_media(color_scheme="dark")
    colours = "axe.run(document, {runOnly: ['color-contrast']})"
    found += page.evaluate(colours)["violations"]
    page.emulate_media(color_scheme="light")
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


@pytest.mark.parametrize("name", STATES)
def test_there_are_no_barriers(opened: Any, running: Running, name: str) -> None:
    """Whoever goes by keyboard, reads with a screen reader or sees little can use the page."""
    STATES[name](opened, running)
    assert barriers(opened) == []


def test_a_pin_is_no_barrier(opened: Any, running: Running) -> None:
    """In large digits and as a picture that has a name."""
    endpoint = running.ask(f"/{SHOWS_A_PIN}")["endpoints"][0]
    is_looked_at = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(asyncio.run, _own_by_pin(endpoint, is_looked_at))
        try:
            at(f"#/device/{SHOWS_A_PIN}/onboarding")(opened, running)
            sync_api.expect(opened.get_by_role("img", name="PIN as a QR code")).to_be_visible()
            assert barriers(opened) == []
        finally:
            is_looked_at.set()
        assert "wrong PIN" in doing.result()


async def _own_by_pin(endpoint: str, is_looked_at: threading.Event) -> str:
    """Begin to own a device that shows a PIN, and give up when somebody has looked at it."""
    address = Address.from_uri(endpoint, "coap")
    assert address is not None

    async def give_up() -> str:
        await asyncio.to_thread(is_looked_at.wait)
        raise ValueError("wrong PIN")

    async with AsyncioTransport() as transport:
        found = await find_unowned_at(transport, address)
        method = TransferMethod.RANDOM_PIN
        try:
            await take_ownership(transport, found, uuid4(), order=PLGD, method=method, pin=give_up)
        except ValueError as error:
            return str(error)
    return ""
