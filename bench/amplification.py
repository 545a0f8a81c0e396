"""What a device sends in the names of others, and what an honest client gets from it.

Forged requests of each kind arrive without pause for a simulated time (tests/e2e/forging.py). The
honest client reads all resources ten times in parallel. Run: `python bench/amplification.py`
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "e2e"))

from forging import KINDS, attack

from onboardee.device.testing import MemoryNetwork, PlainClient, memory_device
from onboardee.wire.coap import Code


def read_all(profile: str, *, is_routed: bool) -> str:
    """Let an honest client read everything of a device; return how that went."""
    network = MemoryNetwork(is_routed=is_routed)
    device = memory_device(network, profile, open_to_all=True)
    honest = PlainClient(network)
    hrefs = ["/oic/res", "/oic/d", "/oic/p", *device.appliances] * 10
    honest.read(hrefs)
    network.run_until(lambda: len(honest.heard) == len(hrefs), timeout=120)
    served = [each for each in honest.heard if each.code == Code.CONTENT]
    octets = sum(len(each.payload) for each in served)
    return (
        f"{len(served)} answers, {'all' if len(served) == len(hrefs) else 'not all'}, "
        f"{octets / 1024:.0f} KiB, after {served[-1].at:.2f} s, {honest.pings} pings."
    )


def main(show: Callable[[str], None] = print) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="of the attack, simulated")
    parser.add_argument("--rate", type=int, default=500, help="forged requests a second")
    parser.add_argument("--profile", default="refrigerator", help="which the honest client reads")
    arguments = parser.parse_args()
    show("| forged sources | pings | factor | KiB in the first second | KiB/s in the last third |")
    show("| --- | --- | --- | --- | --- |")
    for on_link in (False, True):
        for kind in KINDS:
            for answers_pings in (False, True):
                device = memory_device(MemoryNetwork(), "light")
                got = attack(
                    [device],
                    kind,
                    "/oic/res",
                    on_link=on_link,
                    answers_pings=answers_pings,
                    seconds=arguments.seconds,
                    rate=arguments.rate,
                )
                place = "on the link" if on_link else "elsewhere"
                pings = "answered" if answers_pings else "not answered"
                later = got.last / (arguments.seconds / 3) / 1024
                show(
                    f"| {kind} {place} | {pings} | {got.sent / got.asked:.2f} | "
                    f"{got.first / 1024:.0f} | {later:.0f} |"
                )
    show("")
    for is_routed in (True, False):
        place = "elsewhere" if is_routed else "on the link"
        show(f"An honest client {place}: {read_all(arguments.profile, is_routed=is_routed)}")


if __name__ == "__main__":
    main()
