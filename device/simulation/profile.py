"""Device profiles: a YAML file says what a device is. Typed once, checked on loading."""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec.structs import force_setattr, replace

from onboardee.device.simulation.answers import Answers
from onboardee.device.simulation.behaviour import AnyBehaviour
from onboardee.device.simulation.compatibility import Compatibility, Preset, resolved
from onboardee.device.simulation.document import Item
from onboardee.device.simulation.every_mistake import every_mistake
from onboardee.device.simulation.identity import Identity, Platform
from onboardee.device.simulation.links import check_links
from onboardee.device.simulation.manufacturer import Manufacturer, is_text, loaded
from onboardee.device.simulation.mistakes import explained
from onboardee.device.simulation.resource import Href, ResourceProfile, check_resources
from onboardee.device.simulation.section import MisplacedError, ProfileError, Section
from onboardee.device.simulation.source import BUILT_IN, Library, built_in_names, is_path
from onboardee.device.simulation.values import Property
from onboardee.device.simulation.variants import expanded
from onboardee.device.simulation.world.build import check as check_behaviour
from onboardee.device.simulation.world.build import located
from onboardee.device.simulation.world.terms import BehaviourError
from onboardee.device.validity import parse as parse_validity
from onboardee.svrdb.check import problems
from onboardee.svrdb.findings import ProblemCode
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    NIL,
    Ace,
    Acl2,
    Cred,
    Credential,
    CredentialType,
    Database,
    Doxm,
    Permanent,
    TransferMethod,
)

__all__ = [
    "BUILT_IN",
    "Answers",
    "Compatibility",
    "CoreResources",
    "Discovery",
    "Href",
    "Identity",
    "Method",
    "Ownership",
    "Pin",
    "Platform",
    "Profile",
    "ProfileError",
    "ResourceProfile",
    "Section",
    "UuidPolicy",
    "built_in_names",
    "load",
    "load_all",
]

_FACTORY_PROBLEMS: Final = {
    ProblemCode.DUPLICATE_ACEID: "factory_access",
    ProblemCode.BAD_SUBJECT: "factory_access",
    ProblemCode.DUPLICATE_CREDID: "factory_credentials",
    ProblemCode.BAD_KEY_LENGTH: "factory_credentials",
}

Seconds = Annotated[float, msgspec.Meta(ge=0, le=60)]


if TYPE_CHECKING:
    Compat = Compatibility
else:
    # a file may name a preset instead; once it is read, a profile has the settings themselves
    Compat = Compatibility | Preset


class Method(StrEnum):
    """Owner transfer methods, as profiles and the command line name them."""

    JUST_WORKS = "jw"
    RANDOM_PIN = "rdp"
    MANUFACTURER_CERTIFICATE = "mfgcert"

    @property
    def number(self) -> TransferMethod:
        """The method's number on the wire."""
        return {
            Method.JUST_WORKS: TransferMethod.JUST_WORKS,
            Method.RANDOM_PIN: TransferMethod.RANDOM_PIN,
            Method.MANUFACTURER_CERTIFICATE: TransferMethod.MANUFACTURER_CERTIFICATE,
        }[self]


class UuidPolicy(StrEnum):
    """Which UUID a device has after a factory reset."""

    KEEP = "keep"
    """The one it left the factory with."""
    NEW = "new"
    """A new random one (OCF 2.x, IoTivity-Lite)."""


class Pin(Section, frozen=True, kw_only=True):
    """The PIN of the random PIN method: how one is made, or which one it always is."""

    length: Annotated[int, msgspec.Meta(ge=4, le=32)] = 8
    """How many characters a random one has."""
    alphabet: Annotated[
        str, msgspec.Meta(min_length=2, max_length=62, pattern="^[0-9A-Za-z]*$")
    ] = "0123456789"
    """The characters it is made of."""
    fixed: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{4,32}$")] | None = None
    """Always this one. For experiments: no PIN that is known before is worth anything."""
    bare_hint: bool = False
    """Announce 16 octets of UUID alone, as IoTivity 2 does, not with IoTivity-Lite's prefix."""


