"""Record a session at the dashboard as a moving picture: a real one, of a program that runs.

Run it as `python bench/moving_session.py [docs/pictures/session.webp]`, with Playwright, Pillow
(`pip install playwright pillow`) and Chromium. The browser tells each picture that it draws with
its time; they are put together as they came, and nothing is drawn by hand. Only their pace is made
for people: where nothing moves the wait is cut to `LONGEST`, and where everything moves at once, as
an ownership takes less than a second, each picture stands for `LEAST`.
"""

import argparse
import base64
import io
import os
import shutil
import subprocess
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image
from screenshots import ONBOARDEE, ask, running

DEVICES = ("light", "smart-lock", "door", "blind", "washer", "thermostat")
SEEN = {"width": 1280, "height": 860}
"""The window of the browser."""
SHOWN = (1024, 688)
"""The moving picture."""
LONGEST = 1600
"""Milliseconds for which a picture stands at most."""
LEAST = 160
"""Milliseconds for which it stands at least."""
TOGETHER = 30
"""Milliseconds within which the later one of two takes the place of the earlier."""
QUALITY = 70


class Camera:
    """Takes every picture that a page draws, with its time."""

    def __init__(self, page: Any) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.on("Page.screencastFrame", self._take)
        self.taken: list[tuple[float, bytes]] = []
        self._session.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})

    def _take(self, frame: Any) -> None:
        self._session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})
        octets = base64.b64decode(frame["data"])
        self.taken.append((frame["metadata"]["timestamp"] * 1000, octets))

    def stop(self) -> None:
        """Take no more."""
        self._session.send("Page.stopScreencast")

    def write(self, place: Path) -> None:
        """Put the pictures together."""
        kept: list[tuple[float, bytes]] = []
        for at, octets in self.taken:
            if kept and at - kept[-1][0] < TOGETHER:
                kept[-1] = kept[-1][0], octets
            else:
                kept.append((at, octets))
        times = [at for at, _ in kept]
        lengths = [int(min(max(after - at, LEAST), LONGEST)) for at, after in pairwise(times)]
        pictures = [Image.open(io.BytesIO(octets)).convert("RGB") for _, octets in kept]
        first, *others = (each.resize(SHOWN, Image.Resampling.LANCZOS) for each in pictures)
        first.save(
            place,
            save_all=True,
            append_images=others,
            duration=[*lengths, LONGEST],
            loop=0,
            quality=QUALITY,
            method=6,
        )


def own(url: str, device: str, home: Path) -> subprocess.Popen[str]:
    """Begin to own a device by the PIN that it shows."""
    names = ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    environment = {**os.environ, **dict.fromkeys(names, str(home))}
    place = ask(url, device)["endpoints"][0]
    command = [*ONBOARDEE, "obt", "own", place, "--name", device, "--method", "rdp"]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )


def play(page: Any, url: str, home: Path) -> None:
    """Look at the devices, let a tool own the lock, see what that changed, and use it."""
    page.wait_for_timeout(1200)
    page.get_by_role("link", name="Door lock (smart-lock)").click()
    page.get_by_role("tab", name="Onboarding").click()
    page.get_by_text("Live.").wait_for()
    page.wait_for_timeout(700)
    tool = own(url, "smart-lock", home)
    page.locator(".device .pin strong").wait_for()
    page.wait_for_timeout(1500)
    assert tool.stdin is not None
    tool.stdin.write(ask(url, "smart-lock/commands", {"do": "pin"}) + "\n")
    tool.stdin.close()
    page.get_by_text("The device is in RFNOP").wait_for()
    tool.wait(30)
    page.wait_for_timeout(1500)
    page.get_by_label("Show").select_option("decision")
    page.wait_for_timeout(1300)
    page.get_by_role("tab", name="Security").click()
    page.wait_for_timeout(2200)
    page.get_by_role("tab", name="World").click()
    page.wait_for_timeout(700)
    page.get_by_role("button", name="thumbturn").click()
    page.wait_for_timeout(1000)
    page.get_by_role("switch", name="jammed").click()
    page.wait_for_timeout(800)
    page.get_by_role("link", name="All devices").click()
    page.wait_for_timeout(1500)


def main() -> None:
    """Play the session and write it down."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__)
    default = Path("docs/pictures/session.webp")
    parser.add_argument("place", nargs="?", type=Path, default=default)
    place = parser.parse_args().place
    with (
        tempfile.TemporaryDirectory() as name,
        running(Path(name), DEVICES, "--otm", "jw,rdp") as url,
        sync_playwright() as playwright,
    ):
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SEEN, color_scheme="light")
        page.goto(url)
        page.locator(".card").nth(len(DEVICES) - 1).wait_for()
        began = time.monotonic()
        camera = Camera(page)
        play(page, url, Path(name))
        camera.stop()
        browser.close()
    camera.write(place)
    seconds = time.monotonic() - began
    size = place.stat().st_size >> 10
    print(f"{place}: {size} KiB, {len(camera.taken)} pictures, {seconds:.0f} s")


if __name__ == "__main__":
    main()
