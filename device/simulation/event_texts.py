"""What a device says to people at an event, in words of its profile: the settings `says`.

IoTivity's sample servers print a sentence when a PIN is made or an owner comes, and people follow
guides that wait for it. A text is a `string.Template` over the fields of the event, and it is
checked when the profile is loaded: at the event itself nobody could mend it.
"""

from collections.abc import Mapping
from string import Template
from typing import Annotated

import msgspec

from onboardee.device import events
from onboardee.device.simulation.section import MisplacedError

EventName = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+\.[a-z_]+$")]
"""`otm.pin`, `state.changed`: the name that the log prints."""


def check_event_texts(says: Mapping[str, str]) -> None:
    """Raise `MisplacedError` for an event that there is not, or for what it does not tell."""
    known = {each.name: each for each in _kinds(events.Event)}
    for name, text in says.items():
        kind = known.get(name)
        if kind is None:
            raise MisplacedError(f"there is no event {name}", "says", name)
        told = {field.name for field in msgspec.structs.fields(kind)}
        template = Template(text)
        if not template.is_valid():
            raise MisplacedError("a $ that stands for itself is written twice", "says", name)
        for wanted in template.get_identifiers():
            if wanted not in told:
                raise MisplacedError(f"{name} does not tell {wanted}", "says", name)


def _kinds(base: type[events.Event]) -> list[type[events.Event]]:
    """Return all events there are: every subclass of `Event`."""
    found = []
    for kind in base.__subclasses__():
        found += [kind, *_kinds(kind)]
    return found
