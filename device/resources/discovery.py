"""Discovery: `/oic/res` and `/.well-known/core` (OCF Core 11.2, RFC 6690).

A search asks every device of a network at once. Each answers with the links that match the query,
and keeps silent if the query is for another device or domain; a query that only matches nothing is
refused, and it is CoAP's rule for multicast that no refusal leaves then (RFC 7252 8.2). When the
answers leave, spread over a random delay, is decided in `device/machine/groups.py`. What equal
devices have in common in their answers is encoded once for all of them (`encoded_links`).

`/oic/res` can be observed by each of its interfaces. What it shows follows from much: links, access
control entries, roles, sessions, by the batch interface all values. So an observer is told anew
after whatever may have changed it, and what is the same as before, by its entity tag, is not sent
(`device/machine/messaging.py`).
"""

from collections.abc import Callable, Sequence
from typing import Final

from onboardee.device.access.call import Call, Query
from onboardee.device.access.ocf_interfaces import BASELINE, BATCH, LINKS
from onboardee.device.access.target import RES, Kind, Target
from onboardee.device.resources.base import (
    Outcome,
    ReadOnly,
    RefusedError,
    Representation,
    Resource,
    batch_key,
    not_addressed,
)
from onboardee.device.resources.discovery_batch import batch_of
from onboardee.device.resources.encoded_links import KnownLinks
from onboardee.device.resources.tags import Changes, KnownTags
from onboardee.wire.coap import Code

Resources = Callable[[], Sequence[Resource]]
"""Returns everything that the device serves: the list is complete only after discovery was made."""


BATCH_OF_LIST: Final = batch_key(RES)
"""What observers of the batch interface of `/oic/res` observe."""
LISTS: Final = frozenset({RES, BATCH_OF_LIST})
"""What observers of `/oic/res` observe: its links, or what is behind them."""


class DiscoveryResource(ReadOnly):
    """`/oic/res`: the links of everything discoverable."""

    observable = True
    target = Target(
        href=RES,
        kind=Kind.CORE,
        types=("oic.wk.res",),
        interfaces=(LINKS, BATCH, BASELINE),
        has_plain_endpoint=True,
    )

    def __init__(self, resources: Resources, changes: Changes) -> None:
        self.resources = resources
        self._tags = KnownTags(changes)
        self._known_links = KnownLinks()

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def retrieve(self, call: Call) -> Representation | Outcome:
        """Return the links that the query asks for; a foreign domain or device hears nothing.

        `rt=` may come several times and asks for any of the types; `sduuid=` and `di=` ask for a
        domain or a device. By `oic.if.ll` the answer is the array of links; by the baseline
        interface it is an array of one map; by `oic.if.b` it has what is behind the links
        (`discovery_batch`). Raises `RefusedError`, 4.00, where nothing matches, and `SilenceError`
        where the query is for others.
        """
        self.require_addressed(call)
        if call.interface == BATCH:
            return batch_of(self.resources(), call, self._tags)
        sdi = call.database.sdi
        links = self._known_links.of(self.resources(), call)
        if links is None:
            raise RefusedError(Code.BAD_REQUEST, "no resource matches the query")
        if call.interface != BASELINE:
            return links
        domain = {} if sdi.is_private else {"sduuid": str(sdi.domain), "sdname": sdi.name}
        common = {"rt": self.target.types, "if": self.target.interfaces}
        return [{**common, **domain, "links": links}]

    def revision(self, call: Call) -> int:
        """Return how often resources were created or deleted.

        plgd's clients expect another tag after each, also if the list is as before.
        """
        return sum(call.database.created_changes.values())

    def require_addressed(self, call: Call) -> None:
        """Raise `SilenceError`, or `RefusedError`, if the query is for another domain or device."""
        sdi, doxm = call.database.sdi, call.database.doxm
        for value in call.query.all("sduuid"):
            if sdi.is_private or value.lower() != str(sdi.domain):
                raise not_addressed(call)
        for value in call.query.all("di"):
            if value.lower() != str(doxm.device_uuid):
                raise not_addressed(call)


class WellKnownResource(ReadOnly):
    """`/.well-known/core`: how a plain CoAP client finds `/oic/res` (RFC 6690)."""

    target = Target(
        href="/.well-known/core",
        kind=Kind.CORE,
        types=(),
        interfaces=(BASELINE,),
        discoverable=False,
        has_plain_endpoint=True,
    )

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def version(self) -> object | None:
        """Return itself: all else is in the call."""
        return self

    def retrieve(self, call: Call) -> Representation:
        """Return the discoverable resources that the filters let pass, as text in link format.

        The content is text in link format (format 40), with no endpoints: who speaks OCF asks
        /oic/res.
        """
        links = [
            f'<{resource.target.href}>;rt="{" ".join(resource.target.types)}"'
            f';if="{" ".join(resource.target.interfaces)}"'
            + (";obs" if resource.observable else "")
            for resource in self._resources()
            if resource.target.discoverable and _passes(resource.target, call.query)
        ]
        return ",".join(links)


def _passes(target: Target, query: Query) -> bool:
    """Tell whether a link has what each filter names; others than ours are ignored (RFC 6690 4.1).

    A value that ends in `*` is the beginning of what is looked for.
    """
    attributes = {"rt": target.types, "if": target.interfaces, "href": (target.href,)}
    return all(
        any(_is_meant(wanted, each) for each in attributes[name])
        for name, wanted in query.pairs
        if name in attributes
    )


def _is_meant(wanted: str, value: str) -> bool:
    """Tell whether a filter's value, or the beginning that it is, fits an attribute."""
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted
