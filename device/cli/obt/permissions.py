"""Permissions as letters: C, R, U (or W), D and N, as people and IoTivity's client write them."""

from typing import Final

import click

from onboardee.obt import Permission

PERMISSIONS: Final = "C create, R retrieve, U update, D delete, N notify"
"""What help texts say of the letters."""
_LETTERS: Final = {
    "C": Permission.CREATE,
    "R": Permission.RETRIEVE,
    "U": Permission.UPDATE,
    "W": Permission.UPDATE,
    "D": Permission.DELETE,
    "N": Permission.NOTIFY,
}
"""The bits (OCF Security 12.2.2); IoTivity's client calls an update a write."""


def permission(text: str) -> int:
    """Return what letters or a number stand for. Raises `click.UsageError`.

    Letters in any order and case; a number is taken as it is, for those who know the bits (OCF
    Security 13.5).
    """
    if text.isdigit() and int(text) < 32:
        return int(text)
    bits = 0
    for letter in text.upper():
        if letter not in _LETTERS:
            raise click.UsageError(f"{text!r} is none of the letters {PERMISSIONS}")
        bits |= int(_LETTERS[letter])
    return bits


def letters(permission: int) -> str:
    """Return a permission as letters."""
    return "".join(
        letter for letter, bit in _LETTERS.items() if letter != "W" and permission & int(bit)
    )
