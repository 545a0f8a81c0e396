"""Asking for single values: by choice wherever the database or the specification knows them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from onboardee.device.cli.svr.wizard.draft import Draft
from onboardee.device.cli.svr.wizard.prompts import (
    ask_bool,
    ask_permission,
    ask_text,
    ask_uuid,
    pick,
)
from onboardee.svrdb.editor.values import SUBJECTS
from onboardee.svrdb.editor.words import METHODS, WORDS

_MODES: Final = {
    "reset by the manufacturer": 1,
    "pairing and owner transfer": 2,
    "provisioning of credential management services": 8,
    "provisioning of access management services": 16,
    "provisioning of local access control lists": 32,
    "software version validation": 64,
    "software update": 128,
}
"""Bits of cm and tm (OCF Security 13.8)."""
_OPERATION: Final = {
    "directed by the device, with several services": 1,
    "directed by the device, with one service": 2,
    "directed by a client": 4,
}
"""Bits of om and sm (OCF Security 13.8)."""
_BITS: Final[Mapping[str, Mapping[str, int]]] = {
    "cm": _MODES,
    "tm": _MODES,
    "om": _OPERATION,
    "sm": _OPERATION,
    "sct": {
        "symmetric pairwise keys": 1,
        "symmetric group keys": 2,
        "asymmetric keys": 4,
        "certificates": 8,
        "PINs and passwords": 16,
        "asymmetric encryption keys": 32,
    },
}
"""Properties that are sums, asked for bit by bit."""


def ask_scalar(draft: Draft, name: str, kind: Any, present: Any) -> str:
    """Ask for a value of the property `name` and return it as text for `put`.

    `kind` is the type in the model, `present` the value that is there, None if there is none.
    """
    if kind is bool:
        return pick(name, {"false": "false", "true": "true"})
    if kind is UUID or name in SUBJECTS:
        star = "any peer" if kind is str else None
        return ask_uuid(name, draft.known_uuids(), nil=kind is UUID, star=star)
    if name == "permission":
        return str(ask_permission(present or 0))
    if name in _BITS:
        return str(_ask_bits(_BITS[name], present or 0))
    options = _options(draft, name)
    if options:
        return pick(name, options)
    # A secret is not offered as a default: it would be on the screen.
    is_open = isinstance(present, str | int) and kind is not bytes
    return ask_text(name, str(present) if is_open else None)


def _options(draft: Draft, name: str) -> dict[str, str]:
    """Return the values that a property can sensibly have, by what they are called."""
    if name == "oxmsel":
        offered = (*draft.database.doxm.methods, METHODS["self"])
        return {word: str(int(value)) for word, value in METHODS.items() if value in offered}
    if name == "currentprofile":
        return {each: each for each in draft.database.sp.supported}
    return {
        word: str(int(value)) if isinstance(value, int) else str(value)
        for word, value in WORDS.get(name, {}).items()
    }


def _ask_bits(bits: Mapping[str, int], present: int) -> int:
    """Ask for each bit that has a name; the others stay."""
    # Bits without a name here stay as they are.
    others = present & ~sum(bits.values())
    return others + sum(
        bit for what, bit in bits.items() if ask_bool(f"{what}?", default=bool(bit & present))
    )
