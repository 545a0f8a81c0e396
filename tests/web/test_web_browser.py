"""The dashboard in a real browser: Debian's Chromium, driven by Playwright.

Neither is a dependency of the tests: `pip install playwright` and `apt-get install chromium`, as
`.ci/browser` does. Where they are not, these tests are left out and say so.
"""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_support import (
    ONBOARDEE,
    TABS,
    Running,
    begin,
    card,
    end,
    running_in,
    without_chromium,
)

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = without_chromium

SCRIPT = "<img src=x onerror=\"document.title='broken into'\"><script>alert(1)</script>"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a light, a lock, a blind, and a device whose name is a script."""
    directory = tmp_path_factory.mktemp("web")
    hostile = directory / "hostile.yaml"
    shown = subprocess.run(
        [*ONBOARDEE, "profiles", "show", "light"], capture_output=True, text=True, check=True
    ).stdout
    name = json.dumps(SCRIPT[:64])
    hostile.write_text(re.sub(r"(?m)^  name: .*$", lambda _: f"  name: {name}", shown, count=1))
    words = ("light", "smart-lock", "blind", str(hostile), "--web", "0")
    with running_in(directory, *words) as started:
        yield started


def test_each_device_has_a_card(page: Any, running: Running) -> None:
    """With name, type, state as a word, owner, main value, and what tools must know."""
    assert page.locator(".card").count() == 4
    told = running.ask("/smart-lock")
    shown = card(page, "smart-lock")
    assert "Door lock" in shown.inner_text()
    assert "waits for an owner" in shown.inner_text()
    assert "Locked" in shown.inner_text()
    shown.locator("summary").click()
    assert told["device_uuid"] in shown.inner_text()
    assert told["endpoints"][0] in shown.inner_text()


def test_a_change_by_somebody_else_shows(page: Any, running: Running) -> None:
    """Without a reload, in the card and its picture."""
    running.ask(
        "/light/commands", {"do": "set", "href": "/light/switch", "values": {"value": True}}
    )
    sync_api.expect(card(page, "light").locator(".main")).to_have_text("on, 100 %")
    sync_api.expect(card(page, "light").locator(".picture .lit")).to_have_count(1)
    running.ask(
        "/light/commands", {"do": "set", "href": "/light/switch", "values": {"value": False}}
    )
    sync_api.expect(card(page, "light").locator(".main")).to_have_text("off")


def test_search_and_filter(page: Any) -> None:
    """Only what fits is left, and the number is told."""
    page.get_by_label("Search").fill("lock")
    sync_api.expect(page.locator(".card:visible")).to_have_count(1)
    sync_api.expect(page.locator(".count")).to_have_text("1 of 4 devices")
    page.get_by_label("Search").fill("")
    page.get_by_label("State").select_option("RFNOP")
    sync_api.expect(page.locator(".count")).to_have_text(re.compile(r"^\d of 4 devices$"))


def test_where_nothing_fits_one_step_shows_all(page: Any) -> None:
    """It is said that nothing fits, and a button takes search and filters back."""
    page.get_by_label("Search").fill("lock")
    page.get_by_label("Kind").select_option("oic.d.light")
    sync_api.expect(page.get_by_text("No device fits.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    sync_api.expect(page.locator(".card:visible")).to_have_count(4)
    sync_api.expect(page.get_by_text("No device fits.")).to_be_hidden()
    sync_api.expect(page.get_by_label("Search")).to_be_focused()


def test_a_name_with_a_script_stays_a_name(page: Any) -> None:
    """It is shown as it is, and nothing of it runs."""
    assert SCRIPT[:64] in card(page, "hostile").inner_text()
    page.goto(f"{page.url.partition('#')[0]}#/device/hostile/world")
    sync_api.expect(page.locator("h1")).to_contain_text(SCRIPT[:30])
    assert page.title() == "hostile - onboardee"
    assert page.locator("main img").count() == 0


def test_controls_change_the_device(page: Any, running: Running) -> None:
    """A switch, a slider's field, a list, an input and a fault."""
    page.goto(f"{running.url}#/device/light/world")
    page.get_by_role("switch", name="value").click()
    sync_api.expect(page.locator(".device .main")).to_contain_text("on")
    field = page.get_by_role("spinbutton", name="dimmingSetting")
    field.fill("40")
    field.press("Enter")
    sync_api.expect(page.locator(".device .main")).to_have_text("on, 40 %")
    values = running.ask("/light")["values"]
    assert (values["/light/switch"]["value"], values["/light/dimming"]["dimmingSetting"]) == (
        True,
        40,
    )
    page.goto(f"{running.url}#/device/smart-lock/world")
    page.get_by_role("switch", name="jammed").click()
    sync_api.expect(page.get_by_role("switch", name="jammed")).to_be_checked()
    assert running.ask("/smart-lock")["faults"] == {"jammed": True}
    page.get_by_role("switch", name="jammed").click()
    page.get_by_role("button", name="thumbturn").click()
    sync_api.expect(page.locator(".device .main")).to_have_text("Unlocked")


