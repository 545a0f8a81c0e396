"""Records random lives of devices and lets them happen again: `python bench/replays.py [NUMBER]`.

Each is owned in some order over a network that loses, doubles and reorders datagrams, with a disk
that fails now and then and a clock that jumps; all of it comes of a number. Prints those that did
not come out octet by octet, and exits with 1 if there are any.
"""

import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from onboardee.device.recording.replay import Replay

sys.path.append(str(Path(__file__).parents[1] / "tests" / "recording"))

from recording_scene import recorded_life

LIVES = 1000


def main() -> None:
    """Record and replay."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LIVES
    began, steps, bad = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "life.rec"
        for seed in range(count):
            file = BytesIO()
            recorded_life(seed, file.write)
            path.write_bytes(file.getvalue())
            replay = Replay.of(path).run()
            steps += replay.done
            for difference in replay.differences[:1]:
                bad += 1
                print(f"life {seed}: {difference}", flush=True)
    seconds = time.monotonic() - began
    print(f"{count} lives, {steps} steps, {bad} not as recorded, {seconds:.0f} s")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
