"""Payloads as people read them, with every secret left out.

This is what `-v` prints and what reports keep. Private data is replaced by its size before anything
is put into words, whatever else it stands in; octets are never shown, as nobody can tell a key from
a hash by looking.
"""

from collections.abc import Mapping

LONGEST_TEXT = 128
"""Certificates are longer, and nobody reads those."""

SECRETS = frozenset({"privatedata"})
"""Properties whose data are never shown."""


def summary(value: object) -> str:
    """Write a payload on one line; of private data only the size is told."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(_member(name, item) for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(summary, value)) + "]"
    if isinstance(value, bytes):
        return f"<{len(value)} octets>"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "null" if value is None else str(value)
    return text if len(text) <= LONGEST_TEXT else f"<{len(text)} characters>"


def _member(name: object, value: object) -> str:
    if name in SECRETS and isinstance(value, Mapping):
        data = value.get("data", b"")
        return f"{name}: <{len(data)} octets>" if data else f"{name}: <to be derived>"
    return f"{name}: {summary(value)}"
