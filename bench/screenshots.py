"""Make the pictures of the README: real ones, of a program that runs.

Run it as `python bench/screenshots.py [docs/pictures]`, with Playwright (`pip install playwright`)
and Chromium (`apt-get install chromium`). It starts some devices, lets `onboardee obt` own two of
them, and looks.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ONBOARDEE = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]
DEVICES = (
    *("light", "smart-lock", "door", "blind", "washer", "fan", "thermostat", "television"),
    *("kettle", "refrigerator", "smart-plug", "motion-sensor"),
)
SETTINGS = (
    ("light", "/light/switch", {"value": True}),
    ("light", "/light/dimming", {"dimmingSetting": 70}),
    ("light", "/light/colour", {"rgbValue": [255, 140, 60]}),
    ("blind", "/openlevel", {"openLevel": 45}),
    ("television", "/switch", {"value": True}),
    ("fan", "/switch", {"value": True}),
)


@contextmanager
def running(directory: Path, devices: Sequence[str] = DEVICES, *options: str) -> Iterator[str]:
    """Run devices; yield where their dashboard is."""
    command = [*ONBOARDEE, "run", *devices, *options, "--state-dir", str(directory / "state")]
    command += ["--host", "127.0.0.1", "--web", "0", "--log-format", "json", "--seed", "pictures"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = (json.loads(line) for line in process.stdout)
            yield next(each["url"] for each in told if each["event"] == "web.ready")
        finally:
            process.terminate()


def ask(url: str, path: str, body: Any = None) -> Any:
    """Ask the dashboard."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}api/v1/devices/{path}", data, headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())["ok"]


def own(url: str, device: str, home: Path) -> None:
    """Let a tool take ownership of a device."""
    place = ask(url, device)["endpoints"][0]
    names = ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    environment = {**os.environ, **dict.fromkeys(names, str(home))}
    command = [*ONBOARDEE, "obt", "own", place, "--name", device]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def pictures(url: str, home: Path, place: Path) -> None:
    """Look at the pages in both schemes."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 760}, color_scheme="light")
        page.goto(f"{url}#/device/smart-lock/onboarding")
        page.get_by_text("Live.").wait_for()
        own(url, "smart-lock", home)
        page.get_by_text("The device is in RFNOP").wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=place / "onboarding.png")
        page.goto(f"{url}#/device/light/world")
        page.get_by_role("tabpanel").get_by_text("dimmingSetting").wait_for()
        page.screenshot(path=place / "world.png")
        page.goto(url)
        page.wait_for_timeout(2500)
        page.screenshot(path=place / "overview.png")
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=place / "overview-dark.png")
        page.set_viewport_size({"width": 360, "height": 760})
        page.screenshot(path=place / "overview-narrow.png")
        browser.close()


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", nargs="?", type=Path, default=Path("docs/pictures"))
    place = parser.parse_args().place
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as url:
        for device, href, values in SETTINGS:
            ask(url, f"{device}/commands", {"do": "set", "href": href, "values": values})
        own(url, "television", Path(name))
        pictures(url, Path(name), place)


if __name__ == "__main__":
    main()
