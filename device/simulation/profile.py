"""Device profiles: a YAML file says what a device is. Typed once, checked on loading."""

import difflib
import re
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

import msgspec
import yaml
from msgspec.structs import replace

from device.simulation.links import check_links
from device.simulation.manufacturer import Manufacturer, loaded
from device.simulation.values import Property
from device.validity import parse as parse_validity
from svrdb.check import ProblemCode, problems
from svrdb.model import NIL, Ace, Acl2, Database, Doxm, Permanent, TransferMethod

BUILT_IN: Final = resources.files("profiles")

_ACCESS_PROBLEMS: Final = frozenset({ProblemCode.DUPLICATE_ACEID, ProblemCode.BAD_SUBJECT})

Href = Annotated[str, msgspec.Meta(pattern="^/", max_length=256)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=60)]


class ProfileError(Exception):
    """A profile cannot be used; the message says which, where and why."""


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


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Common to all parts of a profile: an unknown key is a mistake."""


class Identity(Section, frozen=True, kw_only=True):
    """What `/oic/d` tells."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    types: tuple[str, ...]
    spec_version: str = "ocf.2.2.5"
    data_model_version: str = "ocf.res.1.3.0,ocf.sh.1.3.0"


class Platform(Section, frozen=True, kw_only=True):
    """What `/oic/p` tells."""

    manufacturer: str
    model: str | None = None
    platform_version: str | None = None
    firmware_version: str | None = None


class Pin(Section, frozen=True, kw_only=True):
    """The PIN of the random PIN method: how one is made, or which one it always is."""

    length: Annotated[int, msgspec.Meta(ge=4, le=32)] = 8
    alphabet: Annotated[
        str, msgspec.Meta(min_length=2, max_length=62, pattern="^[0-9A-Za-z]*$")
    ] = "0123456789"
    fixed: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{4,32}$")] | None = None
    """For experiments: no PIN that is known before is worth anything."""
    bare_hint: bool = False
    """Announce 16 octets of UUID alone, as IoTivity 2 does, not with IoTivity-Lite's prefix."""


class Ownership(Section, frozen=True, kw_only=True):
    """How the device changes owners."""

    methods: Annotated[tuple[Method, ...], msgspec.Meta(min_length=1)] = (Method.JUST_WORKS,)
    pin: Pin = Pin()
    manufacturer: Manufacturer | None = None
    """The certificate of the manufacturer certificate method."""
    uuid: UuidPolicy = UuidPolicy.KEEP
    temporary_uuid: bool = False
    """Hide the device UUID behind a temporary one until the device has an owner."""
    reset_delay: Seconds = 2.0
    """Between the answer to a reset and the reset itself, so that the answer can leave."""
    idle_limit: Annotated[float, msgspec.Meta(ge=1, le=600)] = 180.0
    """How long an ownership connection may say nothing before the transfer counts as given up.

    A CoAP exchange in a bad network is silent for up to 93 s (MAX_TRANSMIT_WAIT, RFC 7252 4.8.2).
    """
    factory_access: tuple[Ace, ...] = ()
    """Access control entries of a device fresh from the factory."""

    def check(self) -> None:
        """Raise `ValueError` if a method lacks what it needs."""
        if Method.MANUFACTURER_CERTIFICATE in self.methods and self.manufacturer is None:
            raise ValueError("the method mfgcert needs ownership.manufacturer: chain and key")


class Compatibility(Section, frozen=True, kw_only=True):
    """What a device does as older ones did. All of it is off unless a profile asks for it."""

    anonymous_doxm: bool = False
    """Anybody may read /oic/sec/doxm in RFNOP: IoTivity 2 finds owned devices by that."""


class Discovery(Section, frozen=True, kw_only=True):
    """How multicast requests are answered: random delays up to these."""

    doxm_delay: Seconds = 2.0
    other_delay: Seconds = 0.25


