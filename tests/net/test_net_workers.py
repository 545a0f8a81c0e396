"""Workers whose devices have an address each, in a network of its own, where one can be made."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from test_net_multicast import UNSHARE, can_make_a_network

SCENARIO = Path(__file__).with_name("workers_scenario.py")


@pytest.mark.skipif(
    not can_make_a_network(), reason="needs root and iproute2 to make a network namespace"
)
def test_workers_share_the_addresses_of_a_prefix() -> None:
    """Each device answers at its own address, and once to a search, whichever worker has it."""
    done = subprocess.run(
        [*UNSHARE, sys.executable, str(SCENARIO)],
        capture_output=True,
        check=False,
        timeout=60,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    addresses = [f"fd00:db8::{number}" for number in range(1, 7)]
    assert json.loads(done.stdout) == {"asked": addresses, "searched": addresses}
