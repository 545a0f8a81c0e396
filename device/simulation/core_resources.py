"""Which of the optional core resources a device has, and where: a profile's `core`.

OCF names their types and leaves the paths to the maker (OCF Core 11.3, 11.4): clients find them in
`/oic/res`. Some clients know the paths of one maker by heart all the same, which is what other
paths are for.
"""

from collections.abc import Collection
from typing import Final

from onboardee.device.simulation.resource import Href, is_core_path, refuse_dots
from onboardee.device.simulation.section import MisplacedError, Section

_DEFAULT_CONFIGURATION: Final = "/oic/con"
_DEFAULT_INTROSPECTION: Final = "/oic/introspection"


class CorePaths(Section, frozen=True, kw_only=True):
    """Where core resources are whose path is not given by the standard."""

    configuration: Href = _DEFAULT_CONFIGURATION
    """Of the resource of type `oic.wk.con`; IoTivity-Lite has it at `/oc/con`."""
    introspection: Href = _DEFAULT_INTROSPECTION
    """Of that of type `oic.wk.introspection`; IoTivity-Lite has it at `/oc/wk/introspection`.

    The document is at `/data` below it.
    """

    def __post_init__(self) -> None:
        for name, default in (
            ("configuration", _DEFAULT_CONFIGURATION),
            ("introspection", _DEFAULT_INTROSPECTION),
        ):
            path = getattr(self, name)
            if path != default and is_core_path(path):
                raise MisplacedError(
                    f"{path} is the place of something else, or may become it", name
                )


class CoreResources(Section, frozen=True, kw_only=True):
    """Which of the optional core resources there are."""

    configuration: bool = True
    """`/oic/con`: lets clients name the device and say where it is."""
    introspection: bool = True
    """`/oic/introspection`: says what the application resources look like."""
    revocation_list: bool = True
    """`/oic/sec/crl`: takes lists of revoked certificates; IoTivity-Lite's devices have none."""
    reboot: bool = True
    """Clients may restart the device by `/oic/mnt`; else `rb` is answered with 4.00.

    IoTivity-Lite's devices reset themselves there, and do not restart.
    """
    paths: CorePaths = CorePaths()
    """Where they are instead, for clients that look there."""

    @property
    def hrefs(self) -> tuple[str, ...]:
        """The paths of those that there are."""
        found: tuple[str, ...] = ()
        if self.configuration:
            found += (self.paths.configuration,)
        if self.introspection:
            found += (self.paths.introspection, document_of(self.paths.introspection))
        return found


def document_of(introspection: str) -> str:
    """Return where the document is that an introspection resource leads to.

    >>> document_of("/oic/introspection")
    '/oic/introspection/data'
    """
    return f"{introspection}/data"


def check_core(
    core: CoreResources,
    taken: Collection[str],
    others: Collection[str] = (),
    growing: Collection[str] = (),
) -> None:
    """Raise `MisplacedError` if a core resource is where an application resource is, or another.

    `others` are the paths of further resources of the device itself: that of software updates.
    `growing` are those of collections in which clients create resources: what they create has a
    number below it, and may not take the place of what is the device's own.
    """
    below = {each.rstrip("/") for each in growing}
    places = (*core.hrefs, *others)
    for path in places:
        where = ("software_update", "path") if path in others else ("core", "paths")
        refuse_dots(path, *where)
        if path in taken or places.count(path) > 1:
            raise MisplacedError(f"two resources have the path {path}", *where)
        collection, _, last = path.rpartition("/")
        if collection in below and last.isdecimal():
            raise MisplacedError(f"{path} is where clients create resources", *where)
