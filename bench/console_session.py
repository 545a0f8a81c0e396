"""Record a session at the console of `onboardee run`: a real one, of a program that runs.

Run it as `python bench/console_session.py [docs/pictures [/home/me]]`, with pyte (`pip install
pyte`), which is the terminal. It writes `console.cast` (for `asciinema play`) and `console.txt`,
what the screen shows while a tool waits for the PIN of a smart lock; the README has that, too.
"""

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte

ONBOARDEE = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]
DEVICES = ("light", "smart-lock", "door", "washer")
COLUMNS, LINES = 80, 28
DOWN = b"\x1b[B"


class Session:
    """A program at a terminal, and what it wrote when."""

    def __init__(self, words: list[str], directory: Path) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self.screen)
        self._began = time.monotonic()
        self.written: list[tuple[float, str]] = []
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.environ["TERM"] = "xterm-256color"
            os.chdir(directory)
            os.execv(sys.executable, [*ONBOARDEE, *words])
        size = struct.pack("HHHH", LINES, COLUMNS, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    def wait(self, seconds: float) -> None:
        """Take what is written meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._terminal], [], [], left)[0]:
                continue
            try:
                octets = os.read(self._terminal, 65536)
            except OSError:
                return  # it has ended
            self._stream.feed(octets)
            at = round(time.monotonic() - self._began, 3)
            self.written.append((at, octets.decode(errors="replace")))

    def wait_for(self, text: str) -> None:
        """Wait until the screen shows a text."""
        for _ in range(300):
            if text in "\n".join(self.screen.display):
                return
            self.wait(0.1)
        raise SystemExit(f"the console does not show {text!r}")

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._terminal, keys)
        self.wait(0.8)

    def text(self) -> str:
        """Return what the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip() + "\n"

    def cast(self) -> str:
        """Return all of it as asciinema has it."""
        head = {"version": 2, "width": COLUMNS, "height": LINES, "title": "onboardee run"}
        lines = [json.dumps(head), *(json.dumps([at, "o", text]) for at, text in self.written)]
        return "\n".join(lines) + "\n"


def ctl(state: Path, *words: str) -> str:
    """Ask a device."""
    command = [*ONBOARDEE, "ctl", "--state-dir", str(state), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def own(state: Path, directory: Path, device: str) -> subprocess.Popen[str]:
    """Begin to own a device by its PIN."""
    told = json.loads(ctl(state, "--device", device, "state", "--json"))
    place = next(each for each in told["endpoints"] if each.startswith("coap://"))
    command = [*ONBOARDEE, "obt", "own", place, "--method", "rdp"]
    environment = {**os.environ, "XDG_STATE_HOME": str(directory / "tool")}
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )


def main() -> None:
    """Play the session and write it down."""
    there = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    # the log tells where devices keep their state, and in a picture that is to be a fitting place
    place = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(prefix="devices-", dir=place) as name:
        directory = Path(name)
        state = directory / "house"
        words = ["run", *DEVICES, "--host", "127.0.0.1", "--otm", "jw,rdp", "--seed", "console"]
        session = Session([*words, "--state-dir", state.name], directory)
        session.wait_for("washer")
        session.wait(1.5)
        session.press(DOWN + DOWN + DOWN)
        session.press(b"i")
        session.press(b"1")
        tool = own(state, directory, "smart-lock")
        session.wait_for("PIN of")
        session.wait(1.5)
        (there / "console.txt").write_text(session.text())
        assert tool.stdin is not None
        tool.stdin.write(ctl(state, "--device", "smart-lock", "pin"))
        tool.stdin.close()
        session.wait_for("RFNOP")
        tool.wait(30)
        session.wait(1)
        session.press(DOWN)
        session.press(b"f")
        session.press(b"1")
        session.wait(1)
        session.press(b"q")
        session.wait(3)
        (there / "console.cast").write_text(session.cast())


if __name__ == "__main__":
    main()