def test_a_protocol_fault_is_a_switch(page: Any, running: Running) -> None:
    """A ready one comes and goes by its switch, another one by its text; what ctl adds shows."""
    page.goto(f"{running.url}#/device/light/world")
    page.get_by_text("ready faults").click()
    page.get_by_label("Find").fill("refuses-owner")
    switch = page.get_by_role("switch", name="refuses-owner 5.03")
    switch.click()
    present = page.get_by_role("list", name="Faults that the device has")
    sync_api.expect(present).to_contain_text("refuse at=owner code=5.03")
    sync_api.expect(switch).to_be_checked()
    switch.click()
    sync_api.expect(present.get_by_role("listitem")).to_have_count(0)
    page.get_by_label("Another, as for ctl fault add").fill("drop at=credential times=2")
    page.get_by_role("button", name="Add").click()
    sync_api.expect(present).to_contain_text("drop at=credential times=2 has not acted yet")
    running.ask("/light/commands", {"do": "clear-faults"})
    sync_api.expect(present.get_by_role("listitem")).to_have_count(0)


def test_the_reboot_button(page: Any, running: Running) -> None:
    """After a question the device restarts, and begins with its first values."""
    running.ask(
        "/light/commands", {"do": "set", "href": "/light/switch", "values": {"value": True}}
    )
    page.goto(f"{running.url}#/device/light/world")
    sync_api.expect(page.locator(".device .main")).to_contain_text("on")
    page.get_by_role("button", name="Reboot").click()
    page.get_by_role("dialog").get_by_role("button", name="Restart it").click()
    sync_api.expect(page.locator("#said")).to_contain_text("has restarted")
    sync_api.expect(page.locator(".device .main")).to_have_text("off")
    sync_api.expect(page.get_by_role("switch", name="value")).not_to_be_checked()


def test_connections_show_budgets(page: Any, running: Running) -> None:
    """Each with what is in use of it, and what happens at its limit."""
    page.goto(f"{running.url}#/device/light/connections")
    row = page.get_by_role("row", name="handshakes in progress")
    sync_api.expect(row).to_contain_text("0 of 64")
    sync_api.expect(row).to_contain_text("gives way")


def test_time_of_the_world(page: Any, running: Running) -> None:
    """Faster, standing still and ahead; somebody else's change shows."""
    page.goto(f"{running.url}#/device/light/world")
    page.get_by_label("Speed").select_option("60")
    page.get_by_role("button", name="Pause").click()
    sync_api.expect(page.get_by_role("button", name="Go on")).to_be_visible()
    before = running.ask("/light/commands", {"do": "state"})
    assert (before["speed"], before["paused"]) == (60, True)
    page.get_by_role("button", name="1 day ahead").click()
    running.ask("/light/commands", {"do": "resume"})
    sync_api.expect(page.get_by_role("button", name="Pause")).to_be_visible()
    after = running.ask("/light/commands", {"do": "speed", "speed": 1})
    assert after["world_time"] > before["world_time"]


def test_what_the_device_refuses_is_told(page: Any, running: Running) -> None:
    """In its own sentence; the value stays."""
    page.goto(f"{running.url}#/device/light/world")
    field = page.get_by_role("spinbutton", name="dimmingSetting")
    field.fill("4000")
    field.press("Enter")
    sync_api.expect(page.locator("#said")).to_contain_text("dimmingSetting")
    assert running.ask("/light")["values"]["/light/dimming"]["dimmingSetting"] <= 100


def test_tabs_by_keyboard(page: Any, running: Running) -> None:
    """Arrows go from tab to tab, and the address follows."""
    page.goto(f"{running.url}#/device/light")
    page.get_by_role("tab", name="World").focus()
    for name in ("Onboarding", "Security", "Connections", "World"):
        page.keyboard.press("ArrowRight")
        sync_api.expect(page.get_by_role("tab", name=name)).to_be_focused()
        sync_api.expect(page.get_by_role("tab", name=name)).to_have_attribute(
            "aria-selected", "true"
        )


