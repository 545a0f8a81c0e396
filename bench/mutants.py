"""Plant faults at random in parts of the source, and count those that no test notices.

`python bench/mutants.py FOLDER… [--number N] [--seed S]`; CONTRIBUTING.md says how it is used. It
works in a copy of the working tree. Each fault is tried with the tests that run its line; one that
passes, in a process of its own with the tests that start processes, and with mypy --strict. A
person judges what is left: a fault that changes nothing that a peer, a user or a tool could see
belongs in `mutants_equivalent.yaml`, with the reason. All others want a test.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml
from mutants_planting import Mutant, Source
from mutants_suite import HERE, ROOT, Suite

ROOMS = ["device/security", "device/access", "device/machine", "svrdb", "wire/coap", "wire/dtls"]
EQUIVALENT = HERE / "mutants_equivalent.yaml"


def main() -> None:
    """Plant, try, and print the figure."""
    asked = arguments()
    began = time.monotonic()
    mutants = sample(asked.where, asked.number, asked.seed)
    if asked.only:
        mutants = {name: each for name, each in mutants.items() if name in asked.only}
    with tempfile.TemporaryDirectory() as temporary:
        work = (asked.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        suite = Suite(work)
        suite.prepare()
        equivalent = set() if asked.all else judged_equivalent()
        outcomes = dict(judge(suite, mutants, equivalent, quick=asked.quick))
    for name, mutant in mutants.items():
        if outcomes[name] in {"survived", "untried"}:
            print(f"\n{name} {outcomes[name]}: {mutant.path}:{mutant.line} {mutant.function}")
            print("- " + mutant.was.replace("\n", "\n- "))
            print("+ " + mutant.now.replace("\n", "\n+ "))
    print(f"\n{' '.join(asked.where)}: {figure(outcomes)}; seed {asked.seed},", end=" ")
    print(f"{time.strftime('%Y-%m-%d')}, {time.monotonic() - began:.0f} s")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("where", nargs="*", default=ROOMS, help="folders or files of the source")
    parser.add_argument("--number", type=int, default=100, help="how many faults")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of these, try some only")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    parser.add_argument("--all", action="store_true", help="try those judged equivalent, too")
    parser.add_argument(
        "--work", type=Path, help="keep the copy and what was recorded of its tests here"
    )
    return parser.parse_args()


def sample(where: list[str], number: int, seed: int) -> dict[str, Mutant]:
    """Choose faults at random; the same seed chooses the same ones in the same source."""
    paths = sorted(path for name in where for path in files(ROOT / name))
    sources = [Source(ROOT, path) for path in paths]
    every = [(source, number) for source in sources for number in range(len(source))]
    random.Random(seed).shuffle(every)
    chosen: dict[str, Mutant] = {}
    seen = set()
    for source, index in every:
        mutant = source.plant(index)
        if mutant is not None and mutant.identity not in seen:
            seen.add(mutant.identity)
            chosen[str(len(chosen) + 1)] = mutant
        if len(chosen) == number:
            break
    return chosen


def files(path: Path) -> Iterator[Path]:
    """Yield the source files of a folder, or the file."""
    return iter([path]) if path.is_file() else path.rglob("*.py")


def judged_equivalent() -> set[tuple[str, str, str, str]]:
    """Read which faults a person found to change nothing."""
    entries = yaml.safe_load(EQUIVALENT.read_text()) or []
    return {(e["file"], e["function"], e["was"], e["now"]) for e in entries}


def judge(
    suite: Suite,
    mutants: dict[str, Mutant],
    equivalent: set[tuple[str, str, str, str]],
    *,
    quick: bool,
) -> Iterator[tuple[str, str]]:
    """Say of each fault what became of it."""
    open_ = {}
    for name, mutant in mutants.items():
        if mutant.identity in equivalent:
            yield name, "equivalent"
        else:
            open_[name] = mutant
    outcomes = suite.try_all(open_)
    slow = suite.starting_processes()
    for name, mutant in open_.items():
        outcome = outcomes.get(name, "untried")
        if outcome != "killed" and not quick:
            # one that changes what runs at import cannot be tried by forking
            tests = slow if outcome == "survived" else suite.covering(mutant)
            outcome = closer(suite, mutant, list(dict.fromkeys([*tests, *slow])))
            print(f"{name:>6} {mutant.path} {mutant.function} {outcome}", flush=True)
        yield name, outcome


def closer(suite: Suite, mutant: Mutant, tests: list[str]) -> str:
    """Try what takes longer."""
    if suite.refuses(mutant):
        return "refused by mypy"
    return "killed" if suite.fails_with(mutant, tests) else "survived"


def figure(outcomes: dict[str, str]) -> str:
    """Put it in a sentence."""
    count = Counter(outcomes.values())
    real = len(outcomes) - count["equivalent"] - count["refused by mypy"]
    return (
        f"{len(outcomes)} planted, {count['refused by mypy']} refused by mypy,"
        f" {count['equivalent']} equivalent; of {real} real ones {count['killed']} killed,"
        f" {count['survived']} survived ({100 * count['survived'] / max(real, 1):.1f} %)"
        + (f", {count['untried']} not tried" if count["untried"] else "")
    )


if __name__ == "__main__":
    main()
