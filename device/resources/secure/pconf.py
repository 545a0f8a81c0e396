"""`/oic/sec/pconf`: how the owner lets other devices pair by a PIN (IoTivity 1.1).

The owner chooses methods and PIN, and the rules that each device gets that pairs. The resource
hides the PIN and the rules from everybody, which IoTivity 1.1 does not.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.facts import resource_owner
from onboardee.device.access.ocf_interfaces import BASELINE
from onboardee.device.access.target import PCONF, Kind, Target
from onboardee.device.resources.base import COMMON, Outcome, ReadOnly, RefusedError, Representation
from onboardee.device.resources.secure.common import (
    bad_request,
    require_short,
    require_writable,
    typed,
    uuid_text,
    wire,
)
from onboardee.device.security import pairing_keys
from onboardee.device.simulation.pairing_settings import DirectPairingSettings
from onboardee.svrdb.model import NIL, OWNER, PairingMethod, PairingRule, Pconf
from onboardee.svrdb.model.pconf import PIN_SIZE
from onboardee.svrdb.plain import tree
from onboardee.wire.coap import Code

MAX_RULES: Final = 16
"""Of the configuration; each pairing makes one access control entry of each."""
MAX_RESOURCES: Final = 32
"""Of one rule."""
_UNWRITTEN: Final = COMMON | {"pddev", "deviceuuid"}
"""What tools send along, and only the device says."""
_ANYBODY: Final = UUID(int=1)
"""Stands for the device that a rule will be about."""
_TARGET: Final = Target(
    href=PCONF,
    kind=Kind.SECURITY,
    types=("oic.r.pconf",),
    interfaces=(BASELINE,),
    discoverable=False,
    is_explicit=True,
)


class PconfResource(ReadOnly):
    """Pairing configuration. An UPDATE replaces it: what it does not name is gone.

    On the wire: `edp`, whether devices may pair; `prm`, the methods; `pin`, `pdacl`, the rules;
    `pddev`, the paired devices; `deviceuuid`, `rowneruuid`.
    """

    def __init__(self, settings: DirectPairingSettings, *, changed: Code = Code.CHANGED) -> None:
        """Take which methods there are, and the code of the answer to an UPDATE."""
        self.target = _TARGET
        self._settings = settings
        self._changed = changed

    def retrieve(self, call: Call) -> Representation:
        """Return what a device needs that wants to pair.

        IoTivity 1.1 tells everything, the PIN too; only the setting `tells_pin` does so here.
        """
        pconf, device_uuid = call.database.pconf, str(call.database.doxm.device_uuid)
        if self._settings.tells_pin:
            return _all_of(pconf, device_uuid)
        if not pairing_keys.is_offered(pconf):
            return {"edp": False, OWNER: str(pconf.resource_owner)}
        owner = str(pconf.resource_owner)
        return {"edp": True, "prm": pconf.methods, "deviceuuid": device_uuid, OWNER: owner}

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Let devices pair, on these terms; or let none pair, and keep the terms.

        `edp: false` keeps everything else, so that the owner can allow it again. Raises
        `RefusedError`: 4.00, or 4.13 for too many rules.
        """
        written = {name: value for name, value in payload.items() if name not in _UNWRITTEN}
        unknown = written.keys() - wire(Pconf()).keys()
        if unknown:
            raise bad_request(f"pconf has no property {min(unknown)!r}")
        for name in sorted(written.keys() - {OWNER}):
            require_writable("pconf", name, call)
        pconf = self._enabled(call, written) if written.get("edp") is True else None
        if pconf is None:
            if written.get("edp") is not False:
                raise bad_request("pconf: edp is true or false")
            pconf = replace(call.database.pconf, is_enabled=False)
        database = replace(call.database, pconf=pconf)
        return Outcome(code=self._changed, database=database)

    def _enabled(self, call: Call, written: Mapping[str, object]) -> Pconf:
        """Return the configuration that is written. Raises `RefusedError`."""
        before = call.database.pconf
        values = {
            **written,
            "pddev": before.paired,
            OWNER: _owner(call, written),
        }
        pconf = typed("pconf", values, Pconf)
        offered = {name.number for name in self._settings.methods}
        if not pconf.methods or not offered.issuperset(pconf.methods):
            raise bad_request(f"pconf: prm names some of {sorted(map(int, offered))}")
        if PairingMethod.PRE_CONFIGURED_PIN in pconf.methods:
            _require_pin(pconf.pin)
        _require_rules(pconf.rules)
        return pconf


def _all_of(pconf: Pconf, device_uuid: str) -> Representation:
    """Return all of the configuration, as IoTivity 1.1 shows it."""
    # how files are written, which few devices that run need
    from onboardee.svrdb.formats.pairing import to_foreign  # noqa: PLC0415

    return to_foreign(tree(pconf), device_uuid)


def _owner(call: Call, written: Mapping[str, object]) -> str:
    """Return who owns the configuration: the one who does, unless another may be named now."""
    owner = resource_owner(call.database, PCONF) or NIL
    named = uuid_text("pconf", OWNER, written.get(OWNER, str(owner)))
    if named == str(NIL):
        raise bad_request(f"pconf: {OWNER} is nil, and is a part of the key of the PIN")
    if named != str(owner):
        require_writable("pconf", OWNER, call)
    return named


def _require_pin(pin: bytes) -> None:
    """Raise `RefusedError` unless the PIN has the one length that both sides expect."""
    if len(pin) != PIN_SIZE or not pin.isascii() or not pin.decode("ascii").isprintable():
        raise bad_request(f"pconf: pin is {PIN_SIZE} characters that people can type")


def _require_rules(rules: tuple[PairingRule, ...]) -> None:
    """Raise `RefusedError` for rules that would not make access control entries."""
    if len(rules) > MAX_RULES:
        raise RefusedError(
            Code.REQUEST_ENTITY_TOO_LARGE, f"pconf: there is room for {MAX_RULES} rules"
        )
    for rule in rules:
        if not 0 < len(rule.resources) <= MAX_RESOURCES:
            raise bad_request(f"pconf: a rule names 1 to {MAX_RESOURCES} resources")
        hrefs = (each.href for each in rule.resources)
        require_short("pconf", [*hrefs, *rule.periods, *rule.recurrence])
        try:
            pairing_keys.to_ace(rule, _ANYBODY, 1)
        except ValueError as error:
            raise bad_request(f"pconf: {error}") from error
