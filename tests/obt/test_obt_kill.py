"""`kill -9` of the real tool in the middle of an operation with real sockets and a real disk."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from obt_home import Home

COMMAND = [sys.executable, "-c", "from onboardee.device.cli import main; main()", "obt"]


def killed(store: Path, after: int, *arguments: str) -> bool:
    """Run the tool and kill it after so many messages; tell whether it came so far."""
    with subprocess.Popen(
        [*COMMAND, "--store", str(store), "-v", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        messages = 0
        for line in process.stderr:
            messages += " -> " in line
            if messages == after:
                process.send_signal(signal.SIGKILL)
                break
        process.stderr.read()
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("after", [6, 13])
def test_killed(home: Home, after: int) -> None:
    """Devices and database agree after `resume`, whatever the tool was doing."""
    assert killed(home.store, after, "link", "kitchen", "hall")
    home.obt("resume")
    assert home.json("db", "check", "--devices") == []
    if not home.json("linked", "kitchen")["linked_with"]:
        home.obt("link", "kitchen", "hall")
    assert killed(home.store, after, "unlink", "kitchen", "hall")
    home.obt("resume")
    assert home.json("db", "check", "--devices") == []
    assert home.json("linked", "kitchen")["credentials"] == []
    home.obt("link", "kitchen", "hall")
    assert killed(home.store, min(after, 8), "remove", "kitchen")
    home.obt("resume")
    assert home.json("db", "check", "--devices") == []
    assert [each["name"] for each in home.json("ls")] == ["hall"]
