"""The walk of IoTivity's provisioning guide, number by number, on a network of its own."""

import re
from pathlib import Path

from network_support import needs_a_network, seen_in

SCENARIO = Path(__file__).with_name("walk_scenario.py")
UUID = r"[0-9a-f]{8}-[0-9a-f-]{27}"


@needs_a_network
def test_the_walk() -> None:
    """Discovered, owned, linked, permitted, looked at, unlinked, removed: 11 to 50."""
    said = seen_in(SCENARIO, timeout=200)
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
