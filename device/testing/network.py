"""A network in memory: datagrams take time, get lost, overtake each other, come twice.

Nothing happens between two events, so an hour of protocol time takes milliseconds, and a run with
the same seed is the same run.

It is a discrete-event simulation: the next event is the next arrival or the next deadline of a
node, and the time leaps to it. Nodes are what `Node` says, devices, tools and observers alike, each
with addresses that a test chooses. Groups are those of OCF's multicast.

    network = MemoryNetwork(seed=1, impairments=Impairments(loss=0.2))
    light = memory_device(network, "light")
    network.run(3600)      an hour of the light's life, in milliseconds
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from onboardee.wire.path import Outgoing, Path

GROUPS = frozenset({"224.0.1.187", "ff02::158", "ff03::158", "ff05::158"})
"""OCF's multicast addresses, IPv4 and IPv6 (OCF Core 12.2)."""


class Node(Protocol):
    """Anything that lives on a network: a device, an onboarding tool."""

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Take a datagram, return those to be sent."""

    def tick(self, now: float) -> list[Outgoing]:
        """Do what is due, return the datagrams to be sent."""

    def next_deadline(self) -> float | None:
        """Return when `tick` wants to be called."""


@dataclass(frozen=True, slots=True)
class Impairments:
    """How the network treats datagrams. The first three are probabilities."""

    loss: float = 0.0
    """Of each datagram, and of each copy."""
    duplication: float = 0.0
    """That a second copy is sent."""
    reordering: float = 0.0
    """That a datagram is late by up to twenty latencies, so that others overtake it."""
    latency: float = 0.001
    """Seconds from one node to the other."""


@dataclass(frozen=True, slots=True)
class _NodePort:
    """Where a node receives; `secured` is what `Path` tells it."""

    node: Node
    host: str
    number: int
    secured: bool
    """Whether it is the port of DTLS."""


@dataclass(order=True, slots=True)
class _Delivery:
    """A datagram on its way; those of one moment arrive in the order in which they were sent."""

    at: float
    """When it arrives."""
    serial: int
    """Of two that arrive at one moment the first sent is first."""
    port: _NodePort = field(compare=False)
    datagram: bytes = field(compare=False)
    path: Path = field(compare=False)
    """As the receiver sees it."""


class MemoryNetwork:
    """Nodes, the datagrams between them, and the time."""

    def __init__(
        self,
        *,
        seed: int = 0,
        impairments: Impairments | None = None,
        now: float = 0.0,
        is_routed: bool = False,
    ) -> None:
        """Make a network of one link, or of as many as it has nodes, with routers in between."""
        self.now = now
        """Seconds from the network's beginning."""
        self._is_routed = is_routed
        self.impairments = impairments or Impairments()
        self.log: list[tuple[float, Path, bytes]] = []
        """What was sent, lost or not: (time, the sender's path, datagram)."""
        self._ports: dict[tuple[str, int], _NodePort] = {}
        self._members: dict[str, list[_NodePort]] = {}
        self._nodes: list[Node] = []
        self._flying: list[_Delivery] = []
        self._serial = count()
        self._random = random.Random(seed)  # noqa: S311 - repeatability is the point

    def attach(
        self,
        node: Node,
        host: str,
        port: int,
        *,
        secured: bool = False,
        groups: frozenset[str] = frozenset(),
    ) -> None:
        """Give `node` a port, and let what is sent to `groups` reach it there.

        `host` and `port` are where others reach it; `secured` marks the port of DTLS; `groups` are
        multicast addresses. A node may have several ports, and is ticked once.
        """
        bound = _NodePort(node, host, port, secured)
        self._ports[host, port] = bound
        for group in groups:
            self._members.setdefault(group, []).append(bound)
        if node not in self._nodes:
            self._nodes.append(node)

    def detach(self, node: Node) -> None:
        """Take a node off the network, with its ports; it is ticked no more."""
        self._nodes.remove(node)
        self._ports = {at: port for at, port in self._ports.items() if port.node is not node}
        for group, members in self._members.items():
            self._members[group] = [each for each in members if each.node is not node]

    def close(self, host: str, port: int) -> None:
        """Let nobody hear what is sent to a port, be it open or not."""
        self._ports.pop((host, port), None)

    def send(self, outgoing: list[Outgoing]) -> None:
        """Put datagrams on their way."""
        for item in outgoing:
            self.log.append((self.now, item.path, item.datagram))
            for port in self._receivers(item.path):
                self._launch(port, item)

    def run_until(self, condition: Callable[[], bool], *, timeout: float = 600.0) -> bool:
        """Let time pass until `condition` holds; tell whether it did within `timeout` seconds.

        The condition is asked after each event. Nothing that is due later than the end happens.
        """
        end = self.now + timeout
        while not condition():
            if not self._step(end):
                return condition()
        return True

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self._step(end):
            pass

    def _step(self, end: float) -> bool:
        """Go to the next event; False if there is none before `end`, and then it is `end`."""
        due = [deadline for node in self._nodes if (deadline := node.next_deadline()) is not None]
        if self._flying:
            due.append(self._flying[0].at)
        at = min(due, default=None)
        if at is None or at > end:
            self.now = max(self.now, end)
            return False
        self.now = max(self.now, at)
        if self._flying and self._flying[0].at <= self.now:
            delivery = heapq.heappop(self._flying)
            node = delivery.port.node
            self.send(node.receive(delivery.datagram, delivery.path, self.now))
            return True
        for node in self._nodes:
            deadline = node.next_deadline()
            if deadline is not None and deadline <= self.now:
                self.send(node.tick(self.now))
        return True

    def _receivers(self, path: Path) -> list[_NodePort]:
        """Return the ports that a destination reaches: one, or the members of a group."""
        if path.peer_host in GROUPS:
            return self._members.get(path.peer_host, [])
        port = self._ports.get((path.peer_host, path.peer_port))
        return [] if port is None else [port]

    def _launch(self, port: _NodePort, item: Outgoing) -> None:
        """Put copies on their way, each with its own loss and delay."""
        impairments = self.impairments
        # The order of draws is fixed: a change here changes every seeded run.
        copies = 1 + (self._random.random() < impairments.duplication)
        for _ in range(copies):
            if self._random.random() < impairments.loss:
                continue
            delay = impairments.latency
            if self._random.random() < impairments.reordering:
                delay += self._random.uniform(0, 20 * impairments.latency)
            path = Path(
                local_host=port.host,
                local_port=port.number,
                peer_host=item.path.local_host,
                peer_port=item.path.local_port,
                secured=port.secured,
                multicast=item.path.peer_host in GROUPS,
                on_link=not self._is_routed,
            )
            heapq.heappush(
                self._flying,
                _Delivery(self.now + delay, next(self._serial), port, item.datagram, path),
            )
