"""One page for the devices of two processes, in a real browser: `run --workers 2 --web`."""

import asyncio
import os
import signal
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from browser_support import Running, card, running_in, watched_page, without_chromium

from onboardee.obt import (
    PLGD,
    Address,
    AsyncioTransport,
    OwnedDevice,
    Ownership,
    find_unowned_at,
    take_ownership,
)

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = without_chromium

T = TypeVar("T")
OF_THE_FIRST, OF_THE_SECOND = ("fan", "blind"), ("light", "smart-lock")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run four devices in two workers."""
    directory = tmp_path_factory.mktemp("fleet")
    words = (*OF_THE_FIRST, *OF_THE_SECOND, "--workers", "2", "--web", "0")
    with running_in(directory, *words, until="fleet.ready") as started:
        yield started


def beside(work: Coroutine[Any, Any, T]) -> T:
    """Do something in a loop of its own: Playwright's has this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def owned(endpoint: str) -> Ownership:
    """Own a device as a tool does, and return what it keeps of it."""
    address = Address.from_uri(endpoint, "coap")
    assert address is not None
    async with AsyncioTransport() as transport:
        found = await find_unowned_at(transport, address)
        return (await take_ownership(transport, found, uuid4(), order=PLGD)).ownership


async def switched(ownership: Ownership, *, is_on: bool) -> float:
    """Switch a light over a session of its owner; return when that was sent, in ms."""
    async with AsyncioTransport() as transport, OwnedDevice(transport, ownership) as light:
        await light.read("/light/switch")
        began = time.time() * 1e3
        await light.update("/light/switch", {"value": is_on})
        return began


def second_worker(running: Running) -> int:
    """Return the process of the second slice."""
    found = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    lines = {each: Path(f"/proc/{each}/cmdline").read_bytes() for each in found}
    return [int(each) for each, line in lines.items() if b"spawn_main" in line][1]


def test_the_devices_of_all_workers_have_cards(page: Any, running: Running) -> None:
    """In one overview, each running; a control changes a device of the second one."""
    sync_api.expect(page.locator(".card")).to_have_count(4)
    for name in (*OF_THE_FIRST, *OF_THE_SECOND):
        sync_api.expect(card(page, name).locator(".state")).to_have_text("waits for an owner")
    page.goto(f"{running.url}#/device/smart-lock/world")
    page.get_by_role("button", name="thumbturn").click()
    sync_api.expect(page.locator(".device .main")).to_have_text("Unlocked")
    assert running.ask("/smart-lock")["values"]["/lock"]["lockState"] == "Unlocked"


def test_an_onboarding_in_the_second_worker_is_followed(page: Any, running: Running) -> None:
    """Live, to the end; then a change by the owner shows within 200 ms."""
    page.goto(f"{running.url}#/device/light/onboarding")
    sync_api.expect(page.get_by_text("Live.")).to_be_visible()
    ownership = beside(owned(running.ask("/light")["endpoints"][0]))
    sync_api.expect(page.locator(".machine .present")).to_have_text("RFNOP")
    for text in ("DTLS ClientHello", "/oic/sec/doxm", "granted by"):
        sync_api.expect(page.locator(".ladder")).to_contain_text(text)
    page.goto(running.url)
    # what else the machine does may hold up one change, and not each of eight
    took = (_shows(page, ownership, number % 2 == 0) for number in range(8))
    assert any(each < 200 for each in took)


def _shows(page: Any, ownership: Ownership, is_on: bool) -> float:
    """Return after how many ms a change by the owner is on the card."""
    card(page, "light").locator(".main").evaluate(
        """(place, text) => { window.seen = new Promise((resolve) => {
            const look = () => place.textContent.startsWith(text) && resolve(Date.now());
            new MutationObserver(look).observe(
                place, {childList: true, characterData: true, subtree: true}); }); }""",
        "on" if is_on else "off",
    )
    began = beside(switched(ownership, is_on=is_on))
    return float(page.evaluate("window.seen")) - began


@pytest.mark.parametrize("wish", ["no-preference", "reduce"])
def test_nothing_moves_where_that_is_asked_for(browser: Any, running: Running, wish: str) -> None:
    """Neither a picture nor a switch that is touched; where it is not asked for, both do."""
    moves = wish != "reduce"
    on = {"do": "set", "href": "/switch", "values": {"value": True}}
    running.ask("/fan/commands", on)
    with watched_page(browser, running.url, reduced_motion=wish) as page:
        sync_api.expect(card(page, "fan").locator(".blades")).to_be_visible()
        assert page.evaluate("document.getAnimations().length > 0") is moves
        page.goto(f"{running.url}#/device/light/world")
        page.get_by_role("switch", name="value").focus()
        assert page.evaluate(_TOUCH) is moves
        page.get_by_role("button", name="Reboot").click()
        assert (page.evaluate(_TIMES) != []) is moves
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()


_TOUCH = """() => {
    const place = document.activeElement;
    place.setAttribute("aria-checked", place.getAttribute("aria-checked") !== "true");
    return document.getAnimations({subtree: true}).some((each) => each instanceof CSSTransition);
}"""
"""Whether a switch glides to its other side."""
_TIMES = """() => [...document.querySelectorAll("*")].flatMap((element) =>
    [undefined, "::before", "::after", "::backdrop"].flatMap((part) => {
        const style = getComputedStyle(element, part);
        return [style.animationDuration, style.transitionDuration];
    })).filter((each) => Number.parseFloat(each) > 0)"""
"""How long anything on the page, a question on top of it among that, would move."""


def test_a_worker_that_is_killed_comes_back(page: Any, running: Running) -> None:
    """Its devices are away meanwhile, those of the other one go on; all is as it was then.

    Who looks at one of them sees that it is away and what it is, and what it is doing as soon as it
    is back, without a step of his own.
    """
    owner = running.ask("/light")["owner"]
    looking = page.context.new_page()
    looking.goto(f"{running.url}#/device/light/connections")
    sync_api.expect(looking.get_by_text("Nobody has a session.")).to_be_visible()
    os.kill(second_worker(running), signal.SIGKILL)
    for name in OF_THE_SECOND:
        sync_api.expect(card(page, name).locator(".state")).to_have_text("not running")
    for name in OF_THE_FIRST:
        sync_api.expect(card(page, name).locator(".state")).to_have_text("waits for an owner")
    sync_api.expect(card(page, "light").locator(".type")).to_have_text("light")
    sync_api.expect(looking.get_by_role("tabpanel")).to_contain_text("does not run now")
    sync_api.expect(card(page, "light").locator(".state")).to_have_text(
        "in operation", timeout=30_000
    )
    sync_api.expect(card(page, "light").locator(".owner")).to_have_text(f"owned by {owner}")
    sync_api.expect(card(page, "smart-lock").locator(".state")).to_have_text("waits for an owner")
    sync_api.expect(looking.get_by_text("Nobody has a session.")).to_be_visible()
