"""Cuts a trace into attempts to take ownership, and tells what is known of each.

Where an attempt begins and ends is found by `cutting`. Here it gets its parts: requests with their
answers, handshakes, and by name those messages that the rules are about, such as the one that
selects the method. Each is found once and kept, as many rules ask for the same.

What the device holds is known from what it accepted (`Picture`), not from the device: a capture of
somebody else's device has no more.

Names in the comments, such as step 10b, are those of OCF's change request 3006, which numbers the
messages of a transfer from the search for devices to RFPRO.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from onboardee.device.audit.cutting import Cutter
from onboardee.device.audit.exchanges import Exchange, Handshake, exchanges, handshakes
from onboardee.device.trace.items import Item
from onboardee.svrdb.model import NIL, CredentialType, State, TransferMethod

DOXM: Final = "/oic/sec/doxm"
PSTAT: Final = "/oic/sec/pstat"
CRED: Final = "/oic/sec/cred"
ACL2: Final = "/oic/sec/acl2"
OWNED: Final = (DOXM, PSTAT, CRED, ACL2)
"""The resources that have an owner of their own."""

CHANGES: Final = frozenset({"POST", "PUT"})
"""The methods that change a property; DELETE takes away entries."""


@dataclass(slots=True)
class Picture:
    """What a device holds by what it accepted."""

    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By path; lists of entries are in `credentials` and `entries`."""
    credentials: list[dict[str, Any]] = field(default_factory=list)
    """Elements of `creds` as they were written, in that order; what was deleted by a query
    stays."""
    entries: list[dict[str, Any]] = field(default_factory=list)
    """Elements of `aclist2`, likewise."""

    def take(self, exchange: Exchange) -> None:
        """Take what a request changed, if it was accepted.

        An accepted read tells as well what the device has: `oxms`, which the tool chooses from,
        is known by nothing else.
        """
        if not exchange.is_accepted:
            return
        if exchange.method == "DELETE":
            self._remove(exchange)
        elif exchange.method in CHANGES and isinstance(exchange.content, dict):
            content = dict(exchange.content)
            self.credentials += _maps(content.pop("creds", None))
            self.entries += _maps(content.pop("aclist2", None))
            self.properties.setdefault(exchange.path, {}).update(content)
        elif exchange.path in OWNED and isinstance(exchange.answer, dict):
            known = {
                name: value
                for name, value in exchange.answer.items()
                if not isinstance(value, list | dict) or name == "oxms"
            }
            self.properties.setdefault(exchange.path, {}).update(known)

    def get(self, path: str, name: str) -> Any:
        """Return a property, None if it is not known."""
        return self.properties.get(path, {}).get(name)

    def _remove(self, exchange: Exchange) -> None:
        """Forget a whole list.

        One entry is deleted by a query, and rules ask for what was written.
        """
        if exchange.path == ACL2 and not exchange.request.query:
            self.entries.clear()
        if exchange.path == CRED and not exchange.request.query:
            self.credentials.clear()