def test_a_device_is_used_by_keyboard_alone(page: Any, running: Running) -> None:
    """Found, opened, switched and asked about; back to where one was, which is in sight."""
    running.ask(
        "/light/commands", {"do": "set", "href": "/light/switch", "values": {"value": False}}
    )
    page.set_viewport_size({"width": 360, "height": 500})
    press = page.keyboard.press
    tab_to(page, page.get_by_label("Search"))
    page.keyboard.type("light")
    tab_to(page, card(page, "light").get_by_role("link"))
    press("Enter")
    switch = page.get_by_role("switch", name="value")
    sync_api.expect(switch).to_be_visible()
    tab_to(page, switch)
    press("Space")
    sync_api.expect(switch).to_be_checked()
    assert running.ask("/light")["values"]["/light/switch"]["value"]
    button = page.get_by_role("button", name="Reset button")
    tab_to(page, button, "Shift+Tab")
    press("Enter")
    cancel = page.get_by_role("dialog").get_by_role("button", name="Cancel")
    sync_api.expect(cancel).to_be_focused()
    press("Escape")
    sync_api.expect(page.get_by_role("dialog")).to_have_count(0)
    sync_api.expect(button).to_be_focused()
    assert running.ask("/light")["state"] == "RFOTM"


def tab_to(page: Any, wanted: Any, key: str = "Tab") -> None:
    """Press a key until an element has the focus; whatever has it on the way is in sight."""
    for _ in range(60):
        page.keyboard.press(key)
        assert page.evaluate(_HIDDEN) is None
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError("it is never focused")


_HIDDEN = """() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const {x, y, width, height} = element.getBoundingClientRect();
    // the middle of what of it could be in sight
    const middle = (Math.max(y, 0) + Math.min(y + height, innerHeight)) / 2;
    const there = document.elementFromPoint(x + width / 2, middle);
    if (there !== null && (element.contains(there) || there.contains(element))) return null;
    return `${element.outerHTML.slice(0, 80)} at ${y}, ${height} high, below ${there?.className}`;
}"""
"""What has the focus, if it is not in sight."""


def test_a_question_ends_with_the_page_that_asked_it(page: Any, running: Running) -> None:
    """Who goes back from a question about one device is not asked it over another page."""
    page.goto(f"{running.url}#/device/light/world")
    page.get_by_role("button", name="Reset button").click()
    sync_api.expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    sync_api.expect(page.locator(".card").first).to_be_visible()
    sync_api.expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_onboarding_is_followed_live(page: Any, running: Running) -> None:
    """Flights, requests with what granted them, and each state until the device has an owner."""
    page.goto(f"{running.url}#/device/blind/onboarding")
    sync_api.expect(page.get_by_text("Live.")).to_be_visible()
    told = running.ask("/blind")
    home = str(running.directory / "home")
    owned = subprocess.run(
        [*ONBOARDEE, "obt", "own", told["endpoints"][0], "--name", "blind"],
        env={**os.environ, "HOME": home, "XDG_DATA_HOME": home, "XDG_STATE_HOME": home},
        capture_output=True,
        text=True,
        check=False,
    )
    assert owned.returncode == 0, owned.stderr
    sync_api.expect(page.locator(".panel .state")).to_contain_text("RFNOP")
    sync_api.expect(page.locator(".machine .present")).to_have_text("RFNOP")
    ladder = page.locator(".ladder")
    for text in ("DTLS ClientHello", "POST", "/oic/sec/doxm", "granted by"):
        sync_api.expect(ladder).to_contain_text(text)
    page.get_by_label("Show").select_option("change")
    sync_api.expect(ladder.locator(".rung:visible").first).to_contain_text("stored:")
    sync_api.expect(ladder.locator(".rung.message:visible")).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    sync_api.expect(page.get_by_text("Nothing yet")).to_be_visible()
    page.get_by_role("tab", name="Security").click()
    steps = page.get_by_role("list", name="Changes, the last one first")
    sync_api.expect(steps).to_contain_text("POST /oic/sec/cred")
    sync_api.expect(steps.locator(".differences").first).to_contain_text("pstat.dos.s: 3")
    sync_api.expect(page.locator(".device .owner")).to_contain_text("owned by")


def test_a_refusal_says_why_and_what_would_grant_it(page: Any, running: Running) -> None:
    """The rule, its reason, and a way."""
    page.goto(f"{running.url}#/device/smart-lock/onboarding")
    sync_api.expect(page.get_by_text("Live.")).to_be_visible()
    place = running.ask("/smart-lock")["endpoints"][0]
    subprocess.run(
        [*ONBOARDEE, "obt", "read", place, "/lock"], capture_output=True, check=False, cwd="/"
    )
    subprocess.run(
        [sys.executable, "-c", _PLAIN_GET, place.rpartition(":")[2]], check=True, cwd="/"
    )
    sync_api.expect(page.locator(".rung.refused").first).to_contain_text("What would grant it")


