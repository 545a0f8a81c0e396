"""Resources of any version brought into the model's terms, before the model checks them.

The stacks do not say which version wrote a file. Each property tells it by itself: a list of
version 1 has another name, a missing state is one of before 1.3, empty text is a nil UUID. So
files are read that a tool has put together from several versions, and those that a person wrote.

The model then has one form of everything, and no code behind this one asks how old a file is.
"""

import base64
import uuid
from typing import Any, Final

from onboardee.svrdb.formats import credentials, owners, pairing, version1
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.foreign import Resources
from onboardee.svrdb.model import NIL, State

_UUIDS: Final = ("deviceuuid", "devowneruuid", "rowneruuid")
"""The properties that hold one UUID, where empty text means that there is none."""


def normalize(resources: Resources) -> None:
    """Rewrite older names and forms in place; what means nothing here stays as it is.

    Raises `FormatError` for what cannot be told to be one form or the other.
    """
    for resource in resources.values():
        # What a resource is and how it is read is the same for all; 1.1 wrote empty text there.
        resource.pop("rt", None)
        resource.pop("if", None)
        for name in _UUIDS:
            if resource.get(name) == "":
                resource[name] = str(NIL)
    _pstat(resources["pstat"], resources["doxm"])
    _acl(resources["acl"])
    _cred(resources["cred"])
    _crl(resources.get("crl", {}))
    pairing.from_foreign(resources.get("pconf", {}))
    owners.from_foreign(resources)


def _pstat(pstat: dict[str, Any], doxm: dict[str, Any]) -> None:
    """Complete pstat: where the state is missing, ownership and `isop` stand for it."""
    # A copy of doxm's up to IoTivity 1.2, which would be wrong after the next reset.
    pstat.pop("deviceuuid", None)
    # Up to IoTivity 1.2 the state is not kept; ownership and `isop` tell it.
    if "dos" not in pstat:
        state = State.RFOTM
        if doxm.get("owned") is True:
            state = State.RFNOP if pstat.get("isop") is True else State.RFPRO
        pstat["dos"] = {"s": int(state), "p": False}


def _acl(acl: dict[str, Any]) -> None:
    """Bring the access list into version 2. Raises `FormatError` if both versions are there."""
    old = acl.pop("aclist", None)
    if isinstance(old, dict) and "aclist2" not in acl:
        acl["aclist2"] = version1.to_version_2(old.get("aces"), "acl.aclist.aces")
    elif old is not None:
        raise FormatError("is not the only list, or not a map of aces", key="acl.aclist")
    for entry in _maps(acl.get("aclist2")):
        _subject(entry.get("subject"), "uuid")
        for resource in _maps(entry.get("resources")):
            _ace_resource(resource)
        if isinstance(entry.get("validity"), list):
            entry["validity"] = [_time_pattern(each) for each in entry["validity"]]


def _ace_resource(resource: dict[str, Any]) -> None:
    """Write wildcards as `wc`, and leave out filters that let everything pass."""
    if resource.get("href") == "*":
        del resource["href"]
        resource["wc"] = "*"
    for name in ("rt", "if"):
        value = resource.get(name)
        if value in ("", "*", [""]) or (isinstance(value, list) and "*" in value):
            del resource[name]
        elif isinstance(value, str):
            resource[name] = [value]


def _time_pattern(value: Any) -> Any:
    """Accept IoTivity's own way, too: a list of the period and a list of rules."""
    if isinstance(value, list) and len(value) in (1, 2):
        return dict(zip(("period", "recurrence"), value, strict=False))
    return value


def _cred(cred: dict[str, Any]) -> None:
    """Bring the credentials into the model's terms.

    Entries that are no maps the model refuses.
    """
    entries = cred.get("creds")
    if not isinstance(entries, list):
        return
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            entries[index] = credentials.from_foreign(entry, f"cred.creds[{index}]")
            _subject(entries[index], "subjectuuid")


def _subject(holder: Any, name: str) -> None:
    """Write a UUID in the one way that subjects are compared in."""
    if isinstance(holder, dict) and isinstance(holder.get(name), str):
        try:
            holder[name] = str(uuid.UUID(holder[name]))
        except ValueError:
            return


def _crl(crl: dict[str, Any]) -> None:
    """Give a revocation list its name of today, and its octets as the base64 text of the wire."""
    if "crl" in crl:
        crl.setdefault("crldata", crl.pop("crl"))
    if isinstance(crl.get("crldata"), bytes):
        crl["crldata"] = base64.b64encode(crl["crldata"]).decode()


def _maps(value: Any) -> list[dict[str, Any]]:
    """Return the maps of a list; what else is in it the model refuses."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
