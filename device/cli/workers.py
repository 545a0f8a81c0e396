"""Devices spread over processes: `onboardee run --workers N`.

    this process ──► worker 1 … N: each a slice of the devices, run as in a process alone
          ▲                │ lines of its log; that it is ready, or why it cannot begin
          └────────────────┘

A process has one event loop and so one processor; workers use more of them. They share nothing but
the state directory, where each device has one writer. Each joins the multicast groups, and the
kernel hands a search to every socket that did, so that each device hears it once. Addresses of a
prefix have standard ports, of which each worker has a socket of its own (`device/net/steering`).
This process passes their lines on, whole ones only, starts again what crashes, and ends all. It
keeps what a crash must not change: those sockets, and the ports of the devices (`link`).
"""

import asyncio
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from onboardee.device.cli.host_options import prefixes_of, require_web
from onboardee.device.cli.hosting import ready_fields, shown
from onboardee.device.cli.link import Answer, Link
from onboardee.device.cli.output import Log
from onboardee.device.cli.returning import Before, Begun
from onboardee.device.fleet.slices import Slice
from onboardee.device.net.steering import SteeredSockets

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from onboardee.device.cli.run_options import RunOptions
    from onboardee.device.web.fleet import FleetDashboard

FIRST_PAUSE: Final = 1.0
"""Seconds until a worker that crashed is started again; each time twice as many."""
LONGEST_PAUSE: Final = 60.0
"""Who has run for so long begins with the first pause again."""
ENDING: Final = 10.0
"""Seconds that workers have to end by themselves."""
SLOW_READER: Final = 0.05
"""Seconds until lines are offered again for which there was no room."""

_OF_ONE_PROCESS: Final = {
    "trace_to": "--trace-to writes one file",
    "capture": "--capture writes one file",
    "record": "--record is for one device",
}
"""Options that workers cannot share, and why."""

_SPAWN: Final = get_context("spawn")


def require_spreadable(options: "RunOptions", *, is_audited: bool) -> None:
    """Refuse what only one process can do. Raises `click.UsageError`."""
    reasons = [why for name, why in _OF_ONE_PROCESS.items() if getattr(options, name)]
    if is_audited:
        reasons.append("`onboardee audit` judges in one process")
    if reasons:
        raise click.UsageError(f"{reasons[0]}: leave out --workers")


def options_of(options: "RunOptions", part: Slice) -> "RunOptions":
    """Return the options of a worker: its slice, and a port of its own for Prometheus."""
    metrics = options.metrics
    if metrics is not None and metrics[1]:
        metrics = metrics[0], metrics[1] + part.number - 1
    return replace(options, workers="1", slices=(*options.slices, part), metrics=metrics)


def run(options: "RunOptions", given: Collection[str], devices: int, firsts: Sequence[int]) -> None:
    """Run devices in workers until SIGINT or SIGTERM; `firsts` has the first device of each.

    Raises `click.ClickException` with what the first worker says that cannot begin, and
    `BindError`.
    """
    log = Log(options.log_format)
    try:
        require_web(options)
        crew = _Crew(options, frozenset(given), devices, firsts, log)
        with ExitStack() as ending:
            crew.sockets.open()
            ending.callback(crew.sockets.close)
            crew.dashboard = _dashboard(options, crew.count, ending)
            asyncio.run(crew.run())
    finally:
        log.close()


def _dashboard(options: "RunOptions", workers: int, ending: ExitStack) -> "FleetDashboard | None":
    """Return what shows the devices of all workers in a browser, if that is wanted."""
    if options.web is None:
        return None
    # an extra of the package, and more than devices without it need
    from onboardee.device.web.fleet import FleetDashboard  # noqa: PLC0415

    # nobody else may enter it
    directory = ending.enter_context(tempfile.TemporaryDirectory(prefix="onboardee-"))
    return FleetDashboard(*options.web, Path(directory), workers)


