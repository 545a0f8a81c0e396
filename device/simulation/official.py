"""Names that OCF has published: types of resources, and those of devices as far as known.

The list lies beside the profiles; `bench/official_names.py` makes it anew from OCF's data models.
"""

import difflib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final

from onboardee.device.simulation.profile import Profile

FILE: Final = "official-names.txt"
OFFICIAL: Final = "oic."
"""How OCF's own names begin; others are anybody's."""


@cache
def official_names() -> frozenset[str]:
    """Return the published names."""
    text = (resources.files("onboardee") / "profiles" / FILE).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def strange_names(profile: Profile) -> Iterator[str]:
    """Yield a sentence for each type that looks like OCF's and is not known as one."""
    for name in profile.device.types:
        yield from _doubt("device.types", name)
    for resource in profile.resources:
        for name in resource.types:
            yield from _doubt(resource.href, name)


def _doubt(place: str, name: str) -> Iterator[str]:
    known = official_names()
    if not name.startswith(OFFICIAL) or name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; the nearest is {near[0]}" if near else ""
    yield f"{place}: neither OCF's models nor the catalogue have {name}{hint}"