class Ownership(Section, frozen=True, kw_only=True):
    """How the device changes owners."""

    methods: Annotated[tuple[Method, ...], msgspec.Meta(min_length=1)] = (Method.JUST_WORKS,)
    """`oxms`: the owner transfer methods, in the order in which they are offered."""
    pin: Pin = Pin()
    """How the PIN of the random PIN method is made."""
    manufacturer: Manufacturer | None = None
    """The certificate of the manufacturer certificate method."""
    uuid: UuidPolicy = UuidPolicy.KEEP
    """Which UUID the device has after a factory reset."""
    temporary_uuid: bool = False
    """Hide the device UUID behind a temporary one until the device has an owner."""
    reset_delay: Seconds = 2.0
    """Seconds between the answer to a reset and the reset itself, so that the answer can leave."""
    idle_limit: Annotated[float, msgspec.Meta(ge=1, le=600)] = 180.0
    """Seconds that an ownership connection may say nothing before the transfer counts as given up.

    A CoAP exchange in a bad network is silent for up to 93 s (MAX_TRANSMIT_WAIT, RFC 7252 4.8.2).
    """
    transfer_limit: Annotated[float, msgspec.Meta(ge=10, le=3600)] = 300.0
    """Seconds that a transfer may take in all, until the device has an owner."""
    factory_access: tuple[Ace, ...] = ()
    """Access control entries of a device fresh from the factory, as in aclist2."""
    factory_credentials: Annotated[tuple[Credential, ...], msgspec.Meta(max_length=32)] = ()
    """Credentials of a device fresh from the factory, as in cred; octets are base64.

    The manufacturer's certificate is credential 1, and its trust anchors are credential 2.
    """

    def check(self) -> None:
        """Raise `ValueError` if a method lacks what it needs."""
        if Method.MANUFACTURER_CERTIFICATE in self.methods and self.manufacturer is None:
            raise ValueError("the method mfgcert needs ownership.manufacturer: chain and key")


class Snapshots(Section, frozen=True, kw_only=True):
    """Copies of the database that a running device keeps by itself."""

    automatic: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    """How many, one for each change of the onboarding state; the oldest go first."""


class Discovery(Section, frozen=True, kw_only=True):
    """How multicast requests are answered: random delays up to these."""

    doxm_delay: Seconds = 2.0
    """Seconds, for `/oic/sec/doxm`."""
    other_delay: Seconds = 0.25
    """Seconds, for everything else."""


class CoreResources(Section, frozen=True, kw_only=True):
    """Which of the optional core resources there are."""

    configuration: bool = True
    """`/oic/con`: lets clients name the device and say where it is."""
    introspection: bool = True
    """`/oic/introspection`: says what the application resources look like."""


class Profile(Section, frozen=True, kw_only=True):
    """A whole device."""

    description: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    """One line for `onboardee profiles list`."""
    device: Identity
    """What the device is."""
    platform: Platform
    """What it runs on."""
    ownership: Ownership = Ownership()
    """How it changes owners, and what it leaves the factory with."""
    discovery: Discovery = Discovery()
    """How it answers multicast."""
    answers: Answers = Answers()
    """How much it sends to addresses that are not proven."""
    compat: Compat = Compatibility()
    """What it does as older devices did: a preset, or single settings."""
    core: CoreResources = CoreResources()
    """Which of the optional core resources it has."""
    snapshots: Snapshots = Snapshots()
    """Which copies of its database it keeps by itself."""
    resources: Annotated[tuple[ResourceProfile, ...], msgspec.Meta(max_length=256)] = ()
    """The application resources."""
    behaviour: Annotated[tuple[AnyBehaviour, ...], msgspec.Meta(max_length=256)] = ()
    """What it does by itself."""

    def __post_init__(self) -> None:
        force_setattr(self, "compat", resolved(self.compat))
        check_resources(self.resources)
        check_links(self.resources)
        check_behaviour(self.behaviour, self.specs)
        self._check_ownership()

    def _check_ownership(self) -> None:
        try:
            self.ownership.check()
        except ValueError as error:
            raise MisplacedError(str(error), "ownership", "methods") from error
        for problem in problems(_trial(self.ownership)):
            if problem.code in _FACTORY_PROBLEMS:
                part = _FACTORY_PROBLEMS[problem.code]
                raise MisplacedError(f"{part}: {problem.sentence}", "ownership", part)
        for place, entry in enumerate(self.ownership.factory_access):
            for pattern in entry.validity:
                try:
                    parse_validity(pattern)
                except ValueError as error:
                    path = ("ownership", "factory_access", place, "validity")
                    raise MisplacedError(str(error), *path) from error

    @property
    def specs(self) -> dict[str, dict[str, Property]]:
        """The properties by path and name, as behaviour sees them."""
        return {resource.href: resource.properties for resource in self.resources}


