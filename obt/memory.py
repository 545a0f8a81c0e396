"""A transport on a network in memory: whole onboardings in one thread, in milliseconds.

Nothing here needs an event loop. Where a procedure waits, the network's time simply runs on until
the answer is there; so a test is a function that calls another one, and the same seed brings the
same run. Only pieces of work that go on side by side (`together`) have to take turns: see
`side_by_side`.
"""

from collections.abc import Callable, Coroutine, Sequence
from itertools import count
from typing import Any, Protocol, TypeVar

from onboardee.obt.address import Address
from onboardee.obt.engine import ObtEngine
from onboardee.obt.mailbox import Mailbox
from onboardee.obt.side_by_side import Pause, SideBySide
from onboardee.obt.transport import GROUP_PORT, GROUPS_IPV4, GROUPS_IPV6, Transport, Work
from onboardee.wire.path import Outgoing, Path

T = TypeVar("T")

PLAIN_PORT = 49152
"""The port of plain requests, the first of the dynamic ones (RFC 6335 6); sessions get those
above."""


class Network(Protocol):
    """What `onboardee.device.testing.MemoryNetwork` is to us."""

    @property
    def now(self) -> float:
        """The network's clock."""

    def attach(self, node: ObtEngine, host: str, port: int, /) -> None:
        """Give `node` a port."""

    def send(self, outgoing: list[Outgoing], /) -> None:
        """Put datagrams on their way."""

    def run_until(self, condition: Callable[[], bool], /, *, timeout: float) -> bool:
        """Let time pass until `condition` holds, at most `timeout` seconds."""

    def run(self, seconds: float, /) -> None:
        """Let time pass."""


class MemoryTransport(Transport):
    """Its coroutines never suspend: to wait is to let the network's time pass.

    Drive them with `run`, no event loop is needed.
    """

    _takes_turns = False
    """Several pieces of work go on side by side now."""

    def __init__(self, network: Network, engine: ObtEngine, host: str = "10.0.0.1") -> None:
        super().__init__(engine)
        self._network = network
        self._host = host
        self._ports = count(PLAIN_PORT + 1)
        network.attach(engine, host, PLAIN_PORT)

    @property
    def now(self) -> float:
        """The network's time."""
        return self._network.now

    async def sleep(self, seconds: float) -> None:
        """Let the network's time pass."""
        if self._takes_turns:
            await Pause(Mailbox(), self.now + seconds)
        else:
            self._network.run(seconds)

    async def together(self, works: Sequence[Work], *, at_once: int) -> None:
        """Let pieces of work take turns; within one of them, others follow one by one."""
        if self._takes_turns or min(at_once, len(works)) <= 1:
            for work in works:
                await work()
            return
        self._takes_turns = True
        try:
            SideBySide(self._run_until).carry_out(works, at_once=at_once)
        finally:
            self._takes_turns = False

    def _shared_path(self, address: Address) -> Path:
        """Return the way from the port of plain requests."""
        return Path(self._host, PLAIN_PORT, address.host, address.port)

    def _own_path(self, address: Address) -> Path:
        """Return a way from the next port, for a session of its own."""
        port = next(self._ports)
        self._network.attach(self._engine, self._host, port)
        return Path(self._host, port, address.host, address.port)

    def _release(self, path: Path) -> None:
        """Keep the port: what still arrives there belongs to no link any more."""

    def _group_paths(self) -> list[Path]:
        groups = GROUPS_IPV6 if ":" in self._host else GROUPS_IPV4
        return [Path(self._host, PLAIN_PORT, group, GROUP_PORT) for group in groups]

    def _flush(self) -> None:
        self._network.send(self._engine.take_outgoing())

    async def _wait(self, mailbox: Mailbox[Any], deadline: float) -> None:
        """Let time pass until the mailbox has something, or the deadline has come."""
        if self._takes_turns:
            await Pause(mailbox, deadline)
        else:
            self._run_until(lambda: mailbox.is_ready, deadline)

    def _run_until(self, condition: Callable[[], bool], deadline: float) -> None:
        """Let the network's time pass, up to a time of its clock."""
        self._network.run_until(condition, timeout=max(0.0, deadline - self.now))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends, such as any procedure over a `MemoryTransport`."""
    try:
        coroutine.send(None)
    except StopIteration as ending:
        result: T = ending.value
        return result
    coroutine.close()
    raise RuntimeError("the coroutine waits for an event loop")
