"""Writes a log in a thread of its own: its reader may stop reading or go away, the device not.

A device writes its log in the thread of the event loop. If standard output is a pipe whose reader
has stopped, that write would block, and with it every device of the process. So lines are queued
for a thread, up to a bound; beyond it lines are left out and counted, and the device goes on. A
reader that has gone ends the log only.

To wake that thread costs more than to write a line, and in the middle of a request. Into a pipe
that has room a line is therefore written at once, through a descriptor that never waits. Into all
else, a file perhaps, it is written with those that come within a moment of it.
"""

import os
import select
import stat
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Condition, Event, Thread
from typing import Final, TextIO, TypeAlias

MAX_WAITING: Final = 16 * 2**20
"""Octets that wait for a slow reader; lines that exceed them are left out and counted."""
PATIENCE: Final = 2.0
"""Seconds that a reader has at the end to take anything of what waits."""
GATHERING: Final = 0.05
"""Seconds in which lines that are to be written come together."""
LONGEST_END: Final = 30.0
"""Seconds in which it has to take all of it."""

Write: TypeAlias = Callable[[bytes], object]
"""Takes octets."""


class LogWriter:
    """Takes lines from any thread, without waiting and without failing."""

    def __init__(self, file: TextIO | None) -> None:
        """Write to a file; to none, if there is no standard output."""
        self._file = file
        self._descriptor = _descriptor(file)
        self._pipe = None if self._descriptor is None else _unblocked(self._descriptor)
        self._lines: deque[bytes] = deque()
        self._waiting = 0
        self._written = 0
        self._has_reader = file is not None
        self._ending = Event()
        self._changed = Condition()
        # A daemon: a reader that never reads must not keep the process from ending.
        self._thread = Thread(target=self._work, name="onboardee-log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> bool:
        """Write a line, or several; tell whether there was room."""
        # A name that is no UTF-8 must not end the log.
        line = text.encode("utf-8", "backslashreplace") + b"\n"
        with self._changed:
            if not self._has_reader:
                return True
            if self._waiting + len(line) > MAX_WAITING:
                return False
            if self._is_written_at_once(line):
                return True
            self._lines.append(line)
            self._waiting += len(line)
            self._changed.notify()
        return True

    def _is_written_at_once(self, line: bytes) -> bool:
        """Write a line if nothing waits before it and there is room; all of it, or nothing.

        Writes of so few octets are never in part (POSIX `write`, `PIPE_BUF`). What goes wrong is
        left to the thread, which knows what to say of it.
        """
        if self._pipe is None or self._waiting or len(line) > select.PIPE_BUF:
            return False
        with suppress(OSError):
            os.write(self._pipe, line)
            return True
        return False

    def close(self) -> None:
        """Write what waits, as long as the reader takes it."""
        with self._changed:
            self._ending.set()
            self._changed.notify()
        # As long as it takes anything, it may take its time.
        for _ in range(round(LONGEST_END / PATIENCE)):
            before = self._written
            self._thread.join(PATIENCE)
            if not self._thread.is_alive() or self._written == before:
                return

    def _work(self) -> None:
        """Write lines until the end is asked for, or the reader has gone."""
        while lines := self._next():
            try:
                self._put(lines)
            except (OSError, ValueError) as error:
                self._lose_reader(error)
                break
        # a thread that is still at work has them open, so that no other file gets their numbers
        with self._changed:
            pipe, self._pipe = self._pipe, None
        for descriptor in (pipe, self._descriptor):
            if descriptor is not None:
                os.close(descriptor)

    def _next(self) -> bytes:
        """Wait for lines, and return those that come together; none: there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._ending.is_set())
        # those that come meanwhile wake nobody
        self._ending.wait(GATHERING)
        with self._changed:
            lines = b"".join(self._lines)
            self._lines.clear()
        return lines

    def _put(self, lines: bytes) -> None:
        """Write lines to the end, however often the pipe is full."""
        if self._descriptor is None:
            assert self._file is not None
            self._file.write(lines.decode())
            self._count(len(lines))
            return
        # not through the file: a thread that waits in it would keep the program from ending
        rest = memoryview(lines)
        while rest:
            try:
                written = os.write(self._descriptor, rest)
            except BlockingIOError:  # the reader has made the pipe so
                select.select([], [self._descriptor], [])
                continue
            rest = rest[written:]
            self._count(written)

    def _count(self, written: int) -> None:
        """Note that octets have gone, so that others have room."""
        with self._changed:
            self._written += written
            self._waiting -= written

    def _lose_reader(self, error: Exception) -> None:
        """Give up the log, and say so on standard error if that is possible."""
        with self._changed:
            self._has_reader = False
            self._lines.clear()
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"the log ends here: {error}; the device goes on\n")


def _descriptor(file: TextIO | None) -> int | None:
    """Return a descriptor of its own for a file; None for one in memory."""
    try:
        return None if file is None else os.dup(file.fileno())
    except (OSError, ValueError):
        return None


def _unblocked(descriptor: int) -> int | None:
    """Return another descriptor of a pipe that never waits; None for what is no pipe.

    Opened anew, as a flag that was set on this one would be set for all who have the pipe. Where
    the system cannot do that (only Linux can), there is none.
    """
    try:
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return None
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(f"/proc/self/fd/{descriptor}", flags)
    except OSError:
        return None
