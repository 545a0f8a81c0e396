"""`pconf` as IoTivity 1.1 keeps it: a PIN of eight octets always, and no empty lists.

Its reader refuses an empty `prm`, and skips what it does not know.

Direct Pairing left OCF with version 1.3. Its resource is only written where the device has it, so
these files stay as other versions expect them.
"""

from typing import Any, Final

from onboardee.svrdb.model.pconf import PIN_SIZE

_UNSET: Final = bytes(PIN_SIZE)
"""How IoTivity writes that there is no PIN; the model has an empty one."""
_LISTS: Final = ("prm", "pdacl", "pddev")
"""The lists that are left out when they are empty: methods, rules and paired devices."""
_WHEN: Final = ("prds", "recurrence")
"""Periods and recurrences of a rule, left out when there are none."""


def from_foreign(pconf: dict[str, Any]) -> None:
    """Bring what IoTivity wrote into the model's terms, in place."""
    pconf.pop("deviceuuid", None)  # a copy of doxm's
    if pconf.get("pin") == _UNSET:
        pconf["pin"] = b""


def to_foreign(pconf: dict[str, Any], device_uuid: str) -> dict[str, Any]:
    """Return what IoTivity reads, in the order in which it writes it."""
    values = {name: value for name, value in pconf.items() if name not in _LISTS or value}
    values["pin"] = values["pin"].ljust(PIN_SIZE, b"\0")
    if "pdacl" in values:
        values["pdacl"] = [_rule(rule) for rule in values["pdacl"]]
    owner = values.pop("rowneruuid")
    return {**values, "deviceuuid": device_uuid, "rowneruuid": owner}


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Return one rule of `pdacl` without what it does not say."""
    rest = {name: value for name, value in rule.items() if name not in _WHEN or value}
    return {**rest, "resources": [_target(each) for each in rule["resources"]]}


def _target(target: dict[str, Any]) -> dict[str, Any]:
    """Add what its reader expects to be text, and does not use."""
    return {"rel": "", "rt": "", "if": ""} | target
