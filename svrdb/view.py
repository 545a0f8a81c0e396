"""Databases for people: plain values under the specification's names, and what differs in two.

Secrets are replaced by their lengths unless they are asked for.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from svrdb.model import PrivateData
from svrdb.plain import visible

_IDENTIFIERS: Final = ("credid", "aceid")
"""Members by which the entries of a list are told apart."""

ABSENT: Final = "(absent)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs; None is a value that is not there. Plain values, secrets hidden."""

    path: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return visible(f"{self.path}: {_said(self.before)} -> {_said(self.after)}")


@dataclass(frozen=True, slots=True, repr=False)
class _Secret:
    """What is compared, and not shown."""

    octets: bytes

    def __str__(self) -> str:
        return f"<secret of {len(self.octets)} octets>"


def plain(value: Any, *, reveal: bool = False) -> Any:
    """Return dictionaries, lists, texts and numbers under the specification's names."""
    return _plain(value, msgspec.to_builtins if reveal else lambda octets: str(_Secret(octets)))


def differences(before: Any, after: Any, *, reveal: bool = False) -> tuple[Difference, ...]:
    """Return in which values two databases, or two parts of them, differ, by JSON path.

    Entries of credentials and access control lists are compared by their ids.
    """
    show = msgspec.to_builtins if reveal else _Secret
    return tuple(_told(each) for each in _compared(_plain(before, show), _plain(after, show), "$"))


def _told(found: Difference) -> Difference:
    """Return a difference without secrets; of two secrets the second is called another one."""
    are_secrets = isinstance(found.before, _Secret) and isinstance(found.after, _Secret)
    after = _without_secrets(found.after, "another " if are_secrets else "")
    return Difference(found.path, _without_secrets(found.before), after)


def _plain(value: Any, show: Callable[[bytes], Any]) -> Any:
    match value:
        case PrivateData():
            return {"data": show(value.data), "encoding": value.encoding.value}
        case bytes():  # of other stacks, and possibly a key
            return show(value)
        case msgspec.Struct():
            return {
                name: _plain(getattr(value, attribute), show) for attribute, name in _shown(value)
            }
        case tuple() | list():
            return [_plain(item, show) for item in value]
        case Mapping():
            return {key: _plain(item, show) for key, item in value.items()}
        case _:
            return msgspec.to_builtins(value)


def _without_secrets(value: Any, which: str = "") -> Any:
    match value:
        case _Secret():
            return str(value).replace("<", f"<{which}", 1)
        case dict():
            return {key: _without_secrets(item) for key, item in value.items()}
        case list():
            return [_without_secrets(item) for item in value]
        case _:
            return value


def _shown(value: msgspec.Struct) -> Iterator[tuple[str, str]]:
    omits = value.__struct_config__.omit_defaults
    for field in msgspec.structs.fields(value):
        if not omits or getattr(value, field.name) != field.default:
            yield field.name, field.encode_name


def _compared(before: Any, after: Any, path: str) -> Iterator[Difference]:
    if before == after:
        return
    one, other = _members(before), _members(after)
    if one is None or other is None:
        yield Difference(path, before, after)
        return
    for name in dict.fromkeys((*one, *other)):
        yield from _compared(one.get(name), other.get(name), f"{path}{name}")


def _members(value: Any) -> dict[str, Any] | None:
    """Return the parts of a value by the ends of their paths; None if it has no such parts."""
    if isinstance(value, dict):
        return {f".{key}": item for key, item in value.items()}
    if not isinstance(value, list):
        return None
    names = [_name(item) for item in value]
    if None in names or len(set(names)) < len(names):
        return None
    return {f"[{name}]": item for name, item in zip(names, value, strict=True)}


def _name(item: Any) -> str | None:
    if isinstance(item, dict):
        for identifier in _IDENTIFIERS:
            if identifier in item:
                return f"{identifier}={item[identifier]}"
    return None


def _said(value: Any) -> str:
    return ABSENT if value is None else msgspec.json.encode(value).decode()
