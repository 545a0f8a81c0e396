"""The links of `/oic/res`, of which equal devices have most in common.

A search wakes every device of a process. The answers of a thousand lights differ in the UUID and in
the endpoints, and are the same in all else; to build and to encode each anew was most of the work.
So the links are encoded once, with gaps, for all devices that serve the same resources in the same
state, and each device fills in what is its own:

    [{"anchor": ___, "href": "/oic/d", …, "eps": ___}, {"anchor": ___, …
                 │                             │
                 └─ its UUID                   └─ its endpoints: all, or the secured ones

Nothing is invalidated. What the links follow from is the key under which they are kept: the
resources, the types that a query names, and what lets anybody in (`facts.Openness`).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from onboardee.device.access.call import Call
from onboardee.device.access.facts import Openness, has_plain_endpoint
from onboardee.device.access.target import RES, Target
from onboardee.device.resources.base import Resource
from onboardee.device.resources.links import Reach, is_listed, is_wanted, link_to
from onboardee.device.resources.payload import Encoded, encode

KINDS: Final = 256
"""Lists of resources that are known at a time; each kind of device in a process has one."""
FORMS: Final = 256
"""Links with gaps that are known at a time. Peers choose the types that they search for, so that
they can have others forgotten; these are made anew in a millisecond."""
LONGEST_QUERY: Final = 256
"""Characters of the types of a search beyond which its links are not kept."""

_ANCHOR, _EVERY, _SECURED = range(3)
"""What is filled in: the device, all its endpoints, those with DTLS."""


_ARRAY, _MAP = 4, 5
"""Major types of CBOR (RFC 8949 3.1)."""


class _Gap(NamedTuple):
    """A place for what is a device's own."""

    what: int


class _Form(NamedTuple):
    """Encoded links with gaps."""

    octets: bytes
    """The links, with `%b` for each gap."""
    gaps: tuple[int, ...]
    """What is to be filled in, one after the other."""


class _Shape(NamedTuple):
    """What a link says of a resource."""

    target: Target
    observable: bool


class _Kind:
    """The resources of all devices that serve the same; it is known by being the same object."""

    def __init__(self, shapes: tuple[_Shape, ...]) -> None:
        self.shapes: Final = shapes


_kind_of = lru_cache(KINDS)(_Kind)


class KnownLinks:
    """The links of one device."""

    def __init__(self) -> None:
        self._resources: list[Resource] = []
        self._kind: _Kind | None = None
        """What those resources are, with whom else they may be in common."""

    def of(self, resources: Sequence[Resource], call: Call) -> Encoded | None:
        """Return the links that a search asks for, each with its anchor; None if there are none.

        That is `[{"rel"?, "anchor", "href", "rt", "if", "p", "eps"}, …]` (OCF Core 11.2.4).
        """
        if self._kind is None or self._resources != resources:
            self._resources = list(resources)
            shapes = (_Shape(each.target, each.observable) for each in resources)
            self._kind = _kind_of(tuple(shapes))
        wanted, reach = tuple(call.query.all("rt")), Reach(call)
        is_kept = sum(map(len, wanted)) <= LONGEST_QUERY
        form = (_form if is_kept else _form.__wrapped__)(self._kind, wanted, reach.openness)
        if form is None:
            return None
        anchor = f"ocf://{call.database.doxm.device_uuid}"
        own = [encode(each) for each in (anchor, reach.every, reach.secured)]
        return Encoded(form.octets % tuple([own[each] for each in form.gaps]))


@lru_cache(FORMS)
def _form(kind: _Kind, wanted: tuple[str, ...], openness: Openness) -> _Form | None:
    """Return the links that a search asks for; None if there are none."""
    links = [
        {**_relation(shape), "anchor": _Gap(_ANCHOR), **link_to(shape, _endpoints(shape, openness))}
        for shape in kind.shapes
        if is_listed(shape.target, wanted) and is_wanted(shape, wanted)
    ]
    if not links:
        return None
    pieces = list(_pieces(links))
    octets = (b"%b" if isinstance(each, _Gap) else each.replace(b"%", b"%%") for each in pieces)
    return _Form(b"".join(octets), tuple(each.what for each in pieces if isinstance(each, _Gap)))


def _endpoints(shape: _Shape, openness: Openness) -> _Gap:
    return _Gap(_EVERY if has_plain_endpoint(shape.target, openness) else _SECURED)


def _relation(shape: _Shape) -> dict[str, Any]:
    """Return `rel: self` for the link of /oic/res itself."""
    return {"rel": ["self"]} if shape.target.href == RES else {}


def _pieces(links: Sequence[Mapping[str, Any]]) -> Iterator[bytes | _Gap]:
    """Encode an array of maps piece by piece (RFC 8949 3.1)."""
    yield _head(_ARRAY, len(links))
    for link in links:
        yield _head(_MAP, len(link))
        for name, value in link.items():
            yield encode(name)
            yield value if isinstance(value, _Gap) else encode(value)


def _head(major: int, count: int) -> bytes:
    """Return what stands before the items of an array or a map (RFC 8949 3)."""
    if count < 24:
        return bytes((major << 5 | count,))
    if count < 1 << 8:
        return bytes((major << 5 | 24, count))
    return bytes((major << 5 | 25,)) + count.to_bytes(2)