class CoreResources(Section, frozen=True, kw_only=True):
    """Which of the optional core resources there are."""

    configuration: bool = True
    """`/oic/con`: lets clients name the device and say where it is."""
    introspection: bool = True
    """`/oic/introspection`: says what the application resources look like."""


class ResourceProfile(Section, frozen=True, kw_only=True):
    """One application resource."""

    href: Href
    types: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    interfaces: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    name: str | None = None
    discoverable: bool = True
    observable: bool = True
    plain: bool = False
    """Also reachable without DTLS, where an access control entry permits it."""
    properties: dict[str, Property]
    links: tuple[Href, ...] = ()
    """Paths of other resources of the profile: these make it a collection."""


class Profile(Section, frozen=True, kw_only=True):
    """A whole device."""

    device: Identity
    platform: Platform
    ownership: Ownership = Ownership()
    discovery: Discovery = Discovery()
    compat: Compatibility = Compatibility()
    core: CoreResources = CoreResources()
    resources: tuple[ResourceProfile, ...] = ()

    def __post_init__(self) -> None:
        self.ownership.check()
        seen: set[str] = set()
        for resource in self.resources:
            if resource.href in seen:
                raise ValueError(f"two resources have the path {resource.href}")
            if resource.href.startswith(("/oic/", "/.well-known/")):
                raise ValueError(f"{resource.href} belongs to the device itself")
            seen.add(resource.href)
        check_links(self.resources)
        for problem in problems(_trial(self.ownership.factory_access)):
            if problem.code in _ACCESS_PROBLEMS:
                raise ValueError(f"factory_access: {problem.sentence}")
        for entry in self.ownership.factory_access:
            for pattern in entry.validity:
                parse_validity(pattern)


def _trial(access: tuple[Ace, ...]) -> Database:
    """Make a database that has these entries, to see what is wrong with them."""
    nobody = Permanent(device=NIL, platform=NIL, original=NIL)
    return Database(
        doxm=Doxm(methods=(), device_uuid=NIL), permanent=nobody, acl2=Acl2(entries=access)
    )


def built_in_names() -> list[str]:
    """Return the names of the profiles that come with the package."""
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in BUILT_IN.iterdir()
        if entry.name.endswith(".yaml")
    )


def load(name_or_path: str) -> Profile:
    """Load a built-in profile by name, or a file by path. Raises `ProfileError`."""
    if "/" in name_or_path or name_or_path.endswith((".yaml", ".yml")):
        return _parse(_read(Path(name_or_path)), name_or_path)
    entry = BUILT_IN / f"{name_or_path}.yaml"
    if not entry.is_file():
        raise ProfileError(_unknown(name_or_path))
    return _parse(entry.read_text(encoding="utf-8"), name_or_path)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProfileError(f"cannot read the profile {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProfileError(f"cannot read the profile {path}: it is not UTF-8 text") from error


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, built_in_names(), n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(built_in_names())}"
    return (
        f"there is no built-in profile {name!r}; {hint} A file is named by its path, ./{name}.yaml"
    )


def _parse(text: str, source: str) -> Profile:
    try:
        return _with_files(msgspec.convert(yaml.safe_load(text), Profile), source)
    except yaml.YAMLError as error:
        raise ProfileError(f"profile {source} is not YAML: {error}") from error
    except msgspec.ValidationError as error:
        raise ProfileError(f"profile {source}: {_plain(str(error))}") from error


def _with_files(profile: Profile, source: str) -> Profile:
    """Read the files that a profile names, relative to its own place."""
    manufacturer = profile.ownership.manufacturer
    if manufacturer is None:
        return profile
    try:
        texts = loaded(manufacturer, Path(source).parent)
    except OSError as error:
        sentence = f"profile {source}: cannot read {error.filename}: {error.strerror}"
        raise ProfileError(sentence) from error
    except ValueError as error:
        raise ProfileError(f"profile {source}: {error}") from error
    return replace(profile, ownership=replace(profile.ownership, manufacturer=texts))


def _plain(message: str) -> str:
    return re.sub(r" - at `\$\.?(.*)`$", r" (at \1)", message)
