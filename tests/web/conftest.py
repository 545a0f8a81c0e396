"""Chromium for the tests in a browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from browser_support import CHROMIUM, Running, watched_page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium; for a module only, as an event loop belongs to it that others would meet."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, running: Running) -> Iterator[Any]:
    """Open the overview of what runs in a module."""
    with watched_page(browser, running.url) as opened:
        yield opened
