"""What a commit costs: `python bench/commits.py [DIRECTORY]`.

Each is a change of an owned device with 20 access control entries and 5 credentials, made durable
on the file system of DIRECTORY; with 1, 10 and 100 stores in the process, which take turns. Then
all of these stores have a change at the same time: one is committed after the other, or all in the
threads that a process has for them, so that the disk serves several with one flush.
"""

import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.net.hub import WRITERS
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.svrdb import (
    CBOR,
    JSON,
    Ace,
    AceResource,
    Acl2,
    Codec,
    Cred,
    Credential,
    CredentialType,
    Database,
    PrivateData,
    Sdi,
    Store,
    Subject,
    open_directory,
)
from onboardee.wire.entropy import SeededEntropy

COMMITS = 1000
ROUNDS = 50


def database() -> Database:
    """Make a device that was provisioned with a few things."""
    made = new_database(load("light"), SeededEntropy(1))
    peers = [UUID(int=number) for number in range(1, 21)]
    entries = tuple(
        Ace(
            aceid=number,
            subject=Subject(uuid=str(peer)),
            resources=(AceResource(href="/light/switch"), AceResource(href="/light/dimming")),
            permission=6,
        )
        for number, peer in enumerate(peers, 1)
    )
    credentials = tuple(
        Credential(
            credid=number,
            kind=CredentialType.SYMMETRIC_PAIRWISE,
            subject=str(peer),
            private=PrivateData(data=bytes(16)),
        )
        for number, peer in enumerate(peers[:5], 1)
    )
    return replace(made, acl2=Acl2(entries=entries), cred=Cred(credentials=credentials))


@contextmanager
def stores(directory: Path, count: int, codec: Codec) -> Iterator[list[Store]]:
    """Open so many stores."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(open_directory(directory / f"{number}", database, codec=codec))
            for number in range(count)
        ]


def measure(directory: Path, count: int, codec: Codec) -> list[float]:
    """Return the sorted times of commits, in seconds."""
    times = []
    with stores(directory, count, codec) as opened:
        for number, store in zip(range(COMMITS + count), cycle(opened), strict=False):
            changed = replace(store.current, sdi=Sdi(name=f"change {number}"))
            began = time.perf_counter()
            store.commit(changed)
            times.append(time.perf_counter() - began)
    return sorted(times[count:])


def measure_together(directory: Path, count: int) -> tuple[list[float], list[float]]:
    """Return the sorted times in which all stores commit: in turns, and side by side."""
    turns, together = [], []
    with stores(directory, count, JSON) as opened, ThreadPoolExecutor(WRITERS) as pool:
        for number in range(ROUNDS):
            changes = [replace(each.current, sdi=Sdi(name=f"turn {number}")) for each in opened]
            began = time.perf_counter()
            for store, changed in zip(opened, changes, strict=True):
                store.commit(changed)
            turns.append(time.perf_counter() - began)
            changes = [replace(each.current, sdi=Sdi(name=f"at once {number}")) for each in opened]
            began = time.perf_counter()
            deque(pool.map(Store.commit, opened, changes), maxlen=0)
            together.append(time.perf_counter() - began)
    return sorted(turns), sorted(together)


def main() -> None:
    """Measure, and print Markdown."""
    place = sys.argv[1] if len(sys.argv) > 1 else None
    print("| stores | format | median | 90 % | 99 % |\n|---|---|---|---|---|")
    for codec in (JSON, CBOR):
        for count in (1, 10, 100):
            with tempfile.TemporaryDirectory(dir=place) as directory:
                times = measure(Path(directory), count, codec)
            cuts = statistics.quantiles(times, n=100, method="inclusive")
            marks = [f"{cuts[mark - 1] * 1000:.2f} ms" for mark in (50, 90, 99)]
            print(f"| {count} | {codec.name} | {' | '.join(marks)} |", flush=True)
    print("\n| stores at once | in turns, median | side by side, median |\n|---|---|---|")
    for count in (1, 10, 100):
        with tempfile.TemporaryDirectory(dir=place) as directory:
            both = measure_together(Path(directory), count)
        medians = [f"{statistics.median(times) * 1000:.2f} ms" for times in both]
        print(f"| {count} | {' | '.join(medians)} |", flush=True)


if __name__ == "__main__":
    main()
