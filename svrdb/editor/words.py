"""Words that people may write in place of the wire's numbers: `rdp` for 1, `RU` for 6.

They are those of the specification where it has some (the ends of `oic.sec.doxm.rdp` and
`oic.sec.cred.trustca`), and else the names in the model. Each word is valid in its own property
only, so that one that means something elsewhere is refused as unknown here.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final

from onboardee.svrdb.editor.errors import MalformedError
from onboardee.svrdb.model import (
    Connection,
    CredentialType,
    CredentialUsage,
    Encoding,
    PairingMethod,
    Permission,
    State,
    TransferMethod,
)

LETTERS: Final = {
    "C": Permission.CREATE,
    "R": Permission.RETRIEVE,
    "U": Permission.UPDATE,
    "D": Permission.DELETE,
    "N": Permission.NOTIFY,
}
"""In the order of OCF's CRUDN, which is also the order in which they are shown."""

METHODS: Final = {
    "jw": TransferMethod.JUST_WORKS,
    "rdp": TransferMethod.RANDOM_PIN,
    "mfgcert": TransferMethod.MANUFACTURER_CERTIFICATE,
    "self": TransferMethod.SELF,
    "preconfpin": TransferMethod.PRECONFIGURED_PIN,
}
STATES: Final = {state.name.lower(): state for state in State}
KINDS: Final = {kind.name.lower().replace("_", "-"): kind for kind in CredentialType}
"""`symmetric-pairwise`, `certificate`, `pin` and so on."""
USAGES: Final = {usage.value.rpartition(".")[2]: usage for usage in CredentialUsage}
"""`trustca`, `cert`, `rolecert`, `mfgtrustca`, `mfgcert`."""
ENCODINGS: Final = {encoding.value.rpartition(".")[2]: encoding for encoding in Encoding}
PAIRINGS: Final = {
    "pin": PairingMethod.PRE_CONFIGURED_PIN,
    "random-pin": PairingMethod.RANDOM_PIN,
}
CONNECTIONS: Final = {connection.value: connection for connection in Connection}
"""`auth-crypt`, `anon-clear`: the specification's own words."""

WORDS: Final[Mapping[str, Mapping[str, int | str]]] = {
    "oxms": METHODS,
    "oxmsel": METHODS,
    "s": STATES,
    "credtype": KINDS,
    "credusage": USAGES,
    "encoding": ENCODINGS,
    "prm": PAIRINGS,
}
"""By the property in which they stand."""


def read_word(name: str, text: str) -> int | str | None:
    """Return what a word means as the value of a property, None if it is no word there.

    >>> read_word("permission", "RU"), read_word("oxmsel", "rdp"), read_word("om", "rdp")
    (6, 1, None)
    """
    if name == "permission":
        return _permission(text)
    value = WORDS.get(name, {}).get(text.lower())
    return int(value) if isinstance(value, IntEnum) else None if value is None else str(value)


def say(name: str, value: object) -> str | None:
    """Return the word for a value of a property, None if there is none.

    Booleans have none: `True` is 1 to Python, and would be shown as a method.
    """
    if name == "permission" and isinstance(value, int):
        return letters(value)
    if isinstance(value, bool):
        return None
    words = WORDS.get(name, {})
    return next((word for word, meaning in words.items() if meaning == value), None)


def letters(permission: int) -> str:
    """Return the letters of a permission, `-` for none.

    >>> letters(6)
    'RU'
    """
    return "".join(letter for letter, bit in LETTERS.items() if permission & bit) or "-"


def permission(text: str) -> int:
    """Read a permission: some of the letters CRUDN, or their sum. Raises `MalformedError`.

    The sum may be written as it is on the wire, 1 to 31; 0 permits nothing and is allowed.
    """
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else _permission(text)
    if value is None or value > sum(LETTERS.values()):
        raise MalformedError(f"{text!r} is not a permission: some of CRUDN, or a sum up to 31")
    return value


def _permission(text: str) -> int | None:
    """Return the sum of some of the letters CRUDN, in any order and case; None for other texts."""
    chosen = set(text.upper())
    return sum(LETTERS[letter] for letter in chosen) if text and chosen <= LETTERS.keys() else None


def chosen(words: Mapping[str, int | str], text: str, what: str) -> int | str:
    """Return what a word of a list means. Raises `MalformedError`.

    `what` completes "... is not", as "a method"; the error lists the words.
    """
    try:
        return words[text.lower()]
    except KeyError:
        known = listed(words)
        raise MalformedError(f"{text!r} is not {what}: one of {known}") from None


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence has them."""
    return ", ".join(names)
