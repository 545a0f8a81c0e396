"""A trace as people read it: one line for each thing that means something to them.

    → POST /oic/sec/doxm {"oxmsel": 0}  (127.0.0.1:45322, CON 8130)
    · stored: doxm.oxmsel: 4 → 0
    ← 2.04 /oic/sec/doxm  (127.0.0.1:45322, ACK 8130)

An arrow is the border: what came, what left. A dot is what the device did or said of itself.
Datagrams and records are left out, as what is in them is told; those that could not be read are
told as such. So are timers, of which there are many, and events that say what a message around them
said.

Secrets are hidden by the names that carry them. Texts of strangers are made harmless by who prints
the lines, and folded there, as only he knows how wide his terminal is.
"""

import json
from typing import Any, Final

from onboardee.device.machine.layer import Ticked
from onboardee.device.machine.telling import without_secrets
from onboardee.device.trace import items
from onboardee.device.trace.items import Item, Way
from onboardee.wire.dtls.numbers import AlertLevel, ContentType

ARROWS: Final = {Way.IN: "→", Way.OUT: "←"}
"""The border, with the device at the right of it."""
LONGEST: Final = 2000
"""Characters of a payload; what exceeds them is left out."""
_UNTOLD: Final = frozenset({"request.served"})
"""Events that tell what the messages around them have told."""
_EMPTY: Final = "0.00"


def line_of(item: Item) -> str | None:
    """Return the line of an item without its time, None for one that has none."""
    match item:
        case items.Message(way=way):
            return f"{ARROWS[way]} {_message(item)}"
        case items.HandshakeMessage() | items.Alert() | items.Record():
            told = _of_dtls(item)
            return told and f"{ARROWS[item.way]} DTLS {told}  ({item.ends})"
        case items.Malformed(way=way, ends=ends, reason=reason):
            return f"{ARROWS[way]} no CoAP message: {reason}  ({ends})"
    told = _of_device(item)
    return told and f"· {told}"


def _of_dtls(item: items.HandshakeMessage | items.Alert | items.Record) -> str | None:
    """Return what a line says of an item of DTLS, None for a record whose content is told."""
    match item:
        case items.HandshakeMessage(name=name, fields=fields):
            return f"{name} {_pairs(fields)}".rstrip()
        case items.Alert(name=name, level=level):
            return f"alert {name} ({'fatal' if level == AlertLevel.FATAL else 'warning'})"
        case items.Record(is_open=False, epoch=epoch):
            return f"record that cannot be opened, epoch {epoch}"
        case items.Record(content_type=ContentType.CHANGE_CIPHER_SPEC):
            return "ChangeCipherSpec"
    return None


def _of_device(item: Item) -> str | None:
    """Return what a line says of the device's own doing, None where it needs none."""
    match item:
        case items.Happened(event=event, fields=fields) if event not in _UNTOLD:
            return f"{event} {_pairs(without_secrets(fields))}".rstrip()
        case items.Changed(differences=found):
            return f"stored: {'; '.join(map(_difference, found)) or 'nothing new'}"
        case items.NotStored(reason=reason):
            return f"not stored: {reason}"
        case items.Done(what=what) if what != Ticked.name:
            return what
    return None


def _message(message: items.Message) -> str:
    """Return what a line says of a CoAP message."""
    if message.code == _EMPTY:
        kind = {"CON": "ping", "ACK": "empty ACK", "RST": "RST"}.get(message.type, message.type)
        return f"{kind} mid {message.mid}  ({message.ends})"
    query = f"?{'&'.join(message.query)}" if message.query else ""
    group = "group " if message.ends.multicast else ""
    over = f", {message.over}" if message.over else ""
    words = [message.code, f"{message.path}{query}", payload_text(message)]
    text = " ".join(word for word in words if word)
    return f"{text}  ({group}{message.ends}{over}, {message.type} {message.mid})"


def payload_text(message: items.Message) -> str:
    """Return the payload of a message without secrets, as JSON or as text; "" for none."""
    if message.content is None:
        return ""
    shown = without_secrets(message.content)
    text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _pairs(fields: dict[str, Any]) -> str:
    """Return names with values, as in the log."""
    return " ".join(f"{name}={_value(value)}" for name, value in fields.items())


def _value(value: Any) -> str:
    """Return a value, in quotes where it could be taken for more than one word."""
    if isinstance(value, str):
        return value if value.isalnum() else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _difference(found: dict[str, Any]) -> str:
    """Return one change of the database; a dash stands for a property that is not there."""
    before, after = (
        json.dumps(found[side]) if side in found else "—" for side in ("before", "after")
    )
    return f"{found['path']}: {before} → {after}"