def _maps(value: Any) -> list[dict[str, Any]]:
    """Return the maps of a list; a tool may send anything."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


class Attempt:
    """One attempt of a tool to take ownership of the device.

    Whatever a property returns is None, or empty, where the tool did not get so far, so a rule
    asks for it first and is then not reached.
    """

    def __init__(self, trace: list[Item], number: int, left_out: int = 0) -> None:
        """Take the items of an attempt; `left_out` tells how many of them were not kept."""
        self.trace: Final = trace
        self.number: Final = number
        self.left_out: Final = left_out

    @cached_property
    def exchanges(self) -> list[Exchange]:
        """The requests of the tool with their answers."""
        return [each for each in exchanges(self.trace) if each.is_last_block]

    @cached_property
    def handshakes(self) -> list[Handshake]:
        """The handshakes, in the order of their beginnings."""
        return [*handshakes(self.trace)]

    @cached_property
    def picture(self) -> Picture:
        """What the device holds in the end."""
        return self.picture_before(None)

    def picture_before(self, end: Exchange | None) -> Picture:
        """Return what the device held when a request came; with None, in the end."""
        picture = Picture()
        for exchange in self.exchanges:
            if exchange is end:
                break
            picture.take(exchange)
        return picture

    def writes(self, path: str, name: str) -> Iterator[Exchange]:
        """Yield the accepted requests that write a property."""
        for each in self.exchanges:
            if each.path == path and each.method in CHANGES and each.has(name) and each.is_accepted:
                yield each

    def first_write(self, path: str, name: str) -> Exchange | None:
        """Return the first accepted request that writes a property."""
        return next(self.writes(path, name), None)

    # the steps of a transfer

    @cached_property
    def selection(self) -> Exchange | None:
        """Step 4: the request that selects the method, accepted or not."""
        return next(
            (
                each
                for each in self.exchanges
                if each.path == DOXM and each.method in CHANGES and each.has("oxmsel")
            ),
            None,
        )

    @property
    def method(self) -> int | None:
        """The selected method."""
        selected = None if self.selection is None else self.selection.get("oxmsel")
        return selected if type(selected) is int else None

    @property
    def method_name(self) -> str:
        """The selected method for people."""
        if self.method is None or self.method not in tuple(TransferMethod):
            return str(self.method)
        return TransferMethod(self.method).name.lower().replace("_", " ")

    @cached_property
    def ownership_connection(self) -> Handshake | None:
        """Step 5: the first session that came about after the selection."""
        if self.selection is None:
            return None
        begun = self.selection.number
        found = (each for each in self.handshakes if each.number > begun and each.is_established)
        return next(found, None)

    @cached_property
    def owner_named(self) -> Exchange | None:
        """Step 7: the request that names the owner."""
        nil = str(NIL)
        found = (each for each in self.writes(DOXM, "devowneruuid"))
        return next((each for each in found if each.get("devowneruuid") != nil), None)

    @property
    def owner(self) -> str | None:
        """The UUID of the owner as the tool names it."""
        named = None if self.owner_named is None else self.owner_named.get("devowneruuid")
        # tools written in C may count the NUL that ends the text
        return named.rstrip("\0").lower() if isinstance(named, str) else None

    @cached_property
    def owner_credential(self) -> tuple[Exchange, dict[str, Any]] | None:
        """Step 10b: the accepted request with the owner credential, and the credential."""
        return next(self._owner_credentials(self.writes(CRED, "creds")), None)

    @cached_property
    def offered_credential(self) -> tuple[Exchange, dict[str, Any]] | None:
        """The same, or the first one that the device refused: what is wrong may be the reason."""
        asked = (each for each in self.exchanges if each.path == CRED and each.method in CHANGES)
        return self.owner_credential or next(self._owner_credentials(asked), None)

    def _owner_credentials(
        self, found: Iterable[Exchange]
    ) -> Iterator[tuple[Exchange, dict[str, Any]]]:
        """Yield each symmetric pairwise credential with its request (OCF Security 9.3.2)."""
        for exchange in found:
            for credential in _maps(exchange.get("creds")):
                if credential.get("credtype") == CredentialType.SYMMETRIC_PAIRWISE:
                    yield exchange, credential

    @cached_property
    def owned(self) -> Exchange | None:
        """Step 11: the request that says the device is owned."""
        return next(
            (each for each in self.writes(DOXM, "owned") if each.get("owned") is True), None
        )

    @property
    def was_refused(self) -> bool:
        """Tell whether the device refused what the tool asked for last in its transfer."""
        connection = self.ownership_connection
        peer = None if connection is None else connection.ends.peer
        asked = [each for each in self.exchanges if each.over and each.ends.peer == peer]
        return bool(asked) and not asked[-1].is_accepted

    def asked_for(self, state: State) -> Exchange | None:
        """Return the first request that asks for a state, accepted or not."""
        for each in self.exchanges:
            dos = each.get("dos") if each.path == PSTAT else None
            if isinstance(dos, dict) and dos.get("s") == state:
                return each
        return None

    @cached_property
    def to_rfpro(self) -> Exchange | None:
        """Step 12, if the device accepted it."""
        asked = self.asked_for(State.RFPRO)
        return asked if asked is not None and asked.is_accepted else None

    @cached_property
    def to_rfnop(self) -> Exchange | None:
        """The request that puts the device into normal operation."""
        asked = self.asked_for(State.RFNOP)
        return asked if asked is not None and asked.is_accepted else None

    @property
    def is_oic_1_1(self) -> bool:
        """Tell whether the tool speaks OIC 1.1, by the content format of what it writes."""
        formats = [each.request.content_format for each in self.exchanges if each.request.payload]
        # 60 is application/cbor (RFC 7252 12.3), which OIC 1.1 writes; some tools mix the two
        return bool(formats) and formats.count(60) > len(formats) // 2

    @property
    def is_on_loopback(self) -> bool:
        """Tell whether the tool is on the same machine and uses its loopback."""
        hosts = {each.ends.peer[0].partition("%")[0] for each in self.exchanges}
        return bool(hosts) and all(ipaddress.ip_address(host).is_loopback for host in hosts)


def attempts(trace: Iterable[Item]) -> list[Attempt]:
    """Cut a trace into attempts; what comes after the last one belongs to it.

    Where no method is selected there is no attempt, only a tool that looks around or comes back.
    """
    found: list[list[Item]] = [[]]
    cutter = Cutter()
    for item in trace:
        if cutter.ends_before(item):
            found.append([])
        found[-1].append(item)
    whole = [Attempt(part, number) for number, part in enumerate(found, 1)]
    return [each for each in whole if each.selection is not None] or whole[:1]
