"""Programs with a dashboard, and Chromium to look at it, for the tests in a browser."""

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ONBOARDEE = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]
TABS = ("world", "onboarding", "security", "connections")

without_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


class Running(NamedTuple):
    """A program with a dashboard."""

    url: str
    directory: Path
    pid: int

    def ask(self, path: str, body: Any = None) -> Any:
        """Ask as a script does."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}api/v1/devices{path}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())["ok"]


def begin(
    directory: Path, *words: str, until: str = "web.ready"
) -> tuple[subprocess.Popen[str], str]:
    """Run devices with a dashboard; return the process and where it is, once `until` was told."""
    command = [*ONBOARDEE, "run", *words, "--state-dir", str(directory), "--host", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--log-format", "json"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url = ""
    for line in process.stdout:
        told = json.loads(line)
        url = told.get("url", url)
        if told["event"] == until:
            return process, url
    raise AssertionError("the program ended")


def end(process: "subprocess.Popen[str]") -> None:
    """End a program, as Ctrl-C does."""
    process.terminate()
    process.communicate(timeout=20)


@contextmanager
def running_in(directory: Path, *words: str, until: str = "web.ready") -> Iterator[Running]:
    """Run devices with a dashboard, and end them."""
    process, url = begin(directory / "state", *words, until=until)
    try:
        yield Running(url, directory, process.pid)
    finally:
        end(process)


@contextmanager
def watched_page(browser: Any, url: str, **options: Any) -> Iterator[Any]:
    """Open the overview; whatever goes wrong in the page, or asks another host, is a failure."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    opened, wrong = context.new_page(), []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    opened.on("request", lambda sent: sent.url.startswith(url) or wrong.append(sent.url))
    opened.goto(url)
    opened.wait_for_selector(".card")
    yield opened
    context.close()
    # Chromium writes a line for each answer that is a refusal
    assert [each for each in wrong if "409 (Conflict)" not in each] == []


def card(page: Any, name: str) -> Any:
    """Return the card of a device."""
    link = f'a[href="#/device/{name}"]'
    return page.locator(f".card:has({link})")
