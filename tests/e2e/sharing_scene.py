"""An owned light whose owner lets others own it too, and those who come to."""

import hmac
from dataclasses import dataclass
from uuid import UUID

from device_scene import Scene, make_scene
from msgspec.structs import replace
from pairing_scene import Peer

from onboardee.device import events
from onboardee.device.simulation.compatibility import Compatibility
from onboardee.device.simulation.profile import OwnerTransferMethod as Otm
from onboardee.device.simulation.profile import Profile, load
from onboardee.obt import OwnedDevice, run
from onboardee.svrdb.model import ENTRY_OWNER, Database
from onboardee.svrdb.model.owners import MODE, PIN_USAGE

NEWCOMER = UUID("12345678-0000-4000-8000-000000000077")
OTHER = UUID("12345678-0000-4000-8000-000000000088")
FRIEND = UUID("12345678-0000-4000-8000-000000000099")
SWITCH = "/light/switch"
DOXM, PSTAT, CRED, ACL2 = (f"/oic/sec/{name}" for name in ("doxm", "pstat", "cred", "acl2"))
RANDOM, KNOWN = 1, 0xFF00
PIN = "24682468"
LABELS = {RANDOM: b"oic.sec.doxm.rdp", KNOWN: b"x.org.iotivity.sec.doxm.pcp"}


def sharing_profile(*, limit: int = 2, method: int = RANDOM) -> Profile:
    """Return a light with multiple ownership."""
    light = load("light")
    is_random = method == RANDOM
    methods = (Otm.JUST_WORKS, Otm.RANDOM_PIN if is_random else Otm.PRECONFIGURED_PIN)
    pin = replace(light.ownership.pin, fixed=None if is_random else "87654321")
    ownership = replace(light.ownership, methods=methods, pin=pin)
    compat = Compatibility(anonymous_doxm=True, multiple_owners=True, sub_owner_limit=limit)
    return replace(light, ownership=ownership, compat=compat)


@dataclass
class Sharing:
    """A scene with an owner."""

    scene: Scene
    owned: OwnedDevice

    @property
    def database(self) -> Database:
        """What the light keeps."""
        return self.scene.device.database

    @property
    def pin(self) -> str:
        """The random PIN that was shown last."""
        return self.scene.seen(events.JoiningPinShown)[-1].pin

    def write(self, href: str, body: dict[str, object]) -> None:
        """Write as the owner, in RFPRO."""

        async def written() -> None:
            async with self.owned.provisioning():
                await self.owned.update(href, body)

        run(written())

    def allow(self, method: int = RANDOM, mode: int = 1) -> None:
        """Let others join by a PIN."""
        self.write(DOXM, {"oxmsel": method, MODE: mode})

    def give_pin(self, pin: str = PIN) -> None:
        """Give the light the PIN that others have been told."""
        private = {"data": pin.encode(), "encoding": "oic.sec.encoding.raw"}
        entry = {"credtype": 16, "subjectuuid": "*", "credusage": PIN_USAGE, "privatedata": private}
        self.write(CRED, {"creds": [entry]})

    def peer(self, uuid: UUID = NEWCOMER, host: str = "10.0.0.77") -> Peer:
        """Return somebody who wants to own the light too."""
        return Peer(self.scene, uuid, host, salt=self.database.doxm.device_uuid)

    def join(self, uuid: UUID = NEWCOMER, *, host: str = "10.0.0.77", method: int = RANDOM) -> Peer:
        """Let somebody join; return them over a session of their own key."""
        peer = self.peer(uuid, host)
        session = peer.open_by_pin(self.pin if method == RANDOM else PIN)
        assert session is not None
        assert peer.tell("POST", PSTAT, {"dos": {"s": 2}})[0] == "2.04"
        assert peer.tell("POST", CRED, first(uuid))[0] == "2.04"
        assert peer.tell("POST", PSTAT, {"dos": {"s": 3}})[0] == "2.04"
        device = self.database.doxm.device_uuid
        label = LABELS[method]
        secret, seed = session.key_block(96), label + uuid.bytes + device.bytes
        chain = hmac.digest(secret, seed, "sha256")
        key = hmac.digest(secret, chain + seed, "sha256")[:16]
        peer.close()
        assert peer.open(key) is not None
        return peer

    @property
    def kept(self) -> tuple[object, ...]:
        """What somebody who joins, or tries to, could change."""
        database = self.database
        return database.cred, database.acl2, database.owners, database.doxm


def first(uuid: UUID, **more: object) -> dict[str, object]:
    """Return the UPDATE by which somebody gets a first credential."""
    private = {"data": b"", "encoding": "oic.sec.encoding.raw"}
    entry = {"credtype": 1, "subjectuuid": str(uuid), "privatedata": private}
    return {"creds": [{**entry, ENTRY_OWNER: str(uuid), **more}]}


def key_for(uuid: UUID, owner: UUID, **more: object) -> dict[str, object]:
    """Return the UPDATE by which a sub-owner gives somebody a key."""
    private = {"data": b"k" * 16, "encoding": "oic.sec.encoding.raw"}
    entry = {"credtype": 1, "subjectuuid": str(uuid), "privatedata": private}
    return {"creds": [{**entry, ENTRY_OWNER: str(owner), **more}]}


def rule_for(uuid: UUID, owner: UUID, href: str = SWITCH, **more: object) -> dict[str, object]:
    """Return the UPDATE by which a sub-owner lets somebody use the light."""
    entry = {"subject": {"uuid": str(uuid)}, "resources": [{"href": href}], "permission": 6}
    return {"aclist2": [{**entry, ENTRY_OWNER: str(owner), **more}]}


def make_sharing(profile: Profile | None = None, method: int = RANDOM) -> Sharing:
    """Own a light and let others join."""
    scene = make_scene(profile or sharing_profile(method=method))
    sharing = Sharing(scene, scene.own())
    if method == KNOWN:
        sharing.give_pin()
    sharing.allow(method)
    return sharing
