"""What all security resources share: their interfaces and the rules of an UPDATE.

An UPDATE of a security resource is partial, and all or nothing: `merged` writes the properties of
the payload into those that are there, each with the right to do so, and the result has to fit the
model. Payloads are maps of JSON values and octets (`resources/payload.py`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from onboardee.device.access.call import Call
from onboardee.device.access.ocf_interfaces import BASELINE, READ_WRITE
from onboardee.device.access.rights import why_not_writable
from onboardee.device.access.target import Kind, Target
from onboardee.device.resources.base import COMMON, RefusedError
from onboardee.svrdb.model import ANY_SUBJECT, NIL
from onboardee.wire.coap import Code

MAX_TEXT: Final = 256
"""Characters in a role, tag, resource type or the like."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""In lower case, as the device writes them."""

Model = TypeVar("Model", bound=msgspec.Struct)


def target(name: str) -> Target:
    """Describe `/oic/sec/<name>`.

    All of them are served by `oic.if.rw` and `oic.if.baseline`, over DTLS only unless the gate says
    otherwise for the state.
    """
    return Target(
        href=f"/oic/sec/{name}",
        kind=Kind.SECURITY,
        types=(f"oic.r.{name}",),
        interfaces=(READ_WRITE, BASELINE),
    )


def wire(model: msgspec.Struct) -> dict[str, Any]:
    """Return a model with its wire names; UUIDs as text, octets as octets.

    The order of the keys is that of the model, which is the specification's.
    """
    builtins: dict[str, Any] = msgspec.to_builtins(model, builtin_types=(bytes,))
    return builtins


def bad_request(sentence: str) -> RefusedError:
    """Make the error for a request that cannot be carried out as it stands."""
    return RefusedError(Code.BAD_REQUEST, sentence)


def require_writable(resource: str, name: str, call: Call) -> None:
    """Raise `RefusedError` unless the table of rights lets the property be written now.

    The rights are those of the standard that the request is written in (`call.standard`). The code
    is 4.00: the gate has granted the request, and what is wrong is the moment or the connection,
    which is no secret to a peer that was let in.
    """
    why = why_not_writable(
        resource,
        name,
        call.database.state,
        secured=call.peer.secured,
        owns_transfer=call.peer.owns_transfer,
        rights=call.standard.rights,
    )
    if why is not None:
        raise bad_request(f"{resource}: {why}")


def merged(resource: str, current: Model, payload: Mapping[str, object], call: Call) -> Model:
    """Return `current` with the payload's properties written into it, all or none.

    A property that is written with the value it has needs no right: tools repeat what they read.
    Raises `RefusedError`.
    """
    values = wire(current)
    for name, written in payload.items():
        if name in COMMON:
            continue
        if name not in values:
            raise bad_request(f"{resource} has no property {name!r}")
        # Tools differ in the case of UUIDs; compared and kept is the lower one.
        value = uuid_text(resource, name, written) if name.endswith("uuid") else written
        if _is_same(values[name], value):
            continue
        require_writable(resource, name, call)
        values[name] = value
    return typed(resource, values, type(current))


def uuid_text(resource: str, name: str, value: object) -> str:
    """Return a UUID in lower case. Raises `RefusedError`.

    One deployed tool sends the terminator of its C string along.

    >>> uuid_text("doxm", "deviceuuid", "6F776E65-7200-4000-8000-000000000001")
    '6f776e65-7200-4000-8000-000000000001'
    """
    text = value.rstrip("\0").lower() if isinstance(value, str) else ""
    if not _UUID.fullmatch(text):
        raise bad_request(f"{resource}: {name} is not the text of a UUID")
    return text


def subject_text(resource: str, name: str, value: object) -> str:
    """Return a UUID in lower case, or `*`; nil is nobody. Raises `RefusedError`."""
    if value == ANY_SUBJECT:
        return ANY_SUBJECT
    text = uuid_text(resource, name, value)
    if text == str(NIL):
        raise bad_request(f"{resource}: {name} is nil, which names nobody")
    return text


def require_short(resource: str, texts: Iterable[str | None]) -> None:
    """Raise `RefusedError` for a text that is longer than any that has a meaning."""
    if any(text is not None and len(text) > MAX_TEXT for text in texts):
        raise bad_request(f"{resource}: a text has at most {MAX_TEXT} characters")


def typed(resource: str, values: object, model: type[Model]) -> Model:
    """Convert wire values to their model. Raises `RefusedError`."""
    try:
        return msgspec.convert(values, model)
    except msgspec.ValidationError as error:
        raise bad_request(f"{resource}: {error}") from error


def _is_same(one: object, other: object) -> bool:
    """Compare a kept value with a written one: tuples with lists, and 1 is not true."""
    if isinstance(one, tuple):
        return isinstance(other, list) and len(one) == len(other) and all(map(_is_same, one, other))
    return type(one) is type(other) and one == other


def number_from(query_value: str) -> int:
    """Read an id from a query; anything else than a positive number is nobody's id.

    0 is given to no entry, so that a query for it finds none.

    >>> number_from("12"), number_from("-1"), number_from("all")
    (12, 0, 0)
    """
    return int(query_value) if query_value.isascii() and query_value.isdigit() else 0


def without_id(values: tuple[Model, ...], attribute: str, wanted: object) -> tuple[Model, ...]:
    """Remove what has this id. Raises `RefusedError` (4.04) if there is none."""
    rest = tuple(value for value in values if getattr(value, attribute) != wanted)
    if len(rest) == len(values):
        raise RefusedError(Code.NOT_FOUND, f"there is no entry with {attribute} {wanted}")
    return rest


def lowest_free(taken: set[int]) -> int:
    """Return the smallest positive number that is not taken.

    Ids stay small, and an id that was given up is given again.

    >>> lowest_free({1, 2, 4})
    3
    """
    return next(number for number in range(1, len(taken) + 2) if number not in taken)