_PLAIN_GET = """
import socket, sys
from aiocoap import GET, Message, NON
message = Message(code=GET, mtype=NON, mid=7, token=b"x", uri_path=("lock",))
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
    message.encode(), ("127.0.0.1", int(sys.argv[1]))
)
"""


def test_a_snapshot_is_taken_compared_and_restored(page: Any, running: Running) -> None:
    """From the page, after a question that has to be answered."""
    page.goto(f"{running.url}#/device/light/security")
    page.get_by_label("Name").fill("before")
    page.get_by_role("button", name="Take a snapshot").click()
    page.get_by_role("button", name="Compare before").click()
    sync_api.expect(page.get_by_text("before is what the device has now.")).to_be_visible()
    page.get_by_role("button", name="Restore before").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore it").click()
    sync_api.expect(page.locator("#said")).to_contain_text("goes on with before")
    assert "doxm" in page.locator(".boxes").inner_text()


def test_two_browsers_and_a_reload(page: Any, browser: Any, running: Running) -> None:
    """What one does the other shows; a reload shows the same."""
    other = browser.new_page()
    other.goto(running.url)
    page.goto(f"{running.url}#/device/light/world")
    switch = page.get_by_role("switch", name="value")
    before = switch.get_attribute("aria-checked")
    switch.click()
    wanted = "off" if before == "true" else "on"
    sync_api.expect(card(other, "light").locator(".main")).to_contain_text(wanted)
    other.reload()
    sync_api.expect(card(other, "light").locator(".main")).to_contain_text(wanted)
    other.close()


def test_the_page_survives_a_restart_of_the_program(browser: Any, tmp_path: Path) -> None:
    """It says that the connection is lost, and goes on when the program is back."""
    process, url = begin(tmp_path / "a", "light", "--web", "0")
    opened = browser.new_page()
    opened.goto(url)
    sync_api.expect(opened.locator("#link")).to_have_text("live")
    end(process)
    sync_api.expect(opened.locator("#link")).to_contain_text("connection lost")
    process, _ = begin(tmp_path / "a", "light", "--web", url.rpartition(":")[2].strip("/"))
    try:
        sync_api.expect(opened.locator("#link")).to_have_text("live", timeout=10_000)
    finally:
        opened.close()
        end(process)


def test_elsewhere_the_token_opens_the_page(browser: Any, tmp_path: Path) -> None:
    """The printed address is enough, and is not kept in the history; without it a sentence says so.

    This one is for looking only: its controls are there, and do nothing.
    """
    process, url = begin(tmp_path / "light", "light", "--web", "0.0.0.0:0", "--web-read-only")
    context = browser.new_context()
    try:
        opened = context.new_page()
        opened.goto(url.partition("#")[0])
        sync_api.expect(opened.locator("main")).to_contain_text("the token is missing or wrong")
        opened = context.new_page()
        opened.goto(url)
        sync_api.expect(opened.locator(".card")).to_have_count(1)
        sync_api.expect(opened.locator("#link")).to_have_text("live, for looking only")
        assert "token" not in opened.url
        opened.goto(f"{url.partition('#')[0]}#/device/light/world")
        sync_api.expect(opened.get_by_role("switch", name="value")).to_be_disabled()
        sync_api.expect(opened.get_by_role("button", name="Reset button")).to_be_disabled()
    finally:
        context.close()
        end(process)


@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_no_page_is_wider_than_the_window(page: Any, running: Running, width: int) -> None:
    """Nobody scrolls sideways, at the width of a telephone or of a wall."""
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("", *(f"#/device/smart-lock/{tab}" for tab in TABS)):
        page.goto(f"{running.url}{path}")
        page.wait_for_timeout(100)
        found = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert found <= 0, path


def test_a_long_ladder_scrolls_in_its_box(page: Any, running: Running) -> None:
    """The page stays as long as what is on it, however many messages were seen."""
    page.goto(f"{running.url}#/device/light/onboarding")
    sync_api.expect(page.get_by_text("Live.")).to_be_visible()
    port = running.ask("/light")["endpoints"][0].rpartition(":")[2]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(120):
            # NON GET /oic/res (RFC 7252 3)
            datagram = b"\x50\x01" + number.to_bytes(2, "big") + b"\xb3oic\x03res"
            sender.sendto(datagram, ("127.0.0.1", int(port)))
            page.wait_for_timeout(5)
    sync_api.expect(page.locator(".rung").nth(20)).to_be_attached()
    assert page.evaluate("document.documentElement.scrollHeight") < 1600
