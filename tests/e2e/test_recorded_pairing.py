"""IoTivity 1.1.1's own client pairs with this device as with its own server."""

import pytest
from pairing_differences import PAIRING_TABLE
from recorded_pairing import DEVICE, PEER, RECORDED, all_findings, opened, paired, refused
from recorded_table import Difference

from onboardee.svrdb.model import AceResource


def test_every_difference_is_listed() -> None:
    """No answer differs from the recorded one in a way that the table does not name."""
    found = [
        finding
        for finding in all_findings()
        if not any(line.covers(finding) for line in PAIRING_TABLE)
    ]
    assert found == []


@pytest.mark.parametrize("line", PAIRING_TABLE, ids=lambda line: f"{line.requests} {line.aspects}")
def test_every_listed_difference_occurs(line: Difference) -> None:
    """Each request and each aspect of a line is met by at least one recorded exchange."""
    for request in line.requests:
        narrow = line._replace(requests=(request,))
        assert any(narrow.covers(finding) for finding in all_findings()), request
    for aspect in line.aspects:
        narrow = line._replace(aspects=(aspect,))
        assert any(narrow.covers(finding) for finding in all_findings()), aspect


def test_the_right_pin_leaves_a_paired_device() -> None:
    """What the recorded server kept is kept: credential, rule and the name of the client."""
    database = paired().device.database
    assert database.doxm.device_uuid == DEVICE
    assert database.pconf.paired == (PEER,)
    assert database.cred.credentials[-1].subject == str(PEER)
    (entry,) = [each for each in database.acl2.entries if each.subject.uuid == str(PEER)]
    assert (entry.resources, entry.permission) == ((AceResource(wildcard="*"),), 31)


def test_the_wrong_pin_leaves_nothing() -> None:
    """The client hears the recorded alert, and the device has kept nothing."""
    database = refused().device.database
    assert database.pconf.paired == ()
    assert len(database.cred.credentials) == 1
    assert bytes.fromhex(RECORDED["wrong_pin"]["datagrams"][-1][1])[-2:] == b"\x02\x33"


def test_the_recorded_sessions_hold_what_the_replay_sends() -> None:
    """What was inside DTLS is a PUT and a GET, each with one answer."""
    assert [opened(name)[0][1] for name in ("pairing", "paired")] == [3, 1]
    assert [opened(name)[1][1] for name in ("pairing", "paired")] == [0x44, 0x45]
