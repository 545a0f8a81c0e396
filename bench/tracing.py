"""What it costs to look on: `python bench/tracing.py [REQUESTS]`.

One device in memory answers the same reads over one DTLS session: as it is, as `onboardee run`
makes it (it may get faults), with a tracer that nobody listens to, and traced. The variants take
turns in short rounds, and the least of each counts, so that what else the machine does matters
little. Counted is the CPU time in the device; sockets and event loop, which every request has to
pay as well, are not in it (`bench/costs.py` has them).
"""

import sys
import time
from collections.abc import Callable
from uuid import UUID

from load import get

from onboardee.device.events import Bus
from onboardee.device.faults.building import Maker
from onboardee.device.faults.terms import parse
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing.local import LocalDevice
from onboardee.device.testing.onboarded import onboarded
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.tracing import Tracer
from onboardee.wire.dtls import CipherSuite, ClientConfig
from onboardee.wire.dtls.client import ClientConnection
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint, Path

CLIENT = UUID("11111111-2222-4333-8444-555555555555")
KEY = bytes(16)
ROUNDS, SIZE = 40, 100
PATH = Path("10.0.0.10", 5684, "10.0.0.1", 40000, secured=True)

AFTERWARDS: list[Callable[[], None]] = []
"""What is to be done once the answer has left."""

Make = Callable[[MemoryKeeper, Surroundings], AnyDevice]


def ignore(_item: object) -> None:
    """Listen to a trace, and make nothing of it."""


def plain(keeper: MemoryKeeper, surroundings: Surroundings) -> AnyDevice:
    """Make a device with nothing around it."""
    return boot(load("light"), keeper, surroundings)


def may_get_faults(keeper: MemoryKeeper, surroundings: Surroundings) -> AnyDevice:
    """Make a device as `onboardee run` does."""
    return Maker(load("light"), keeper, surroundings).device()


def unheard(keeper: MemoryKeeper, surroundings: Surroundings) -> AnyDevice:
    """Make a device with a tracer that nobody listens to."""
    return Tracer(plain(keeper, surroundings), Secrets())


def traced(keeper: MemoryKeeper, surroundings: Surroundings) -> AnyDevice:
    """Make a device whose trace somebody has."""
    maker = Maker(load("light"), keeper, surroundings)
    tracer = Tracer(maker.device(), maker.secrets)
    tracer.follow(ignore)
    return tracer


def traced_later(keeper: MemoryKeeper, surroundings: Surroundings) -> AnyDevice:
    """Make a device as `run --trace` does; what it costs until its answer has left."""
    maker = Maker(load("light"), keeper, surroundings)
    tracer = Tracer(maker.device(), maker.secrets, AFTERWARDS.append)
    tracer.follow(ignore)
    return tracer


def faulty(keeper: MemoryKeeper, surroundings: Surroundings) -> AnyDevice:
    """Make a device with a fault that waits."""
    maker = Maker(load("light"), keeper, surroundings)
    return maker.device([parse("drop at=owned")])


def both(keeper: MemoryKeeper, surroundings: Surroundings) -> AnyDevice:
    """Make a device that has a fault and is traced."""
    maker = Maker(load("light"), keeper, surroundings)
    tracer = Tracer(maker.device([parse("drop at=owned")]), maker.secrets)
    tracer.follow(ignore)
    return tracer


VARIANTS: dict[str, Make] = {
    "as it is": plain,
    "may get faults": may_get_faults,
    "tracer, nobody listens": unheard,
    "traced": traced,
    "traced, until the answer has left": traced_later,
    "with a fault that waits": faulty,
    "with a fault, and traced": both,
}


class Load:
    """A client with a session, and the CPU time that the device takes for it."""

    def __init__(self, make: Make) -> None:
        entropy = SeededEntropy("bench")
        database = new_database(load("light"), entropy)
        keeper = MemoryKeeper(onboarded(database, entropy, clients={CLIENT: KEY}))
        self._device = LocalDevice(make(keeper, Surroundings(entropy=entropy, bus=Bus())))
        self._device.endpoints = (Endpoint("coaps", "10.0.0.10", 5684),)
        self._device.start(0)
        config = ClientConfig(
            suites=(CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,),
            psk_identity=CLIENT.bytes,
            psk=lambda _hint: KEY,
        )
        self._client = ClientConnection(config, "10.0.0.10", entropy=SeededEntropy("client"))
        self._client.start(0)
        self._mid = 0
        while self._client.session is None:
            self._exchange()
        self._exchange()
        self._client.take_events()

    def _exchange(self) -> float:
        spent = 0.0
        for datagram in self._client.take_datagrams():
            began = time.thread_time()
            answers = self._device.receive(datagram, PATH, 0)
            spent += time.thread_time() - began
            while AFTERWARDS:
                AFTERWARDS.pop()()
            for answer in answers:
                self._client.receive(answer.datagram, 0)
        return spent

    def round(self) -> float:
        """Have some requests answered; return the seconds that one took the device."""
        spent = 0.0
        for _ in range(SIZE):
            self._mid = (self._mid + 1) & 0xFFFF
            self._client.send(get("/light/switch", self._mid), 0)
            spent += self._exchange()
            assert len([*self._client.take_events()]) == 1
        return spent / SIZE


def main() -> None:
    """Measure, and print Markdown."""
    rounds = int(sys.argv[1]) // SIZE if len(sys.argv) > 1 else ROUNDS
    loads = {name: Load(make) for name, make in VARIANTS.items()}
    best = dict.fromkeys(VARIANTS, float("inf"))
    for _ in range(rounds):
        for name, load_ in loads.items():
            best[name] = min(best[name], load_.round())
    least = best["as it is"]
    print("| a secured read in memory | device CPU | more |\n|---|---|---|")
    for name, seconds in best.items():
        print(f"| {name} | {seconds * 1e6:.1f} µs | {(seconds / least - 1) * 100:+.0f} % |")


if __name__ == "__main__":
    main()
