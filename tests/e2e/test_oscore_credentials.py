"""A credential for OSCORE in the life of a device: told of, kept over restarts, no way in."""

from certificate_scene import FRIEND, OWNER, Peer, Stage, with_key
from msgspec.structs import replace

from onboardee.device.events import CredentialUnused, SessionOpened
from onboardee.device.security import onboarding_states
from onboardee.device.testing.local import local_device
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code
from onboardee.wire.dtls import ClientConfig
from onboardee.wire.entropy import SeededEntropy

CRED = "/oic/sec/cred"
SECRET = bytes(range(0x50, 0x60))
ELEMENT = {
    "credtype": 64,
    "subjectuuid": str(FRIEND),
    "privatedata": {"data": SECRET, "encoding": "oic.sec.encoding.raw"},
    "oscore": {"senderid": "00112233445566", "recipientid": "66554433221100"},
}


def provisioned() -> Stage:
    """Return a device to which its owner has given a credential for OSCORE."""
    stage = Stage().certified()
    in_provisioning = onboarding_states.enter(stage.database, State.RFPRO)
    stage.device.adopt(in_provisioning, stage.now)
    owner = Peer(stage, with_key())
    assert owner.post(CRED, {"creds": [ELEMENT]}) is Code.CHANGED
    assert owner.post("/oic/sec/pstat", {"dos": {"s": 3}}) is Code.CHANGED
    owner.close()
    return stage


def identities(stage: Stage, config: ClientConfig) -> list[str | None]:
    """Return who the device says has opened a session, when a peer tries to."""
    stage.events.clear()
    Peer(stage, config).close()
    return [event.identity for event in stage.events if isinstance(event, SessionOpened)]


def test_the_log_says_that_it_is_never_used() -> None:
    """One event when it is stored, without its secret, and none when others are."""
    stage = provisioned()
    (told,) = [event for event in stage.events if isinstance(event, CredentialUnused)]
    assert told.subject == str(FRIEND)
    assert "OSCORE" in told.reason
    assert SECRET.hex() not in repr(told)
    assert repr(SECRET) not in repr(told)


def test_it_is_there_after_a_restart_and_told_of_again() -> None:
    """A device that starts with such a credential keeps it, and the log has the line again."""
    stage = provisioned()
    stored = stage.keeper.current.cred
    stage.events.clear()
    again = local_device(
        stage.profile, stage.keeper, entropy=SeededEntropy(1), bus=stage.device.bus
    )
    again.start(0.0)
    assert again.database.cred == stored
    (told,) = [event for event in stage.events if isinstance(event, CredentialUnused)]
    assert told.credid == stored.credentials[-1].credid


def test_its_secret_opens_no_session() -> None:
    """Whoever has the secret of OSCORE alone is refused by DTLS; the owner comes in as ever."""
    stage = provisioned()
    assert identities(stage, with_key(FRIEND, SECRET)) == []
    assert identities(stage, with_key(OWNER)) == [str(OWNER)]


def test_a_pairwise_key_beside_it_is_the_one_that_counts() -> None:
    """A peer with both kinds of credentials opens sessions with its pairwise key, in any order."""
    stage = provisioned()
    pairwise, other = bytes(range(16)), stage.database.cred.credentials
    key = replace(other[0], credid=40, subject=str(FRIEND))
    assert key.private is not None
    key = replace(key, private=replace(key.private, data=pairwise))
    changed = replace(stage.database.cred, credentials=(*other, key))
    stage.device.adopt(replace(stage.database, cred=changed), stage.now)
    assert identities(stage, with_key(FRIEND, pairwise)) == [str(FRIEND)]
