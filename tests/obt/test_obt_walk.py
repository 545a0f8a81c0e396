"""The walk of IoTivity's provisioning guide, number by number, on a network of its own."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCENARIO = Path(__file__).with_name("walk_scenario.py")
UNSHARE = ["unshare", "--net"]
UUID = r"[0-9a-f]{8}-[0-9a-f-]{27}"


def can_make_a_network() -> bool:
    """Tell whether we may make a network namespace with interfaces in it."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return False
    probe = [*UNSHARE, "ip", "link", "add", "probe", "type", "veth", "peer", "name", "peer"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(
    not can_make_a_network(), reason="needs root and iproute2 to make a network namespace"
)
def test_the_walk() -> None:
    """Discovered, owned, linked, permitted, looked at, unlinked, removed: 11 to 50."""
    finished = subprocess.run(
        [*UNSHARE, sys.executable, str(SCENARIO)],
        capture_output=True,
        check=False,
        timeout=200,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    said = json.loads(finished.stdout)
    assert (
        len(re.findall(rf"{UUID}  coap://\S+  unowned  Light( \d)?  oic.d.light", said["11"])) == 3
    )
    owned = re.findall(rf"({UUID} Light(?: \d)?) is ours", said["20"])
    assert len(owned) == 3
    uuids = [each.split()[0] for each in owned]
    for number in ("10", "12"):
        assert sorted(re.findall(rf"({UUID})  coap://\S+  ours", said[number])) == sorted(uuids)
    one, two, three = owned
    assert f"{one} and {two} are linked" in said["30"]
    assert f"{two} and {three} are linked" in said["30"]
    assert f"{one} has the rule" in said["30"]
    # older click prints the prompt in front of the first of them
    last = [line.strip() for line in said["30"].rstrip().splitlines()[-2:]]
    assert set(last) == {one, three}
    credentials, _, rest = said["40"].partition(f"{one} and {two} are not linked")
    assert uuids[0] in credentials
    assert uuids[2] in credentials
    assert "RUN" in credentials
    assert f"{one} is linked with nobody" in rest
    assert f"{three} is removed" in rest
    assert rest.rstrip().endswith(f"{two} is linked with nobody")
