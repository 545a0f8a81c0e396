"""The JSON that IoTivity's `json2cbor` makes a `.dat` file of, both ways.

Octets are hexadecimal digits where the encoding of a credential says that its data are octets.
JSON has no octets elsewhere; what needs them is written as `{"$cbor": "..."}`, which json2cbor
passes over together with the resources that it does not know.

People write this JSON by hand, after IoTivity's samples, so mistakes in it are told by property.
json2cbor itself refuses a pstat that lacks something and a device that is owned by nobody, and
makes an empty file of it; the same is refused here.
"""

import math
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from onboardee.svrdb.formats.cbor import dumps, loads
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.foreign import Resources, whole_resources
from onboardee.svrdb.formats.iotivity import decode_resources, versioned
from onboardee.svrdb.formats.stored_resources import KNOWN, RESET_PROFILE, Imported, NewUuid
from onboardee.svrdb.model import NIL, Database, Encoding

_CBOR: Final = "$cbor"
"""The one member of a map that stands for a CBOR item, in hexadecimal digits."""
_OCTETS: Final = (Encoding.RAW, Encoding.DER)
"""The encodings whose data are hexadecimal digits."""
_PSTAT: Final = ("isop", "rowneruuid", "cm", "tm", "om", "sm")
"""What json2cbor requires of a pstat, in the order in which it looks."""
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*")
_PARTS: Final = ("publicdata", "privatedata", "optionaldata")
"""The parts of a credential that hold data with an encoding."""


def decode(content: bytes, *, new_uuid: NewUuid) -> Imported:
    """Read a source file by the rules of json2cbor. Raises `FormatError`."""
    members = read_object(content)
    warnings: list[str] = []
    resources: Resources = {}
    whole: dict[str, bytes] = {}
    for name, member in members.items():
        if name not in KNOWN or _is_cbor(member):
            whole[name] = _content(member, name)
        elif isinstance(member, dict):
            resources[name] = _from_json(member, name)
        else:
            raise FormatError("is not an object", key=name)
    _require(resources, warnings)
    for cred, key in _cred_resources(resources):
        for entry, where in _entries(cred, key):
            for name in _PARTS:
                if isinstance(entry.get(name), dict):
                    _from_hex(entry[name], f"{where}.{name}", warnings)
    return decode_resources(resources, whole, new_uuid=new_uuid, warnings=warnings)


def encode(database: Database, *, version: str = "master") -> tuple[bytes, tuple[str, ...]]:
    """Write a source file; return it with sentences on what is lost."""
    resources, warnings = versioned(database, version)
    for cred, key in _cred_resources(resources):
        for entry, where in _entries(cred, key):
            for name in _PARTS:
                if name in entry:
                    _to_hex(entry[name], f"{where}.{name}")
    members = {name: _to_json(resource) for name, resource in resources.items()}
    for name, content in whole_resources(database.foreign).items():
        members.setdefault(name, _member(content))
    return msgspec.json.format(msgspec.json.encode(members), indent=2) + b"\n", warnings


def read_object(content: bytes) -> dict[str, Any]:
    """Read one JSON object. Raises `FormatError`."""
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(f"is not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise FormatError("is not a JSON object")
    return value


def _require(resources: Resources, warnings: list[str]) -> None:
    """Refuse what json2cbor refuses. Raises `FormatError`."""
    pstat = resources.get("pstat")
    for name in _PSTAT if pstat is not None else ():
        if pstat is not None and name not in pstat:
            raise FormatError("is mandatory, and missing", key=f"pstat.{name}")
    if pstat is not None and "dos" not in pstat:
        warnings.append("there is no pstat.dos: doxm.owned and pstat.isop tell the state")
    doxm = resources.get("doxm", {})
    if doxm.get("owned") is True and doxm.get("devowneruuid", "") in ("", str(NIL)):
        raise FormatError("is missing although the device is owned", key="doxm.devowneruuid")


def _cred_resources(resources: Resources) -> Iterator[tuple[Any, str]]:
    """Yield the credentials of the live database and of the reset profile, with their paths."""
    yield resources.get("cred"), "cred"
    yield resources.get(RESET_PROFILE, {}).get("cred"), f"{RESET_PROFILE}.cred"


def _entries(cred: Any, key: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the credentials of one resource, each with its path."""
    entries = cred.get("creds") if isinstance(cred, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield entry, f"{key}.creds[{index}]"


def _from_hex(part: dict[str, Any], key: str, warnings: list[str]) -> None:
    """Replace hexadecimal digits by octets, where the encoding says that the data are octets."""
    if "data" not in part:
        return
    encoding = part.get("encoding")
    if encoding not in tuple(Encoding):
        warnings.append(f"{key} has no known encoding: raw is assumed")
        encoding = part["encoding"] = str(Encoding.RAW)
    if encoding not in _OCTETS or not isinstance(part["data"], str):
        return
    if not _HEX.fullmatch(part["data"]):
        raise FormatError("is not hexadecimal digits in pairs", key=f"{key}.data")
    part["data"] = bytes.fromhex(part["data"])


def _to_hex(part: dict[str, Any], key: str) -> None:
    """Replace octets by hexadecimal digits.

    Raises `FormatError` for text that stands for none.
    """
    if part.get("encoding") not in _OCTETS:
        return
    if not isinstance(part["data"], bytes):
        raise FormatError("is not base64, and cannot be written as octets", key=f"{key}.data")
    part["data"] = part["data"].hex()


def _member(content: bytes) -> Any:
    """Write a resource that means nothing here as JSON if that comes back as the same octets."""
    try:
        value = loads(content)
    except FormatError:
        return {_CBOR: content.hex()}
    plain = _to_json(value)
    is_exact = plain == value and isinstance(value, dict) and _content(value, "") == content
    return plain if is_exact else {_CBOR: content.hex()}


def _content(member: Any, key: str) -> bytes:
    """Return the CBOR of a member of the object."""
    if _is_cbor(member):
        return _octets(member[_CBOR], key)
    return dumps(_from_json(member, key))


def _to_json(value: Any) -> Any:
    """Return a value of CBOR as one of JSON, which has no octets and no infinite numbers."""
    if isinstance(value, bytes) or (isinstance(value, float) and not math.isfinite(value)):
        return {_CBOR: dumps(value).hex()}
    if isinstance(value, dict):
        return {name: _to_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_to_json(each) for each in value]
    return value


def _from_json(value: Any, key: str) -> Any:
    """Return a value with its marked parts as CBOR has them. Raises `FormatError`."""
    if _is_cbor(value):
        return loads(_octets(value[_CBOR], key), key=key)
    if isinstance(value, dict):
        return {name: _from_json(each, f"{key}.{name}") for name, each in value.items()}
    if isinstance(value, list):
        return [_from_json(each, f"{key}[{index}]") for index, each in enumerate(value)]
    return value


def _is_cbor(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {_CBOR}


def _octets(digits: Any, key: str) -> bytes:
    """Return what hexadecimal digits stand for; `bytes.fromhex` alone would allow spaces."""
    if not isinstance(digits, str) or not _HEX.fullmatch(digits):
        raise FormatError("is not hexadecimal digits in pairs", key=f"{key}.{_CBOR}")
    return bytes.fromhex(digits)
