"""Words that people may write in place of the wire's numbers: `rdp` for 1, `RU` for 6."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final

from onboardee.svrdb.editor.errors import MalformedError
from onboardee.svrdb.model import (
    Connection,
    CredentialType,
    CredentialUsage,
    Encoding,
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

METHODS: Final = {
    "jw": TransferMethod.JUST_WORKS,
    "rdp": TransferMethod.RANDOM_PIN,
    "mfgcert": TransferMethod.MANUFACTURER_CERTIFICATE,
    "self": TransferMethod.SELF,
}
STATES: Final = {state.name.lower(): state for state in State}
KINDS: Final = {kind.name.lower().replace("_", "-"): kind for kind in CredentialType}
USAGES: Final = {usage.value.rpartition(".")[2]: usage for usage in CredentialUsage}
ENCODINGS: Final = {encoding.value.rpartition(".")[2]: encoding for encoding in Encoding}
CONNECTIONS: Final = {connection.value: connection for connection in Connection}

WORDS: Final[Mapping[str, Mapping[str, int | str]]] = {
    "oxms": METHODS,
    "oxmsel": METHODS,
    "s": STATES,
    "credtype": KINDS,
    "credusage": USAGES,
    "encoding": ENCODINGS,
}
"""By the property in which they stand."""


def read_word(name: str, text: str) -> int | str | None:
    """Return what a word means as the value of a property, None if it is no word there."""
    if name == "permission":
        return _permission(text)
    value = WORDS.get(name, {}).get(text.lower())
    return int(value) if isinstance(value, IntEnum) else None if value is None else str(value)


def say(name: str, value: object) -> str | None:
    """Return the word for a value of a property, None if there is none."""
    if name == "permission" and isinstance(value, int):
        return letters(value)
    if isinstance(value, bool):
        return None
    words = WORDS.get(name, {})
    return next((word for word, meaning in words.items() if meaning == value), None)


def letters(permission: int) -> str:
    """Return the letters of a permission, `-` for none."""
    return "".join(letter for letter, bit in LETTERS.items() if permission & bit) or "-"


def permission(text: str) -> int:
    """Read a permission: some of the letters CRUDN, or their sum. Raises `MalformedError`."""
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else _permission(text)
    if value is None or value > sum(LETTERS.values()):
        raise MalformedError(f"{text!r} is not a permission: some of CRUDN, or a sum up to 31")
    return value


def _permission(text: str) -> int | None:
    chosen = set(text.upper())
    return sum(LETTERS[letter] for letter in chosen) if text and chosen <= LETTERS.keys() else None


def chosen(words: Mapping[str, int | str], text: str, what: str) -> int | str:
    """Return what a word of a list means. Raises `MalformedError`."""
    try:
        return words[text.lower()]
    except KeyError:
        known = listed(words)
        raise MalformedError(f"{text!r} is not {what}: one of {known}") from None


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence has them."""
    return ", ".join(names)
