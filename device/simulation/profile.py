"""Device profiles: a YAML file says what a device is. Typed once, checked on loading.

`load` goes from a name to a `Profile` in five steps: the document with its lines (`document`), what
it extends and its devices (`variants`), the typed model, the files that it names, and the code of
its behaviour, which is looked for and not executed. Each part of a profile is a `Section`; what
concerns several parts is checked in `Profile.__post_init__`, whose errors carry the path to the
part. A profile is frozen and shared by all devices that have it.

To add a setting: a field with its docstring in the section that it belongs to. JSON Schema, hints
and the refusal of misspelled keys follow from that.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec.structs import force_setattr, replace

from onboardee.device.faults.checking import Possible
from onboardee.device.faults.terms import Fault, FaultError
from onboardee.device.simulation.answers import Answers
from onboardee.device.simulation.atomic_measurement import check_atomic
from onboardee.device.simulation.behaviour import AnyBehaviour
from onboardee.device.simulation.behaviour.fault import FaultBehaviour
from onboardee.device.simulation.catalogue import BUILT_IN, Catalogue, built_in_names, is_path
from onboardee.device.simulation.compatibility import Compatibility, Preset, resolved
from onboardee.device.simulation.conditional import check_conditional
from onboardee.device.simulation.core_resources import CorePaths, CoreResources, check_core
from onboardee.device.simulation.creatable import completed
from onboardee.device.simulation.device_identity import DeviceIdentity, Platform
from onboardee.device.simulation.document import DocumentItem
from onboardee.device.simulation.event_texts import EventName, check_event_texts
from onboardee.device.simulation.faults import check_faults, possible_faults, with_texts
from onboardee.device.simulation.manufacturer import Manufacturer, is_text, loaded
from onboardee.device.simulation.mistakes import explained, told
from onboardee.device.simulation.ownership_settings import (
    OwnershipSettings,
    OwnerTransferMethod,
    PinSettings,
    UuidPolicy,
    check_ownership,
)
from onboardee.device.simulation.pairing_settings import DirectPairingSettings
from onboardee.device.simulation.resource import Href, ResourceProfile, check_links, check_resources
from onboardee.device.simulation.scene_recall import check_recall, entries_of
from onboardee.device.simulation.scenes import Scenes, with_scenes
from onboardee.device.simulation.section import MisplacedError, ProfileError, Section
from onboardee.device.simulation.security_profile import check_security_profiles
from onboardee.device.simulation.software import SoftwareUpdateSettings, check_software
from onboardee.device.simulation.values import Property
from onboardee.device.simulation.variants import expanded
from onboardee.device.simulation.world.build import check as check_behaviour
from onboardee.device.simulation.world.build import located
from onboardee.device.simulation.world.declaration import Behaviour
from onboardee.device.simulation.world.terms import BehaviourError

__all__ = [
    "BUILT_IN",
    "Answers",
    "Compatibility",
    "CorePaths",
    "CoreResources",
    "DeviceIdentity",
    "DirectPairingSettings",
    "DiscoveryDelays",
    "Href",
    "OwnerTransferMethod",
    "OwnershipSettings",
    "PinSettings",
    "Platform",
    "Profile",
    "ProfileError",
    "ResourceProfile",
    "Section",
    "SoftwareUpdateSettings",
    "UuidPolicy",
    "built_in_names",
    "load",
    "load_all",
]

Delay = Annotated[float, msgspec.Meta(ge=0, le=60)]
"""Seconds."""


if TYPE_CHECKING:
    Compat = Compatibility
else:
    # a file may name a preset instead; once it is read, a profile has the settings themselves
    Compat = Compatibility | Preset


class SnapshotSettings(Section, frozen=True, kw_only=True):
    """Copies of the database that a running device keeps by itself."""

    automatic: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    """How many, one for each change of the onboarding state; the oldest go first."""


class DiscoveryDelays(Section, frozen=True, kw_only=True):
    """How multicast requests are answered: random delays up to these."""

    doxm_delay: Delay = 2.0
    """Seconds, for `/oic/sec/doxm`."""
    other_delay: Delay = 0.25
    """Seconds, for everything else."""


class Profile(Section, frozen=True, kw_only=True):
    """A whole device."""

    description: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    """One line for `onboardee profiles list`."""
    device: DeviceIdentity
    """What the device is."""
    platform: Platform
    """What it runs on."""
    ownership: OwnershipSettings = OwnershipSettings()
    """How it changes owners, and what it leaves the factory with."""
    discovery: DiscoveryDelays = DiscoveryDelays()
    """How it answers multicast."""
    answers: Answers = Answers()
    """How much it sends to addresses that are not proven."""
    compat: Compat = Compatibility()
    """What it does as older devices did: a preset, or single settings."""
    direct_pairing: DirectPairingSettings | None = None
    """How other devices pair with it by a PIN; without this none does."""
    software_update: SoftwareUpdateSettings | None = None
    """How it updates its software; without this it does not."""
    core: CoreResources = CoreResources()
    """Which of the optional core resources it has."""
    snapshots: SnapshotSettings = SnapshotSettings()
    """Which copies of its database it keeps by itself."""
    resources: Annotated[tuple[ResourceProfile, ...], msgspec.Meta(max_length=256)] = ()
    """The application resources."""
    scenes: Scenes | None = None
    """Settings of several resources that clients recall by one name."""
    says: Annotated[dict[EventName, str], msgspec.Meta(max_length=32)] = msgspec.field(
        default_factory=dict
    )
    """What the log says for people at an event as well; $name is what the event tells.

    As in `otm.pin: "PIN CODE : $pin"`; docs/guide.md lists the events.
    """
    faults: Annotated[tuple[Fault, ...], msgspec.Meta(max_length=64)] = ()
    """What goes wrong in its protocol; docs/guide.md has the catalogue."""
    behaviour: Annotated[tuple[AnyBehaviour, ...], msgspec.Meta(max_length=256)] = ()
    """What it does by itself."""

    def __post_init__(self) -> None:
        force_setattr(self, "compat", resolved(self.compat))
        force_setattr(self, "resources", with_scenes(self.resources, self.scenes))
        check_resources(self.resources)
        check_links(self.resources)
        check_atomic(self.resources)
        check_conditional(self.resources)
        growing = [each.href for each in self.resources if each.creates is not None]
        check_core(self.core, self.specs.keys(), self._own_paths, growing)
        check_behaviour(self.behaviour, self.specs)
        check_recall(self.scenes, self.behaviour)
        faults = frozenset(each.name for each in self.behaviour if isinstance(each, FaultBehaviour))
        check_software(self.software_update, self.device, self.platform, faults)
        check_ownership(self.ownership)
        self._check_security_profiles()
        check_event_texts(self.says)
        check_faults(self.faults, self.possible_faults)

    @property
    def entries(self) -> tuple[Behaviour, ...]:
        """What the device does by itself: `behaviour`, and what its scenes set."""
        return (*self.behaviour, *entries_of(self.scenes))

    @property
    def possible_faults(self) -> Possible:
        """What faults of the protocol may be about on this device."""
        return possible_faults(self.resources, self.core, self.ownership.manufacturer)

    def _check_security_profiles(self) -> None:
        """Ask for what they need, once the files that the profile names are read."""
        manufacturer = self.ownership.manufacturer
        if manufacturer is None or is_text(manufacturer.chain):
            has_updates = self.software_update is not None
            check_security_profiles(self.ownership, has_updates=has_updates)

    @property
    def _own_paths(self) -> tuple[str, ...]:
        """Where the device has resources of its own that the profile places."""
        return () if self.software_update is None else (self.software_update.path,)

    @property
    def specs(self) -> dict[str, dict[str, Property]]:
        """The properties by path and name, as behaviour sees them.

        Paths are those of the resources, names those of the properties.
        """
        return {resource.href: resource.properties for resource in self.resources}


def load(name_or_path: str, catalogue: Catalogue | None = None) -> Profile:
    """Load the only device of a built-in profile or a file, as `load_all` does.

    Raises `ProfileError`.
    """
    profiles = load_all(name_or_path, catalogue)
    if len(profiles) > 1:
        raise ProfileError(
            f"profile {name_or_path} describes {len(profiles)} devices, and one is needed here"
        )
    return profiles[0]


def load_all(name_or_path: str, catalogue: Catalogue | None = None) -> tuple[Profile, ...]:
    """Load the devices of a built-in profile or a file, of which there is at least one.

    Devices of one file share what is equal in them. Raises `ProfileError`.

    Built-in profiles are kept once loaded, files are read anew each time, except those that
    `catalogue` has read already.
    """
    if not is_path(name_or_path):
        return _built_in(name_or_path)
    return _from_file(name_or_path, catalogue or Catalogue())


@cache
def _built_in(name: str) -> tuple[Profile, ...]:
    """Load a profile of the catalogue once: the files of a package do not change while it runs."""
    return _from_file(name, Catalogue())


def _from_file(name: str, catalogue: Catalogue) -> tuple[Profile, ...]:
    """Load all devices of a document, with what is equal in them shared."""
    known: dict[bytes, ResourceProfile] = {}
    return tuple(
        _with_shared(_converted(item), known)
        for item in expanded(catalogue.find(name), catalogue.find)
    )


def _converted(item: DocumentItem) -> Profile:
    """Return the profile of a document. Raises `ProfileError` with its line."""

    def convert(data: Any) -> Profile:
        return msgspec.convert(data, Profile)

    try:
        profile = _with_code(_with_files(convert(item.plain()), item), item)
        return _with_creatable(profile, item)
    except msgspec.ValidationError as error:
        raise explained(error, item, convert, _schema()) from error


@cache
def _schema() -> dict[str, Any]:
    """Return the JSON Schema of profiles: made only for an error, and once.

    It takes longer than reading a profile.
    """
    return msgspec.json.schema(Profile)


def _with_code(profile: Profile, item: DocumentItem) -> Profile:
    """Find the code of a behaviour in the folder of the profile that has it."""
    place = item.at("behaviour")
    try:
        found = located(profile.behaviour, Path(place.file).parent if is_path(place.file) else None)
    except BehaviourError as error:
        raise place.wrong(str(error)) from error
    return replace(profile, behaviour=found) if found != profile.behaviour else profile


def _with_creatable(profile: Profile, item: DocumentItem) -> Profile:
    """Complete what clients may create, from the profile itself or from the catalogue."""
    if not any(resource.creates for resource in profile.resources):
        return profile
    return replace(profile, resources=completed(profile.resources, profile.behaviour, item))


def _with_shared(profile: Profile, known: dict[bytes, ResourceProfile]) -> Profile:
    """Take a resource that another device of the file has as well from there."""
    shared = tuple(
        # Equal resources are one object, so a thousand devices of a file cost little more than one.
        known.setdefault(msgspec.msgpack.encode(resource), resource)
        for resource in profile.resources
    )
    return replace(profile, resources=shared)


def _with_files(profile: Profile, item: DocumentItem) -> Profile:
    """Read the files that a profile names, each from the folder of the profile that names it."""
    faults = tuple(
        _with_certificate(fault, item.at("faults", number))
        for number, fault in enumerate(profile.faults)
    )
    manufacturer = profile.ownership.manufacturer
    if manufacturer is None:
        return replace(profile, faults=faults) if faults else profile
    place = item.at("ownership", "manufacturer")
    paths = {
        name: value if is_text(value) else str(Path(place.at(name).file).parent / value)
        for name, value in msgspec.structs.asdict(manufacturer).items()
        if value is not None
    }
    try:
        texts = loaded(Manufacturer(**paths), Path())
    except OSError as error:
        raise place.wrong(f"cannot read {error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise place.wrong(str(error)) from error
    ownership = replace(profile.ownership, manufacturer=texts)
    try:
        return replace(profile, ownership=ownership, faults=faults)
    except MisplacedError as error:
        # what a certificate has to say is known now that it was read
        raise told(item.at(*error.path), error.path, str(error)) from error


def _with_certificate(fault: Fault, place: DocumentItem) -> Fault:
    try:
        return with_texts(fault, Path(place.file).parent)
    except FaultError as error:
        raise place.wrong(str(error)) from error