def _trial(ownership: Ownership) -> Database:
    """Make a database that has the factory's content, to see what is wrong with it."""
    nobody = Permanent(device=NIL, platform=NIL, original=NIL)
    taken = 0 if ownership.manufacturer is None else 2 - (ownership.manufacturer.trust is None)
    manufacturer = (
        Credential(credid=number, kind=CredentialType.CERTIFICATE, subject=ANY_SUBJECT)
        for number in range(1, taken + 1)
    )
    return Database(
        doxm=Doxm(methods=(), device_uuid=NIL),
        permanent=nobody,
        acl2=Acl2(entries=ownership.factory_access),
        cred=Cred(credentials=(*manufacturer, *ownership.factory_credentials)),
    )


def load(name_or_path: str) -> Profile:
    """Load a built-in profile by name, or a file by path. Raises `ProfileError`."""
    profiles = load_all(name_or_path)
    if len(profiles) > 1:
        raise ProfileError(
            f"profile {name_or_path} describes {len(profiles)} devices, and one is needed here"
        )
    return profiles[0]


def mistakes(name_or_path: str) -> list[ProfileError]:
    """Return everything that is wrong with a profile, nothing if it can be loaded."""
    try:
        load_all(name_or_path)
    except ProfileError as error:
        return _every_mistake(name_or_path) or [error]
    return []


def _every_mistake(name: str) -> list[ProfileError]:
    library, found = Library(), list[ProfileError]()
    schema = msgspec.json.schema(Profile)
    try:
        for item in expanded(library.find(name), library.find):
            found += every_mistake(item, lambda data: msgspec.convert(data, Profile), schema)
    except ProfileError as error:
        found.append(error)
    return found


def load_all(name_or_path: str) -> tuple[Profile, ...]:
    """Load the devices of a built-in profile or a file, of which there is at least one.

    Devices of one file share what is equal in them. Raises `ProfileError`.
    """
    return _from_file(name_or_path) if is_path(name_or_path) else _built_in(name_or_path)


@cache
def _built_in(name: str) -> tuple[Profile, ...]:
    return _from_file(name)


def _from_file(name: str) -> tuple[Profile, ...]:
    library = Library()
    known: dict[bytes, ResourceProfile] = {}
    return tuple(
        _with_shared(_converted(item), known) for item in expanded(library.find(name), library.find)
    )


def _converted(item: Item) -> Profile:
    def convert(data: Any) -> Profile:
        return msgspec.convert(data, Profile)

    try:
        return _with_code(_with_files(convert(item.plain()), item), item)
    except msgspec.ValidationError as error:
        raise explained(error, item, convert, msgspec.json.schema(Profile)) from error


def _with_code(profile: Profile, item: Item) -> Profile:
    """Find the code of a behaviour in the folder of the profile that has it."""
    place = item.at("behaviour")
    try:
        found = located(profile.behaviour, Path(place.file).parent if is_path(place.file) else None)
    except BehaviourError as error:
        raise place.wrong(str(error)) from error
    return replace(profile, behaviour=found) if found != profile.behaviour else profile


def _with_shared(profile: Profile, known: dict[bytes, ResourceProfile]) -> Profile:
    """Take a resource that another device of the file has as well from there."""
    shared = tuple(
        known.setdefault(msgspec.msgpack.encode(resource), resource)
        for resource in profile.resources
    )
    return replace(profile, resources=shared)


def _with_files(profile: Profile, item: Item) -> Profile:
    """Read the files that a profile names, each from the folder of the profile that names it."""
    manufacturer = profile.ownership.manufacturer
    if manufacturer is None:
        return profile
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
    return replace(profile, ownership=replace(profile.ownership, manufacturer=texts))
