"""How one database differs from another, property by property.

A property is named by its path: `doxm.owned`, `acl2.aclist2[aceid=3].permission`. Entries are
recognised by their id, whatever their place in the array: an entry that was removed is one
difference, and not a change of all behind it. Texts and numbers in an array are compared together,
as one value.

The same list serves people (`svr diff`, lines of - and +), programs (`--json`) and the dry run of
an edit, which shows what it would do.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from onboardee.svrdb.plain import plain, secret_text, tree, visible

IDS: Final = ("aceid", "credid")
"""Names of the properties that tell the entries of an array apart."""


class Absent(Enum):
    """The value of a property on the side that does not have it."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """One property with its two values, `ABSENT` where there is none; secrets are octets here.

    Its `repr` has the path alone: it ends in logs and failed tests, and a value may be a key.
    """

    path: str
    before: object
    after: object
    encoding: str | None = None
    """How secret octets are to be read."""

    def __repr__(self) -> str:
        return f"Difference({self.path!r})"  # a value may be secret

    def shown(self, *, reveal: bool = False) -> dict[str, Any]:
        """Return path, before and after as JSON has them; an absent side is left out.

        Secrets are told by their length unless `reveal`; two keys of one length thus look the same,
        and that there is a difference is what is shown.
        """
        sides = {"before": self.before, "after": self.after}
        return {"path": self.path} | {
            name: self._shown(value, reveal=reveal)
            for name, value in sides.items()
            if value is not ABSENT
        }

    def lines(self, *, reveal: bool = False) -> Iterator[str]:
        """Yield `- path: value` and `+ path: value`, the values as JSON."""
        shown = self.shown(reveal=reveal)
        for sign, side in (("-", "before"), ("+", "after")):
            if side in shown:
                yield visible(f"{sign} {self.path}: {json.dumps(shown[side], ensure_ascii=False)}")

    def _shown(self, value: object, *, reveal: bool) -> object:
        if isinstance(value, bytes):
            return secret_text(value, self.encoding, reveal=reveal)
        return plain(value, reveal=reveal)


def differences(before: object, after: object) -> tuple[Difference, ...]:
    """Return what differs in two databases, or two parts of one kind, in the model's order.

    Both are models (`msgspec.Struct`) or what `svrdb.plain.tree` makes of them. Two equal ones give
    an empty tuple.
    """
    return tuple(_between(tree(before), tree(after), "", None))


def _between(
    before: object, after: object, path: str, encoding: str | None
) -> Iterator[Difference]:
    """Yield the differences of two values, going into maps and arrays of entries."""
    if type(before) is type(after) and before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        prefix = f"{path}." if path else ""
        beside = after.get("encoding")
        for name in dict.fromkeys((*before, *after)):
            sides = before.get(name, ABSENT), after.get(name, ABSENT)
            yield from _between(*sides, f"{prefix}{name}", beside)
        return
    entries = _entries(before), _entries(after)
    # Arrays are gone into where each side has entries, or one has and the other is empty.
    if all(entries) or (any(entries) and [] in (before, after)):
        old, new = entries
        for key in dict.fromkeys((*old, *new)):
            yield from _between(old.get(key, ABSENT), new.get(key, ABSENT), f"{path}[{key}]", None)
        return
    yield Difference(path, before, after, encoding)


def _entries(value: object) -> dict[str, object]:
    """Return the maps of an array by what tells them apart; nothing if that is not certain.

    Entries without an id are told apart by their position. An id that stands twice (a damaged or
    foreign database) makes it uncertain; the arrays are then compared as a whole.
    """
    listed = value if isinstance(value, list) else []
    found: dict[str, object] = {}
    for number, each in enumerate(listed):
        if not isinstance(each, dict):
            return {}
        name = next((name for name in IDS if name in each), None)
        found[str(number) if name is None else f"{name}={each[name]}"] = each
    return found if len(found) == len(listed) else {}
