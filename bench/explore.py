"""Look for new failures: the tests that take examples, with new random ones, round after round.

`./try explore [MINUTES]`. A round that fails ends it; how a failure is kept for ever, and how a
round is repeated, is in CONTRIBUTING.md.
"""

import argparse
import os
import secrets
import subprocess
import sys
import time


def main() -> None:
    """Explore until the time is up or a test fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=60)
    parser.add_argument("--seed", type=int, help="repeat the one round that had this seed")
    asked = parser.parse_args()
    end = time.monotonic() + 60 * asked.minutes
    while True:
        seed = secrets.randbelow(2**32) if asked.seed is None else asked.seed
        print(f"explore: a round with seed {seed}", flush=True)
        if failed := play_round(seed):
            print(f"explore: repeat it with `./try explore --seed {seed}`; keep what failed")
            sys.exit(failed)
        if asked.seed is not None or time.monotonic() > end:
            break


def play_round(seed: int) -> int:
    """Run the tests once; return how pytest ended."""
    pytest = [sys.executable, "-m", "pytest", "--quiet", "-m", "hypothesis"]
    environment = os.environ | {"HYPOTHESIS_PROFILE": "explore"}
    return subprocess.run(
        [*pytest, f"--hypothesis-seed={seed}"], env=environment, check=False
    ).returncode


if __name__ == "__main__":
    main()
