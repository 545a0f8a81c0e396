"""The console with devices and a screen that is not there; at last with a real terminal."""

import asyncio
import fcntl
import io
import json
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from onboardee.device.cli import host_options, terminal
from onboardee.device.cli.console.console import Console
from onboardee.device.cli.console.keys import Keys
from onboardee.device.cli.console.rows import Rows
from onboardee.device.cli.console.screen import Draw, Screen
from onboardee.device.cli.host_options import console_of
from onboardee.device.cli.log_writer import LogWriter
from onboardee.device.cli.run_options import RunOptions
from onboardee.device.control import (
    PauseTime,
    PressInput,
    PressReset,
    Reboot,
    Request,
    ResumeTime,
    SetFault,
    SetSpeed,
)
from onboardee.device.events import InputPressed, PinShown
from onboardee.device.net.performer import Performer
from onboardee.device.testing import FakeDevice, fake_device
from onboardee.svrdb.model import State

COLUMNS, LINES = 80, 20


@dataclass
class NoScreen:
    """Draws nowhere, and presses what a test presses."""

    draw: Draw
    press: Callable[[str], None]
    is_alive: bool = False
    failure: BaseException | None = None
    drawn: int = 0

    def open(self) -> None:
        """Begin."""
        self.is_alive = True
        self.refresh()

    def refresh(self) -> None:
        """Draw."""
        self.drawn += 1
        self.lines = ["".join(text for _, text in line).rstrip() for line in self.draw(80, 20)]

    def close(self) -> None:
        """End."""
        self.is_alive = False


@dataclass
class Stage:
    """A console with one device."""

    console: Console
    fake: FakeDevice
    written: io.StringIO
    stopped: list[bool] = field(default_factory=list)

    @property
    def screen(self) -> NoScreen:
        """What is in the terminal's place."""
        screen = self.console._screen
        assert isinstance(screen, NoScreen)
        return screen

    async def press(self, keys: str) -> list[str]:
        """Press keys, one after the other; return the screen's lines then."""
        for key in keys:
            self.screen.press(key)
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.15)
        return self.screen.lines


@asynccontextmanager
async def staged(profile: str = "door", name: str = "door") -> AsyncIterator[Stage]:
    """Run a device and show it."""
    written = io.StringIO()
    async with fake_device(profile) as fake:
        fake.device.bus.device = name
        console = Console(NoScreen, lambda: LogWriter(written))  # type: ignore[arg-type]
        stage = Stage(console, fake, written)
        console.add(fake.device.bus)
        console.runs(name, Performer(fake._hosted))
        console.open(asyncio.get_running_loop(), lambda: stage.stopped.append(True))
        try:
            yield stage
        finally:
            console.hide()


async def test_a_person_uses_an_input() -> None:
    """The door's thumbturn is one key and an answer away; the line shows what came of it."""
    async with staged() as stage:
        assert stage.screen.lines[0] == "  door  RFOTM  -  Locked"
        lines = await stage.press("i")
        assert "Use of door: [1] thumbturn" in lines[-1]
        await stage.press("1")
        await stage.fake.wait_for("value.changed")
        assert (await stage.press("j"))[0] == "> door  RFOTM  -  Unlocked"


async def test_a_fault_comes_and_goes() -> None:
    """The line says what is broken, and the question whether it is."""
    async with staged() as stage:
        assert (await stage.press("f1"))[0].endswith("broken: jammed")
        assert "[1] jammed (on)" in (await stage.press("f"))[-1]
        assert "broken" not in (await stage.press("1"))[0]


async def test_how_time_goes() -> None:
    """A device whose world was stopped by `ctl` says so on its line."""
    async with staged() as stage:
        await Performer(stage.fake._hosted).perform(PauseTime())
        assert (await stage.press(""))[0].endswith("Locked  paused")
        await Performer(stage.fake._hosted).perform(ResumeTime())
        await Performer(stage.fake._hosted).perform(SetSpeed(speed=60))
        assert (await stage.press(""))[0].endswith("Locked  60x")


async def test_a_reset_is_asked_twice_for() -> None:
    """A slip of the finger resets nothing; y does."""
    async with staged("light", "light") as stage:
        await stage.press("rn")
        assert "device.reset" not in [event.name for event in stage.fake.events]
        await stage.press("ry")
        await stage.fake.wait_for("device.reset")
        assert "device.reset" in [event.name for event in stage.fake.events]
        assert stage.fake.state is State.RFOTM
        assert (await stage.press("i"))[-1].strip() == "light has no inputs"


