"""Faults of a device's protocol, from a browser: those it has, and ready ones to switch on.

The ready ones are the devices of `onboardee audit --trials` that misbehave in one thing: what a
tool is tried with there can be looked at here, one switch each. Those that can never act on this
device, as it has no such resource or certificate, are left out. Any other fault is written as for
`onboardee ctl fault add`; nothing that it names is read from disk.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from onboardee.device.audit.trial import Trial
from onboardee.device.audit.trials import TRIALS
from onboardee.device.control import ControlError
from onboardee.device.control.commands import AddFault, ListFaults
from onboardee.device.faults.certificates import prepared
from onboardee.device.faults.terms import Fault, FaultError, parse
from onboardee.device.net.performer import Performer
from onboardee.device.simulation.manufacturer import is_text
from onboardee.device.simulation.profile import Profile
from onboardee.device.web.guard import Refused

LONGEST: Final = 4096
"""Characters of a fault's text."""


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A fault to be added: one of the two says which."""

    ready: str | None = None
    """The name of a ready one."""
    text: str | None = None
    """As on the command line, `drop at=credential times=2`."""


WANTED: Final = msgspec.json.Decoder(Wanted)


async def listed(performer: Performer) -> dict[str, Any]:
    """Return the faults that a device has, and the ready ones with whether they are on."""
    present = (await performer.perform(ListFaults()))["faults"]
    names = {each["name"] for each in present}
    ready = [
        {"name": each.name, "sentence": each.sentence, "is_on": each.name in names}
        for each in _ready(performer.hosted.device.profile)
    ]
    return {"present": present, "ready": ready}


async def added(performer: Performer, wanted: Wanted) -> dict[str, Any]:
    """Give a device a fault, and return what `listed` does. Raises `ControlError`."""
    if (wanted.ready is None) == (wanted.text is None):
        raise ControlError("say which fault: either a ready one, or its text")
    for fault in _read(wanted, performer.hosted.device.profile):
        await performer.perform(AddFault(fault=fault))
    return await listed(performer)


def require_texts(fault: Fault) -> None:
    """Raise `Refused` for a certificate or key by its path: a browser has no files here."""
    if not all(each is None or is_text(each) for each in (fault.chain, fault.key)):
        raise Refused(403, "over HTTP a certificate and its key are PEM text, no paths")


def _read(wanted: Wanted, profile: Profile) -> list[Fault]:
    """Return what is to be added. Raises `ControlError`."""
    if wanted.text is not None:
        try:
            fault = parse(wanted.text[:LONGEST])
        except FaultError as error:
            raise ControlError(str(error)) from error
        require_texts(fault)
        return [fault]
    for trial in _ready(profile):
        if trial.name == wanted.ready:
            return [replace(each, name=trial.name) for each in trial.faults]
    raise ControlError("there is no ready fault of that name that can act on this device")


def _ready(profile: Profile) -> Iterator[Trial]:
    """Yield the trials that are nothing but faults, all of which can act on such a device."""
    for trial in TRIALS:
        if trial.faults and trial.adapt is None and _can_act(trial, profile):
            yield trial


def _can_act(trial: Trial, profile: Profile) -> bool:
    try:
        for fault in trial.faults:
            prepared(fault, profile)
    except FaultError:
        return False
    return True
