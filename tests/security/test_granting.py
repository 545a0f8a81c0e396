"""What a person is told would grant a refused request: it does."""

import json
import re
import uuid
from pathlib import Path

import pytest
from gate_support import Situation, decide, peer
from msgspec.structs import replace

from onboardee.device.access import rules
from onboardee.device.access.peer import Peer
from onboardee.device.access.target import Kind, Operation, Target
from onboardee.device.control.granting import hint, what_would_grant
from onboardee.device.events import AccessDenied, RequestRefused
from onboardee.device.resources.secure.acl2 import with_entries
from onboardee.svrdb.model import Database, Dos, Doxm, Permanent, Pstat, State

SOMEBODY = uuid.UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
DEVICE = uuid.UUID("11111111-2222-4333-8444-555555555555")
LIGHT = Target("/light", Kind.APPLICATION, ("oic.r.light",), ("oic.if.a",), has_plain_endpoint=True)
METHODS = {
    "GET": Operation.RETRIEVE,
    "POST": Operation.UPDATE,
    "PUT": Operation.UPDATE,
    "DELETE": Operation.DELETE,
}


def device() -> Database:
    """Return what a device keeps that is in operation and has no entries."""
    return Database(
        doxm=Doxm(methods=(0,), device_uuid=DEVICE),
        permanent=Permanent(device=DEVICE, platform=DEVICE, original=DEVICE),
        pstat=Pstat(dos=Dos(state=State.RFNOP)),
    )


def denied(rule: str, who: Peer, method: str = "GET") -> AccessDenied:
    """Make the event of a refusal."""
    return AccessDenied(
        subject=who.identity,
        peer="192.0.2.9:40000",
        method=method,
        href=LIGHT.href,
        rule=rule,
        reason="",
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "who",
    [peer(), peer(secured=True), peer(secured=True, uuid=SOMEBODY)],
    ids=["anonymous", "secured", "known"],
)
def test_the_entry_that_is_named_grants_the_request(who: Peer, method: str) -> None:
    """Whoever writes it as it stands into aclist2 lets this peer do this, and nothing else."""
    before = device()
    refused = decide(METHODS[method], LIGHT, who, Situation(before, has_session=False))
    assert (refused.granted, refused.rule) == (False, "access-control-entry")
    sentence = what_would_grant(denied(refused.rule, who, method))
    written = json.loads(sentence.removeprefix("an entry of acl2 such as "))
    after = replace(before, acl2=with_entries(before.acl2, [written]))
    here = Situation(after, has_session=False)
    assert decide(METHODS[method], LIGHT, who, here).granted
    others = set(METHODS.values()) - {METHODS[method]}
    assert not any(decide(each, LIGHT, who, here).granted for each in others)


def test_each_rule_that_refuses_has_a_way() -> None:
    """No refusal leaves a person without a next step."""
    source = Path(rules.__file__).read_text()
    names = set(re.findall(r'_refuse\(\s*"([a-z0-9.-]+)"', source))
    assert len(names) > 5
    for name in names:
        assert what_would_grant(denied(name, peer())), name


def test_what_is_wrong_in_itself_has_no_way() -> None:
    """A request that passed the gate is to be another one; a rule of tomorrow has no sentence."""
    refused = RequestRefused(peer="", method="POST", href="/light", code="4.00", reason="")
    assert not what_would_grant(refused)
    assert not hint({"rule": "tomorrow", "method": "GET", "href": "/light", "subject": ""})
