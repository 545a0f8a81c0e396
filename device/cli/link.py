"""What the process that starts workers and a worker tell each other (`workers`).

    to a worker, as it starts:  the devices of the whole run, the sockets that are the worker's,
                                what its devices had before it crashed, where it shows them
    from a worker:              each device that began, and at which ports; that all are ready,
                                or the sentence that says why none can

A worker that crashed has nothing to tell, so what its devices are to come back to is kept here.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from onboardee.device.cli.returning import Before, Begun

if TYPE_CHECKING:
    from onboardee.device.net.steering import SharedSocket

Answer: TypeAlias = int | str | Begun
"""Of a worker: how many devices run, why none can, or which of them have begun."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a worker knows of the process that started it."""

    devices: int
    """That this run has, in all workers."""
    workers: int
    lines: Connection
    """Takes the place of standard output."""
    answers: Connection
    before: Before
    web: Path | None = None
    """The Unix socket at which the worker shows its devices; None: nobody wants to see them."""
    sockets: "tuple[SharedSocket, ...]" = ()
    """At the standard ports of the prefixes of --addresses, for what is sent to its devices."""

    def ready(self, devices: int) -> None:
        """Tell that so many devices run."""
        self.tell(devices)

    def tell(self, answer: Answer) -> None:
        """Tell how the start goes."""
        with suppress(OSError):  # the parent has gone; its sentinel says so as well
            self.answers.send(answer)

    def when_parent_ends(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
        """Let an event be set when nobody is there any more to stop this worker."""
        parent = parent_process()
        if parent is not None:
            loop.add_reader(parent.sentinel, ended.set)
