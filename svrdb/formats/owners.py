"""Multiple ownership as IoTivity keeps it: in doxm, and in the entries of cred and acl.

Version 1.2 has the names of the model, later ones put `x.org.iotivity.` before them.
"""

from collections.abc import Callable
from typing import Any, Final

from onboardee.svrdb.formats.foreign import Resources
from onboardee.svrdb.model import Owners
from onboardee.svrdb.model.owners import PREFIX
from onboardee.svrdb.plain import tree

_OF_DOXM: Final = ("mom", "subowneruuid")
"""The mode of multiple ownership, and who the sub-owners are."""
_OF_ENTRIES: Final = ("eowneruuid",)
"""Which owner an entry is of: one may not change what another one wrote."""


def shown(owners: Owners) -> dict[str, Any]:
    """Return the properties of doxm; a device without multiple ownership has none."""
    if owners == Owners():
        return {}
    values: dict[str, Any] = tree(owners)
    return values if values["subowneruuid"] else {"mom": values["mom"]}


def of(doxm: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of the properties of doxm."""
    return {name: doxm[name] for name in _OF_DOXM if name in doxm}


def from_foreign(resources: Resources) -> None:
    """Bring the names of later versions into those of the model, in place."""
    _rename(resources, lambda name: name, lambda name: PREFIX + name)


def to_foreign(resources: Resources) -> None:
    """Write the names of later versions, in place."""
    _rename(resources, lambda name: PREFIX + name, lambda name: name)


def _rename(
    resources: Resources, after: Callable[[str], str], before: Callable[[str], str]
) -> None:
    """Give properties of doxm and of entries other names, in place.

    The name that is looked for is what `before` makes of the model's name; `after` makes the one
    that it gets. What is no map or list is passed over: the model refuses it later, with its
    place.
    """
    holders: list[tuple[Any, tuple[str, ...]]] = [(resources.get("doxm"), _OF_DOXM)]
    for resource, name in (("cred", "creds"), ("acl", "aclist2")):
        entries = (resources.get(resource) or {}).get(name)
        if isinstance(entries, list):
            holders += [(each, _OF_ENTRIES) for each in entries]
    for holder, names in holders:
        if not isinstance(holder, dict):
            continue
        for name in names:
            if before(name) in holder:
                holder[after(name)] = holder.pop(before(name))
