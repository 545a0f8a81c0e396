"""Where a resource is and what it is for, as its links say: semantic tags (OCF Core 7.8.2).

They are parameters of links, in `/oic/res` and in collections, by which a client sorts what it
finds: the lamps of a room, the left one of two sockets.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from onboardee.device.simulation.section import Section

LOCATIONS = [
    "unknown",
    "attic",
    "balcony",
    "ballroom",
    "bathroom",
    "bedroom",
    "border",
    "boxroom",
    "cellar",
    "cloakroom",
    "conservatory",
    "corridor",
    "deck",
    "den",
    "diningroom",
    "drawingroom",
    "driveway",
    "dungeon",
    "ensuite",
    "entrance",
    "familyroom",
    "garage",
    "garden",
    "guestroom",
    "hall",
    "indoor",
    "kitchen",
    "larder",
    "lawn",
    "library",
    "livingroom",
    "lounge",
    "mancave",
    "masterbedroom",
    "musicroom",
    "office",
    "outdoor",
    "pantry",
    "parkinglot",
    "parlour",
    "patio",
    "receiptionroom",
    "restroom",
    "roof",
    "roofterrace",
    "sauna",
    "scullery",
    "shed",
    "sittingroom",
    "snug",
    "spa",
    "studio",
    "suite",
    "swimmingpool",
    "terrace",
    "toilet",
    "utilityroom",
    "vegetableplot",
    "ward",
    "yard",
]
"""OCF's names of places, as published: `receiptionroom` is one of them."""
POSITIONS = [
    "unknown",
    "top",
    "bottom",
    "left",
    "right",
    "centre",
    "topleft",
    "bottomleft",
    "centreleft",
    "centreright",
    "bottomright",
    "topright",
    "topcentre",
    "bottomcentre",
]
"""OCF's names of positions."""

Location = StrEnum("Location", {each: each for each in LOCATIONS})  # type: ignore[misc]
Position = StrEnum("Position", {each: each for each in POSITIONS})  # type: ignore[misc]
Share = Annotated[float, msgspec.Meta(ge=-1, le=1)]


class Tags(Section, frozen=True, kw_only=True, rename="kebab"):
    """What links say of where a resource is, and what it is for."""

    locn: Location | None = None
    """`tag-locn`: the place, such as livingroom."""
    pos_desc: Position | None = None
    """`tag-pos-desc`: the position, such as topleft."""
    pos_rel: Annotated[tuple[Share, ...], msgspec.Meta(min_length=3, max_length=3)] | None = None
    """`tag-pos-rel`: the position as three numbers from -1 to 1."""
    func_desc: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    """`tag-func-desc`: what it is for, one of OCF's enumerations."""

    def parameters(self) -> Iterator[tuple[str, Any]]:
        """Yield the parameters of a link."""
        for name, value in msgspec.structs.asdict(self).items():
            if value is not None:
                said = str(value) if isinstance(value, str) else value
                yield f"tag-{name.replace('_', '-')}", said
