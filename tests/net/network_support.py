"""A network of its own for a scenario, where the machine allows to make one (root, iproute2)."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

UNSHARE = ["unshare", "--net"]


def can_make_a_network() -> bool:
    """Tell whether we may make a network namespace with interfaces in it."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return False
    probe = [*UNSHARE, "ip", "link", "add", "probe", "type", "veth", "peer", "name", "peer"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


needs_a_network = pytest.mark.skipif(
    not can_make_a_network(), reason="needs root and iproute2 to make a network namespace"
)


def seen_in(scenario: Path, timeout: float = 60) -> Any:
    """Run a scenario in a network of its own, for so many seconds at most; return what it saw.

    It prints that as JSON.
    """
    finished = subprocess.run(
        [*UNSHARE, sys.executable, str(scenario)],
        capture_output=True,
        check=False,
        timeout=timeout,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)