class _Crew:
    """All workers."""

    def __init__(
        self,
        options: "RunOptions",
        given: frozenset[str],
        devices: int,
        firsts: Sequence[int],
        log: Log,
    ) -> None:
        self.options: Final = options
        self.given: Final = given
        self.devices: Final = devices
        self.count: Final = len(firsts)
        self.log: Final = log
        self.sockets: Final = SteeredSockets(prefixes_of(options, given), firsts)
        """Of all workers, if devices have addresses of their own."""
        self.dashboard: FleetDashboard | None = None
        """Shows the devices of all workers in a browser."""
        self.ending: Final = asyncio.Event()
        self._ready: dict[int, int] = {}
        self._began = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.ending.set)
        if self.dashboard is not None:
            await shown(self.dashboard.serve(read_only=self.options.web_read_only))
            self.log.write("web.ready", {"url": self.dashboard.url})
        workers = [_Worker(self, number) for number in range(1, self.count + 1)]
        stopped = asyncio.create_task(self.ending.wait())
        tasks = [asyncio.create_task(worker.keep()) for worker in workers]
        try:
            done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # raises what a worker says that cannot begin
        finally:
            self.ending.set()
            for worker in workers:
                worker.end()
            if self.dashboard is not None:
                await self.dashboard.stop()
            await asyncio.gather(stopped, *tasks, return_exceptions=True)

    def ready(self, number: int, devices: int) -> None:
        """Tell once that all are ready, and later of each that is ready again."""
        if self.dashboard is not None:
            self.dashboard.begins(number)
        is_again = number in self._ready
        self._ready[number] = devices
        if is_again:
            self.log.write("worker.ready", {"worker": number, "devices": devices})
        elif len(self._ready) == self.count:
            seconds = asyncio.get_running_loop().time() - self._began
            told = ready_fields(sum(self._ready.values()), self.devices, seconds)
            self.log.write("fleet.ready", {"workers": self.count, **told})

    def link(self, number: int, begun: Begun, lines: Connection, answers: Connection) -> Link:
        """Return what a worker is to know."""
        seconds = asyncio.get_running_loop().time() - self._began
        return Link(
            devices=self.devices,
            workers=self.count,
            lines=lines,
            answers=answers,
            before=Before(seconds, begun) if self.was_ready(number) else Before(),
            web=None if self.dashboard is None else self.dashboard.place(number),
            sockets=self.sockets.of(number - 1),
        )

    def gone(self, number: int) -> None:
        """Know that a worker has ended."""
        if self.dashboard is not None:
            self.dashboard.gone(number)

    def was_ready(self, number: int) -> bool:
        """Tell whether a worker has once begun well."""
        return number in self._ready

    async def pass_on(self, lines: bytes) -> None:
        """Write lines of a worker; while the reader is slow the worker waits, too."""
        text = lines.decode("utf-8", "backslashreplace")
        while not self.log.offer(text):  # noqa: ASYNC110 - a thread makes room
            await asyncio.sleep(SLOW_READER)


class _Worker:
    """A slice of the devices, and the process that runs it now."""

    def __init__(self, crew: _Crew, number: int) -> None:
        self._crew = crew
        self._number = number
        self._process: SpawnProcess | None = None
        self._reason: str | None = None
        self._begun: Begun = {}

    async def keep(self) -> None:
        """Run until the end, again after each crash. Raises `click.ClickException`."""
        loop, ending = asyncio.get_running_loop(), self._crew.ending
        pauses = _pauses()
        while not ending.is_set():
            began = loop.time()
            reason = await self._live()
            self._crew.gone(self._number)
            if ending.is_set():
                return
            if not self._crew.was_ready(self._number):
                raise click.ClickException(self._reason or f"a worker {reason} before it was ready")
            if loop.time() - began > LONGEST_PAUSE:
                pauses = _pauses()
            pause = next(pauses)
            told = {"worker": self._number, "reason": self._reason or reason, "again_in": pause}
            self._crew.log.write("worker.ended", told)
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), pause)

    def end(self) -> None:
        """Stop it, in an orderly way if it can."""
        if self._process is not None:
            self._process.terminate()
            asyncio.get_running_loop().call_later(ENDING, self._process.kill)

    async def _live(self) -> str:
        """Run a process to its end, and return how it came."""
        loop = asyncio.get_running_loop()
        lines, lines_in = _SPAWN.Pipe(duplex=False)
        answers, answers_in = _SPAWN.Pipe(duplex=False)
        link = self._crew.link(self._number, self._begun, lines_in, answers_in)
        process = _SPAWN.Process(
            target=work, args=(self._options(), self._crew.given, link), daemon=True
        )
        process.start()
        lines_in.close()
        answers_in.close()
        self._process, self._reason = process, None
        loop.add_reader(answers.fileno(), self._heard, answers)
        await self._pass_on(lines)
        await asyncio.to_thread(process.join)  # its output has ended, and so does it
        self._heard(answers)
        loop.remove_reader(answers.fileno())
        answers.close()
        code = process.exitcode or 0
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def _options(self) -> "RunOptions":
        return options_of(self._crew.options, Slice(self._number, self._crew.count))

    async def _pass_on(self, lines: Connection) -> None:
        """Pass on whole lines until there are no more."""
        loop, rest = asyncio.get_running_loop(), b""
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), lines)
        while chunk := await reader.read(1 << 16):
            whole, end, rest = (rest + chunk).rpartition(b"\n")
            if end:
                await self._crew.pass_on(whole)
        if rest:
            await self._crew.pass_on(rest)

    def _heard(self, answers: Connection) -> None:
        """Take what the worker tells of its devices."""
        try:
            while answers.poll():
                self._take(answers.recv())
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(answers.fileno())

    def _take(self, answer: Answer) -> None:
        if isinstance(answer, int):
            self._crew.ready(self._number, answer)
        elif isinstance(answer, str):
            self._reason = answer
        else:
            self._begun.update(answer)


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)


def work(options: "RunOptions", given: frozenset[str], link: Link) -> None:
    """Be a worker: the whole life of the process."""
    # who types Ctrl-C means the parent, which then ends all
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(link.lines.fileno(), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    link.lines.close()
    gc.disable()
    from onboardee.device.cli.starting import start  # noqa: PLC0415 - which imports this file

    gc.freeze()
    gc.enable()
    try:
        start(options, given, link=link)
    except click.ClickException as error:
        link.tell(error.format_message())
        sys.exit(error.exit_code)
