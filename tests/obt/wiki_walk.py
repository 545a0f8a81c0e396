"""The walk of `docs/wiki-walk.md`: its commands are run, and their answers written below them.

`python tests/obt/wiki_walk.py` rewrites the page; that needs root and iproute2, for a network of
its own. A comment says what is typed into the next command (`{pin}` is what a server shows), that
the next block is what that server showed, what a server is waited for to say, or that it stops.
"""

import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

DOCUMENT = Path(__file__).parents[2] / "docs" / "wiki-walk.md"
ONBOARDEE = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]
READY: Final = "Entering ocserver main loop..."
PIN: Final = re.compile(r"PIN CODE : (\d+)")
PART: Final = re.compile(
    r"<!-- (?P<comment>.*?) -->|```console\n(?:\$ onboardee (?P<command>.*)\n)?(?P<answer>[^`]*)```"
)


class Server:
    """A sample server in a process of its own; its lines are read as far as one waits for."""

    def __init__(self, arguments: list[str], place: Path) -> None:
        command = [*ONBOARDEE, *arguments, "--state-dir", str(place / arguments[1])]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=place)

    def until(self, wanted: str) -> list[str]:
        """Return the next lines, to the one that has this in it."""
        lines = []
        for line in self._output:
            lines.append(line.rstrip("\n"))
            if wanted in line:
                return lines
        raise AssertionError(f"the server ended without saying {wanted!r}: {lines}")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)
        self._output.close()

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout


class Walk:
    """One walk: what is to be typed next, and which servers run."""

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self._place = place
        self._stack = stack
        self._servers: dict[str, Server] = {}
        self._typed = ""
        self._shown: list[str] | None = None

    def take(self, part: re.Match[str]) -> str:
        """Do what a part of the page says; return the part with its answer."""
        if part["comment"] is not None:
            self._mind(part["comment"])
            return part[0]
        command = part["command"]
        if command is None:
            return self._block(None, self._shown or [])
        arguments = command.split()
        if arguments[0] == "run":
            server = self._servers[arguments[1]] = Server(arguments, self._place)
            self._stack.callback(server.stop)
            return self._block(command, server.until(READY))
        return self._block(command, self._answer(arguments))

    def _mind(self, comment: str) -> None:
        word, _, rest = comment.partition(" ")
        if word == "typed:":
            self._typed = rest.replace(" ", "\n") + "\n"
        elif word == "await":
            name, _, wanted = rest.partition(" ")
            self._servers[name].until(wanted)
        elif word == "stop":
            self._servers[rest].stop()

    def _answer(self, arguments: list[str]) -> list[str]:
        if arguments[0] == "obt":
            arguments[1:1] = ["--store", str(self._place / "obt.db")]
        typed, self._typed = self._typed, ""
        with subprocess.Popen(
            [*ONBOARDEE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._place,
        ) as process:
            if "{pin}" in typed:
                typed = typed.replace("{pin}", self._pin())
            said, _ = process.communicate(typed, timeout=100)
        assert process.returncode == 0, said
        return said.rstrip("\n").splitlines()

    def _pin(self) -> str:
        (server,) = [each for name, each in self._servers.items() if name.endswith("pin")]
        self._shown = server.until("PIN CODE")
        found = PIN.search(self._shown[-1])
        assert found is not None
        self._shown += server.until("====")
        return found[1]

    def _block(self, command: str | None, lines: list[str]) -> str:
        """Write a block; where the walk took place is left out."""
        head = [] if command is None else [f"$ onboardee {command}"]
        plain = [line.replace(f"{self._place}/", "").rstrip() for line in lines]
        return "\n".join(["```console", *head, *plain, "```"])


VOLATILE: Final = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"sampleserver_\w+"), "NAME"),
    (re.compile(r"(coaps?://)(\[[^\]]*\]|[\d.]+):\d+"), r"\1ADDRESS"),
    (re.compile(r"\d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"\b\d{8}\b"), "NUMBER"),
    (re.compile(r"\b\d/\d "), ""),
    (re.compile(r"PIN shown by the device UUID: "), ""),
)
"""What differs from one walk to the next: who answered first, too, and with which address."""


def lasting(page: str) -> list[str]:
    """Return the lines of a page in an order of their own, without what differs."""
    for pattern, word in VOLATILE:
        page = pattern.sub(word, page)
    return sorted(page.splitlines())


def walk() -> str:
    """Walk in this network namespace; return the page with the answers."""
    for line in (
        "link set lo up",
        "link add va type veth peer name vb",
        "link set va up",
        "link set vb up",
        "addr add 10.78.0.1/24 dev va",
    ):
        subprocess.run(["ip", *line.split()], check=True)
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        return PART.sub(Walk(Path(place), stack).take, DOCUMENT.read_text(encoding="utf-8"))


def walked() -> str:
    """Walk in a network of its own; return the page."""
    command = ["unshare", "--net", sys.executable, __file__, "here"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, timeout=300)
    return done.stdout


if __name__ == "__main__":
    if sys.argv[1:] == ["here"]:
        sys.stdout.write(walk())
    else:
        DOCUMENT.write_text(walked(), encoding="utf-8")