@pytest.mark.parametrize("key", ["q", "c-c"])
async def test_the_end(key: str) -> None:
    """Q and Ctrl-C end the devices as a signal does, also while a question is open."""
    async with staged() as stage:
        await stage.press("" if key == "q" else "r")
        stage.screen.press(key)
        await asyncio.sleep(0.01)
        assert stage.stopped


async def test_the_log_stands_below_and_afterwards_on_the_terminal() -> None:
    """Lines come as they are written, and none is lost when the console ends."""
    async with staged() as stage:
        for number in range(30):
            assert stage.console.write(f"line {number}")
        assert "line 29" in await stage.press("")
        stage.screen.press("pageup")
        assert "line 10" in await stage.press("")
        stage.console.hide()
        stage.console.write("the last one")
        stage.console.close()
    assert stage.written.getvalue().splitlines() == [
        *(f"line {number}" for number in range(30)),
        "the last one",
    ]


async def test_a_terminal_that_breaks_ends_the_console_only() -> None:
    """The devices go on, and from then on the log is what it is without a console."""
    async with staged() as stage:
        stage.console.write("before")
        await stage.press("")
        stage.screen.is_alive, stage.screen.failure = False, EOFError()
        stage.console.write("then")
        await asyncio.sleep(0.15)
        stage.console.write("after")
        stage.console.close()
    lines = stage.written.getvalue().splitlines()
    assert lines[:2] == ["before", "then"]
    assert "the console has ended" in lines[2]
    assert lines[3] == "after"


async def test_ten_thousand_events_are_a_few_pictures() -> None:
    """What happens between two pictures costs no more than one."""
    async with staged() as stage:
        before = stage.screen.drawn
        for _ in range(10_000):
            stage.fake.device.bus.publish(InputPressed(input="thumbturn"))
        await asyncio.sleep(0.25)
        assert before < stage.screen.drawn <= before + 3
        await asyncio.sleep(0.15)
        assert stage.console._timer is None


async def test_a_device_that_goes_away() -> None:
    """Its line says so, and keys that are for it say why nothing happens."""
    async with staged() as stage:
        await stage.press("j")
        stage.console.gone("door")
        assert (await stage.press(""))[0].startswith("> door  away")
        assert "door does not run now" in (await stage.press("ry"))[-1]


class TwoDoors:
    """What the keyboard knows of the devices."""

    def inputs(self, name: str) -> tuple[str, ...]:
        """Return the inputs of the first."""
        return ("bell", "handle") if name == "one" else ()

    def faults(self, name: str) -> dict[str, bool]:
        """Return the faults of the second."""
        return {"jammed": True} if name == "two" else {}


def test_keys_choose_and_ask() -> None:
    """Arrows choose among what is shown; the answer becomes the command of `ctl`."""
    asked: list[tuple[str, Request]] = []
    keys = Keys(TwoDoors(), lambda name, request: asked.append((name, request)), lambda: None)
    for key in ["up", "down", "down", "down", "f", "1", "i", "up", "i", "2", "i", "x", "r", "y"]:
        keys.press(key, ["one", "two"])
    for key in ["b", "y"]:
        keys.press(key, ["one", "two"])
    assert asked == [
        ("two", SetFault(name="jammed", is_on=False)),
        ("one", PressInput(name="handle")),
        ("one", PressReset()),
        ("one", Reboot()),
    ]
    assert keys.question is None
    keys.press("pageup", [], 5)
    keys.press("pagedown", [], 9)
    assert keys.back == 0


