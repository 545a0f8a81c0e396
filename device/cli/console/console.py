"""All of the console together, with the face that `hosting` knows: devices come, go, and log.

    events ──► Rows ─┐
    log ─────────────┼─► Scene ──► screen's thread: picture, terminal
    keys ◄───────────┘                  │
      └─► Performer ◄── keys ◄──────────┘

A scene is made at most every tenth of a second, and only after something has changed: where nothing
happens there is no timer.
"""

import asyncio
import signal
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from onboardee.device.cli.console.keys import Keys
from onboardee.device.cli.console.picture import Line, Picture, Scene, picture
from onboardee.device.cli.console.rows import Rows
from onboardee.device.cli.console.screen import Open, Screen
from onboardee.device.cli.log_writer import LogWriter
from onboardee.device.cli.terminal import harmless
from onboardee.device.control import Request
from onboardee.device.events import Bus
from onboardee.device.net.performer import Performer

EVERY: Final = 0.1
"""Seconds between two scenes."""
KEPT: Final = 5000
"""Lines of the log that one can go back to, and that stand on the terminal afterwards."""


class Console:
    """What `run` shows on a terminal. It is the writer of the log, too."""

    def __init__(self, make: Open, writer: Callable[[], LogWriter]) -> None:
        """`make` opens the screen; `writer` writes the log once there is none, or no more."""
        self._make = make
        self._writer = writer
        self._plain: LogWriter | None = None
        self._log: deque[str] = deque(maxlen=KEPT)
        self._rows = Rows(self._change)
        self._keys = Keys(self._rows, self._ask, self._end)
        self._scene = Scene([], ())
        self._picture = Picture([], (), 1)
        self._screen: Screen | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stop: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()

    # devices

    def add(self, bus: Bus) -> None:
        """Know of a device that is to run."""
        self._rows.add(bus)

    def runs(self, name: str, performer: Performer) -> None:
        """Know that a device runs."""
        self._rows.runs(name, performer)

    def gone(self, name: str) -> None:
        """Know that a device does not run now."""
        self._rows.gone(name)

    # the log's writer

    def write(self, text: str) -> bool:
        """Take a line of the log, or several, from any thread; there is always room."""
        if self._plain is not None:
            return self._plain.write(text)
        self._log.extend(text.split("\n"))
        if self._loop is not None:
            with suppress(RuntimeError):  # it was closed meanwhile
                self._loop.call_soon_threadsafe(self._change)
        return True

    def close(self) -> None:
        """Put the log where the terminal keeps it, after the screen is gone."""
        self._fall_back().close()

    # the screen

    def open(self, loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
        """Show everything from now on, in the loop of the devices; `stop` ends them."""
        self._loop, self._stop = loop, stop
        self._scene = self._present()
        self._screen = self._make(self._draw, self._heard)
        self._screen.open()
        with suppress(ValueError, RuntimeError):  # not in the main thread
            loop.add_signal_handler(signal.SIGWINCH, self._screen.refresh)

    def hide(self) -> None:
        """Give the terminal back."""
        if self._screen is None or self._loop is None:
            return
        with suppress(ValueError, RuntimeError):
            self._loop.remove_signal_handler(signal.SIGWINCH)
        if self._timer is not None:
            self._timer.cancel()
        self._loop = None
        self._screen.close()

    def _change(self) -> None:
        """Show soon what has changed."""
        if self._loop is not None and self._timer is None:
            self._timer = self._loop.call_later(EVERY, self._refresh)

    def _refresh(self) -> None:
        self._timer = None
        if self._screen is None:
            return
        if not self._screen.is_alive:
            self._fall_back().write(f"the console has ended: {self._screen.failure!r}")
            self._loop = None
            return
        self._scene = self._present()
        self._screen.refresh()

    def _present(self) -> Scene:
        keys = self._keys
        keys.back = min(keys.back, max(len(self._log) - 1, 0))
        return Scene(
            self._rows.present(), tuple(self._log), keys.chosen, keys.question, keys.said, keys.back
        )

    def _draw(self, columns: int, lines: int) -> list[Line]:
        """Draw the present scene; in the screen's thread."""
        self._picture = picture(self._scene, columns, lines)
        return self._picture.lines

    def _fall_back(self) -> LogWriter:
        """Write what was kept of the log, and from now on each line at once."""
        if self._plain is None:
            self._plain = self._writer()
            for line in self._log:
                self._plain.write(line)
            self._log.clear()
        return self._plain

    # keys

    def _heard(self, key: str) -> None:
        """Take a key to the loop of the devices; in the screen's thread."""
        if (loop := self._loop) is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._press, key)

    def _press(self, key: str) -> None:
        shown = self._picture
        self._keys.press(key, shown.shown, max(shown.page, 1))
        self._refresh_at_once()

    def _refresh_at_once(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._refresh()

    def _ask(self, name: str, request: Request) -> None:
        performer = self._rows.performer(name)
        if performer is None or self._loop is None:
            self._keys.said = f"{name} does not run now"
            return
        task = self._loop.create_task(self._perform(performer, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _perform(self, performer: Performer, request: Request) -> None:
        answer: dict[str, Any] = await performer.answer(request)
        self._keys.said = harmless(answer.get("error", ""))
        self._change()

    def _end(self) -> None:
        self._keys.said = "the devices stop"
        self._stop()
