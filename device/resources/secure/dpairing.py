"""`/oic/sec/dpairing`: how a device pairs with this one (IoTivity 1.1).

POST, in the clear, begins: it names the device and the method. The device then opens a session with
the key of the PIN, and ends the pairing by a PUT over it, at which both sides make the credential.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE
from onboardee.device.access.sources import source_of
from onboardee.device.access.target import DPAIRING, Kind, Target
from onboardee.device.resources.base import Outcome, ReadOnly, RefusedError, Representation
from onboardee.device.resources.secure.acl2 import MAX_ENTRIES
from onboardee.device.resources.secure.common import bad_request, uuid_text
from onboardee.device.resources.secure.cred import MAX_CREDENTIALS
from onboardee.device.security import pairing_keys
from onboardee.device.security.direct_pairing import DirectPairing, PairingRefusedError
from onboardee.svrdb.model import Database, PairingMethod, State
from onboardee.wire.coap import Code

MAX_PAIRED: Final = 32
"""Devices that may be paired at a time."""
ENDING: Final = 0
"""The method of the PUT that ends a pairing."""
_MEMBERS: Final = frozenset({"spm", "pdeviceuuid", "rowneruuid"})
"""Of a request: method, device, owner."""
_TARGET: Final = Target(
    href=DPAIRING,
    kind=Kind.SECURITY,
    types=("oic.r.dpairing",),
    interfaces=(BASELINE,),
    discoverable=False,
    is_explicit=True,
)


class DpairingResource(ReadOnly):
    """The pairing that is under way; nothing of it can be read.

    On the wire: `spm`, the method of the attempt, and 0 when it ends; `pdeviceuuid`, the device
    that pairs; `rowneruuid`.
    """

    takes_put = True

    def __init__(self, pairings: DirectPairing, *, changed: Code = Code.CHANGED) -> None:
        """Take where attempts are kept, and the code of the answer to a POST."""
        self.target = _TARGET
        self._pairings = pairings
        self._changed = changed

    def retrieve(self, call: Call) -> Representation:
        """Refuse: there is nothing to be read."""
        raise RefusedError(Code.METHOD_NOT_ALLOWED, "a pairing cannot be read")

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Begin: let a device try the PIN. Raises `RefusedError`, and then nothing has changed."""
        method, peer = _read(payload)
        database = call.database
        _require_offered(database)
        if method not in database.pconf.methods:
            raise bad_request(f"dpairing: method {method} is not offered")
        _require_possible(database, peer)
        try:
            self._pairings.begin(peer, source_of(call.peer.address), PairingMethod(method))
        except PairingRefusedError as error:
            code = Code.SERVICE_UNAVAILABLE if error.is_for_now else Code.BAD_REQUEST
            raise RefusedError(code, f"dpairing: {error}") from error
        return Outcome(code=self._changed)

    def put(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """End: keep the credential, the rules and the name of the device, all or none.

        Both sides derive the pairwise key from the session's key block, as with an owner
        credential. It is the one resource with a PUT of its own (`takes_put`). Raises
        `RefusedError`, 4.00.
        """
        method, peer = _read(payload)
        _require_offered(call.database)
        if method != ENDING:
            raise bad_request(f"dpairing: spm is {ENDING} when a pairing ends")
        attempt = self._pairings.of(call.peer.session)
        if attempt is None:
            raise bad_request("dpairing: no pairing is under way over this connection")
        if peer != attempt.peer:
            raise bad_request("dpairing: another device began this pairing")
        _require_possible(call.database, peer)
        key = self._pairings.key(attempt)
        return Outcome(database=pairing_keys.paired(call.database, peer, key))


def _read(payload: Mapping[str, object]) -> tuple[int, UUID]:
    """Return method and device. Raises `RefusedError`."""
    unknown = payload.keys() - _MEMBERS
    if unknown:
        raise bad_request(f"dpairing has no property {min(unknown)!r}")
    method = payload.get("spm")
    if type(method) is not int:
        raise bad_request("dpairing: spm is a number")
    return method, UUID(uuid_text("dpairing", "pdeviceuuid", payload.get("pdeviceuuid")))


def _require_offered(database: Database) -> None:
    """Raise `RefusedError` unless the owner lets devices pair, and the device is in RFNOP."""
    if database.state is not State.RFNOP or not pairing_keys.is_offered(database.pconf):
        raise bad_request("dpairing: the owner lets no device pair")


def _require_possible(database: Database, peer: UUID) -> None:
    """Raise `RefusedError` if this device cannot pair, or if there is no room for another one."""
    why = pairing_keys.why_not_paired(database, peer)
    if why is not None:
        raise bad_request(f"dpairing: {why}")
    entries = len(database.acl2.entries) + len(database.pconf.rules)
    if (
        len(database.pconf.paired) >= MAX_PAIRED
        or len(database.cred.credentials) >= MAX_CREDENTIALS
        or entries > MAX_ENTRIES
    ):
        raise bad_request("dpairing: there is no room for another device")
