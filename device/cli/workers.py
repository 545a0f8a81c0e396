"""Devices spread over processes: `onboardee run --workers N`.

    this process ──► worker 1 … N: each a slice of the devices, run as in a process alone
          ▲                │ lines of its log; that it is ready, or why it cannot begin
          └────────────────┘

A process has one event loop and so one processor; workers use more of them. They share nothing but
the state directory, where each device has one writer. Each joins the multicast groups, and the
kernel hands a search to every socket that did, so that each device hears it once. This process
passes their lines on, whole ones only, starts again what crashes, and ends all.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Final, TypeAlias

import click

from onboardee.device.cli.hosting import ready_fields
from onboardee.device.cli.output import Log
from onboardee.device.fleet.slices import Slice

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from onboardee.device.cli.run_options import RunOptions

FIRST_PAUSE: Final = 1.0
"""Seconds until a worker that crashed is started again; each time twice as many."""
LONGEST_PAUSE: Final = 60.0
"""Who has run for so long begins with the first pause again."""
ENDING: Final = 10.0
"""Seconds that workers have to end by themselves."""
SLOW_READER: Final = 0.05
"""Seconds until lines are offered again for which there was no room."""

_OF_ONE_PROCESS: Final = {
    "web": "--web shows the devices of one process",
    "prefixes": "--addresses has one pair of sockets for all devices",
    "trace_to": "--trace-to writes one file",
    "capture": "--capture writes one file",
    "record": "--record is for one device",
}
"""Options that workers cannot share, and why."""

Answer: TypeAlias = int | str
"""Of a worker: how many devices run, or why none can."""
_SPAWN: Final = get_context("spawn")


@dataclass(frozen=True, slots=True)
class Link:
    """What a worker knows of the process that started it."""

    devices: int
    """That this run has, in all workers."""
    lines: Connection
    """Takes the place of standard output."""
    answers: Connection

    def ready(self, devices: int) -> None:
        """Tell that so many devices run."""
        self.tell(devices)

    def tell(self, answer: Answer) -> None:
        """Tell how the start went."""
        with suppress(OSError):  # the parent has gone; its sentinel says so as well
            self.answers.send(answer)

    def when_parent_ends(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
        """Let an event be set when nobody is there any more to stop this worker."""
        parent = parent_process()
        if parent is not None:
            loop.add_reader(parent.sentinel, ended.set)


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


def run(options: "RunOptions", given: Collection[str], devices: int, count: int) -> None:
    """Run devices in so many workers until SIGINT or SIGTERM.

    Raises `click.ClickException` with what the first worker says that cannot begin.
    """
    log = Log(options.log_format)
    try:
        asyncio.run(_Crew(options, frozenset(given), devices, count, log).run())
    finally:
        log.close()


class _Crew:
    """All workers."""

    def __init__(
        self, options: "RunOptions", given: frozenset[str], devices: int, count: int, log: Log
    ) -> None:
        self.options: Final = options
        self.given: Final = given
        self.devices: Final = devices
        self.count: Final = count
        self.log: Final = log
        self.ending: Final = asyncio.Event()
        self._ready: dict[int, int] = {}
        self._began = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.ending.set)
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
            await asyncio.gather(stopped, *tasks, return_exceptions=True)

    def ready(self, number: int, devices: int) -> None:
        """Tell once that all are ready, and later of each that is ready again."""
        is_again = number in self._ready
        self._ready[number] = devices
        if is_again:
            self.log.write("worker.ready", {"worker": number, "devices": devices})
        elif len(self._ready) == self.count:
            seconds = asyncio.get_running_loop().time() - self._began
            told = ready_fields(sum(self._ready.values()), self.devices, seconds)
            self.log.write("fleet.ready", {"workers": self.count, **told})

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

    async def keep(self) -> None:
        """Run until the end, again after each crash. Raises `click.ClickException`."""
        loop, ending = asyncio.get_running_loop(), self._crew.ending
        pauses = _pauses()
        while not ending.is_set():
            began = loop.time()
            reason = await self._live()
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
        link = Link(self._crew.devices, lines_in, answers_in)
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
        """Take what the worker tells of its start."""
        try:
            if not answers.poll():
                return
            answer: Answer = answers.recv()
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(answers.fileno())
            return
        if isinstance(answer, int):
            self._crew.ready(self._number, answer)
        else:
            self._reason = answer


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
