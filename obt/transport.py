"""What procedures need of the world: links, answers, time. The drivers fill in how.

A procedure is a coroutine that awaits only what is here, so it runs on asyncio with sockets and on
a network in memory with a clock of its own. Times are absolute, of the driver's clock, and every
wait has one: nothing in this package waits for ever.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

from onboardee.obt.address import Address
from onboardee.obt.engine import Answer, ObtEngine
from onboardee.obt.errors import NoAnswerError
from onboardee.obt.link import Ask, Link
from onboardee.obt.mailbox import Mailbox
from onboardee.wire.coap import ClientResponse
from onboardee.wire.dtls import ClientConfig, Session
from onboardee.wire.entropy import Entropy
from onboardee.wire.path import Path

T = TypeVar("T")
Work = Callable[[], Awaitable[None]]

GROUP_PORT = 5683
GROUPS_IPV4 = ("224.0.1.187",)
GROUPS_IPV6 = ("ff02::158",)
"""OCF's groups on the local link (OCF Core 12.2.9)."""


class Transport(ABC):
    """An engine and a driver for it. Times are seconds of the driver's monotonic clock.

    Waiting methods take the time at which waiting is over, and then raise `NoAnswerError`; a link
    or peer that gives up earlier raises `LinkError`.
    """

    def __init__(self, engine: ObtEngine) -> None:
        self._engine = engine

    @property
    def entropy(self) -> Entropy:
        """Where random octets come from."""
        return self._engine.entropy

    @property
    @abstractmethod
    def now(self) -> float:
        """The time."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def open_plain(self, address: Address) -> Link:
        """Return the link for plain requests to `address`."""
        return self._engine.open(self._shared_path(address), is_secured=False)

    def open_secured(self, address: Address) -> Link:
        """Return a new link for a session with `address`, from a local port of its own."""
        return self._engine.open(self._own_path(address), is_secured=True)

    async def handshake(self, link: Link, config: ClientConfig, *, deadline: float) -> Session:
        """Open a session on a secured link; another attempt may follow on the same link."""
        return await self.receive(self.begin(link, config), deadline=deadline)

    def begin(
        self, link: Link, config: ClientConfig, signs: Mailbox[Link] | None = None
    ) -> Mailbox[Session]:
        """Begin a handshake; `signs` gets the link at the first sign of life, or of failure."""
        mailbox = self._engine.start_handshake(link, config, self.now, signs=signs)
        self._flush()
        return mailbox

    async def request(self, link: Link, ask: Ask, *, deadline: float) -> ClientResponse:
        """Send a request and return its response, whatever its code."""
        return await self.receive(self.observe(link, ask), deadline=deadline)

    def observe(self, link: Link, ask: Ask) -> Mailbox[ClientResponse]:
        """Send a request whose responses the mailbox gets: one, or many if it observes."""
        mailbox = self._engine.request(link, ask, self.now)
        self._flush()
        return mailbox

    def stop_observing(self, link: Link, mailbox: Mailbox[ClientResponse]) -> None:
        """Cancel an observation."""
        self._engine.stop_observing(link, mailbox, self.now)
        self._flush()

    async def discover(self, ask: Ask, *, seconds: float) -> AsyncGenerator[Answer, None]:
        """Ask OCF's groups, and yield the answers of so many seconds as they come.

        Ending the iteration early ends the search: later answers are dropped. Devices wait up to
        two seconds before they answer (RFC 7252 8.2).
        """
        discovery = self._engine.start_discovery(self._group_paths(), ask)
        self._flush()
        deadline = self.now + seconds
        try:
            while True:
                yield await self.receive(discovery.answers, deadline=deadline)
        except NoAnswerError:
            return
        finally:
            self._engine.end_discovery(discovery)

    async def receive(self, mailbox: Mailbox[T], *, deadline: float) -> T:
        """Wait for the next thing that `mailbox` gets."""
        if not mailbox.is_ready:
            await self._wait(mailbox, deadline)
        if not mailbox.is_ready:
            raise NoAnswerError("no answer in time")
        return mailbox.take()

    @abstractmethod
    async def together(self, works: Sequence[Work], *, at_once: int) -> None:
        """Carry out pieces of work side by side, so many at once.

        What one of them raises is raised here, after the others were given up where they wait.

        Works are begun in their order; the next one begins when one of those under way has ended.
        """

    def close(self, link: Link) -> None:
        """End a link; the device is told if there is a session. A second time does nothing."""
        if link.is_closed:
            return  # its port may be another link's by now
        self._engine.close(link, self.now)
        self._flush()
        if link.is_secured:
            self._release(link.path)

    @abstractmethod
    def _shared_path(self, address: Address) -> Path:
        """Return the path to `address` from the port of all plain requests."""

    @abstractmethod
    def _own_path(self, address: Address) -> Path:
        """Return a path to `address` from a port that is used for nothing else."""

    @abstractmethod
    def _release(self, path: Path) -> None:
        """Give back the port of `_own_path`."""

    @abstractmethod
    def _group_paths(self) -> list[Path]:
        """Return the paths to OCF's groups, from the port of all plain requests."""

    @abstractmethod
    def _flush(self) -> None:
        """Send what the engine has to send."""

    @abstractmethod
    async def _wait(self, mailbox: Mailbox[Any], deadline: float) -> None:
        """Return when `mailbox` is ready, at the latest at `deadline`."""