async def test_a_row_has_the_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PIN is on the line of its device, also where nothing of the dashboard is installed."""
    for name in ("segno", "starlette", "uvicorn"):
        monkeypatch.setitem(sys.modules, name, None)
    async with fake_device("light") as fake:
        fake.device.bus.device = "light"
        rows = Rows(lambda: None)
        rows.add(fake.device.bus)
        rows.runs("light", Performer(fake._hosted))
        assert rows.present()[0].pin == ""
        pad = fake.device.parts.admission._pins
        pin = pad.show()
        fake.device.bus.publish(PinShown(pin=pin))
        row = rows.present()[0]
        assert (row.pin, row.news, row.value) == (pin, 1, "off")


@pytest.mark.parametrize("has_colour", [True, False])
def test_a_screen_draws_and_hears(*, has_colour: bool) -> None:
    """Keys arrive by their names, and without colour none is sent to the terminal."""
    heard: list[str] = []
    target = io.StringIO()
    output = Vt100_Output(target, lambda: Size(rows=5, columns=30), term="xterm-256color")
    with create_pipe_input() as source:
        screen = Screen(
            lambda columns, lines: [[("ansired", f"{columns} x {lines}")]],
            heard.append,
            has_colour=has_colour,
            source=source,
            target=output,
        )
        screen.open()
        source.send_text("q\x1b[A\x03")
        deadline = time.monotonic() + 5
        while len(heard) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        screen.close()
    assert heard == ["q", "up", "c-c"]
    assert not screen.is_alive
    assert "30" in target.getvalue()
    assert ("\x1b[0;31m" in target.getvalue()) is has_colour
    assert target.getvalue().rstrip().find("\x1b[?1049l") > 0


def test_who_gets_a_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person at a terminal does, unless they want the log; programs and pipes never do."""

    def options(**given: object) -> RunOptions:
        told = dict.fromkeys(RunOptions.__dataclass_fields__)
        return RunOptions(**{**told, "log_format": "console", "no_console": False, **given})  # type: ignore[arg-type]

    assert console_of(options()) is None  # pytest's output is no terminal
    monkeypatch.setattr(host_options, "has_person", lambda: True)
    assert console_of(options()) is not None
    assert console_of(options(no_console=True)) is None
    assert console_of(options(log_format="json")) is None
    monkeypatch.setitem(sys.modules, "onboardee.device.cli.console.console", None)
    assert console_of(options()) is None


def test_a_run_in_the_background_is_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """With & behind it a process may not draw: it would be stopped by the terminal."""
    master, slave = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(slave, encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdin", file)
        monkeypatch.setattr(sys, "stdout", file)
        monkeypatch.setattr(os, "tcgetpgrp", lambda _descriptor: os.getpgrp())
        assert terminal.has_person()
        monkeypatch.setattr(os, "tcgetpgrp", lambda _descriptor: os.getpgrp() + 1)
        assert not terminal.has_person()
        monkeypatch.setenv("TERM", "dumb")
        assert not terminal.has_person()
    os.close(master)


def until(descriptor: int, seen: bytes, *wanted: bytes) -> bytes:
    """Read from a terminal until all of this was written."""
    while not all(each in seen for each in wanted):
        assert select.select([descriptor], [], [], 30)[0], seen
        seen += os.read(descriptor, 65536)
    return seen


def test_a_real_terminal_is_given_back(tmp_path: Path) -> None:
    """On a pseudo-terminal the console is drawn, a key ends it, and the terminal is as before."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(slave)
    words = ["run", "light", "--host", "127.0.0.1", "--state-dir", str(tmp_path)]
    # it leads a session of its own, of which this is the terminal
    code = "import fcntl, os, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    code += "from onboardee.device.cli import main; main()"
    program = [sys.executable, "-c", code, *words]
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    files = [(os.POSIX_SPAWN_DUP2, slave, number) for number in range(3)]
    process = os.posix_spawn(sys.executable, program, environment, file_actions=files)
    seen = until(master, b"", b"device.ready", b"choose")
    assert termios.tcgetattr(slave)[3] != before[3]
    os.write(master, b"q")
    seen = until(master, seen, b"\x1b[?1049l")
    assert os.waitpid(process, 0)[1] == 0
    assert termios.tcgetattr(slave) == before
    assert b"RFOTM" in seen
    assert b"\x1b[31m" not in seen
    for descriptor in (master, slave):
        os.close(descriptor)


def test_the_readme_shows_what_was_recorded() -> None:
    """The picture of the README is the one that the script took, and its session can be played."""
    root = Path(__file__).parents[2]
    pictures = root / "docs" / "pictures"
    assert (pictures / "console.txt").read_text() in (root / "README.md").read_text()
    head, *events = map(json.loads, (pictures / "console.cast").read_text().splitlines())
    assert head["version"] == 2
    assert [at for at, _, _ in events] == sorted(at for at, _, _ in events)
    assert {kind for _, kind, _ in events} == {"o"}
