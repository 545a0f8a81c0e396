"""Texts that differ from device to device: `{n}` in them is the number of a device in its group."""

import re
from typing import Final

from onboardee.device.simulation.section import MisplacedError

_NUMBER: Final = re.compile(r"\{n(?::(?P<digits>[1-9]))?\}")


def filled(pattern: str, number: int) -> str:
    """Return a pattern with a number: `lamp-{n:3}` and 7 make `lamp-007`."""
    return _NUMBER.sub(lambda found: str(number).zfill(int(found["digits"] or 0)), pattern)


def check_pattern(pattern: str, field: str, *, needs_number: bool) -> None:
    """Refuse braces that mean nothing, and one text for several devices.

    Raises `MisplacedError`.
    """
    if "{" in _NUMBER.sub("", pattern) or "}" in _NUMBER.sub("", pattern):
        raise MisplacedError("in braces stands n, or n and a number of digits: {n} or {n:4}", field)
    if needs_number and not _NUMBER.search(pattern):
        raise MisplacedError("there are several devices: {n} makes their texts differ", field)
