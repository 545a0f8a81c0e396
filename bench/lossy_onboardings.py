"""Own many devices over a bad network in memory, and tell how long it took in network time.

Usage: python bench/lossy_onboardings.py [COUNT] [FIRST_SEED] [jw|rdp|mfgcert]
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from statistics import quantiles
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.events import Bus, Event, PinShown
from onboardee.device.simulation import profile
from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.testing import Impairments, MemoryNetwork, memory_device
from onboardee.obt import (
    ORDERS,
    MemoryTransport,
    ObtEngine,
    ObtError,
    TransferMethod,
    TrustAnchors,
    find_unowned,
    run,
    take_ownership,
)
from onboardee.pki import issuing
from onboardee.wire.entropy import SeededEntropy

WEATHER = Impairments(loss=0.2, duplication=0.1, reordering=0.3)
OWNER = UUID("11111111-2222-4333-8444-555555555555")
DISCOVERY_ROUNDS = 30


ROOT = issuing.root()
LEAF = ROOT.issue(issuing.manufacturer())
ANCHORS = TrustAnchors.of(ROOT.pem)


class Bystander:
    """Reads the PIN at the device."""

    def __init__(self) -> None:
        self.shown = ""

    def look(self, event: Event) -> None:
        """Remember the PIN that is shown last."""
        if isinstance(event, PinShown):
            self.shown = event.pin

    async def tell(self) -> str:
        """Say what is shown."""
        return self.shown


def light_with(method: profile.OwnerTransferMethod) -> profile.Profile:
    """Return a light that is owned by one method."""
    light = profile.load("light")
    manufacturer = Manufacturer(chain=LEAF.pem, key=LEAF.key_pem)
    ownership = replace(light.ownership, methods=(method,), manufacturer=manufacturer)
    return replace(light, ownership=ownership)


def onboard(seed: int, name: str) -> float | str:
    """Find and own one device, the order going by the seed; return the seconds it took."""
    network = MemoryNetwork(seed=seed, impairments=WEATHER)
    method, bystander, bus = profile.OwnerTransferMethod(name), Bystander(), Bus()
    bus.subscribe(bystander.look)
    memory_device(network, light_with(method), seed=seed, bus=bus)
    transport = MemoryTransport(network, ObtEngine(entropy=SeededEntropy(f"tool {seed}")))
    order = list(ORDERS.values())[seed % len(ORDERS)]
    try:
        found = run(find_unowned(transport, rounds=DISCOVERY_ROUNDS, enough=1))
        if not found:
            return f"seed {seed}: nothing found"
        started = network.now
        taking = take_ownership(
            transport,
            found[0],
            OWNER,
            order=order,
            method=TransferMethod(int(method.number)),
            pin=bystander.tell,
            anchors=ANCHORS,
        )
        run(taking)
    except ObtError as error:
        return f"seed {seed}, {order.name}, at {network.now:.1f} s: {error}"
    return network.now - started


def main() -> int:
    """Run all seeds and print the sum; the exit code tells whether all were owned."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    method = sys.argv[3] if len(sys.argv) > 3 else "jw"
    started = time.perf_counter()
    with ProcessPoolExecutor() as pool:
        results = list(
            pool.map(partial(onboard, name=method), range(first, first + count), chunksize=10)
        )
    times = sorted(result for result in results if isinstance(result, float))
    for problem in (result for result in results if isinstance(result, str)):
        print(problem)
    print(f"{len(times)} of {count} completed in {time.perf_counter() - started:.0f} s")
    if len(times) > 1:
        cuts = quantiles(times, n=100, method="inclusive")
        marks = ", ".join(f"p{mark} {cuts[mark - 1]:.1f}" for mark in (50, 90, 99))
        print(f"network time of a transfer in seconds: {marks}, longest {times[-1]:.1f}")
    return 0 if len(times) == count else 1


if __name__ == "__main__":
    sys.exit(main())
