"""The batch interface: one request that is carried out on each link of a collection.

Every link passes the gate on its own, with the rights of the peer who asks, and is read or changed
by its own default interface; a collection among the links is thereby represented by its links.
Answers are as the published model of collections has them (OCF Core 7.6.3.4): success if all links
succeeded, otherwise 4.04 for a RETRIEVE and 4.03 for an UPDATE, with what could be done.

One exchange, in which the second link was refused:

    POST /fan?if=oic.if.b  [{"href": "", "rep": {"value": true}}]
    4.03                   [{"href": "/fan/switch", "rep": {"value": true}},
                            {"href": "/fan/speed", "rep": {}}]

What is read has entity tags, and may be only what has changed (`parts`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Final

from msgspec.structs import replace

from onboardee.device.access.call import Call, Query
from onboardee.device.access.gate import decide
from onboardee.device.access.ocf_interfaces import RETRIEVING, UPDATING
from onboardee.device.resources.base import (
    Outcome,
    RefusedError,
    Representation,
    Resource,
    require_granted,
)
from onboardee.device.resources.parts import Part, part_of, shown
from onboardee.device.resources.tags import KnownTags
from onboardee.wire.coap import Code

MAX_CHANGES: Final = 64
"""By one UPDATE."""


def retrieve(members: Sequence[Resource], call: Call, tags: KnownTags) -> Outcome:
    """Read all links; those that are refused are left out. Raises `RefusedError` if none fit.

    `members` are the links that the query leaves. The body is `[{"href", "rep", "etag"}, …]`, where
    `etag` is the link's own entity tag.
    """
    if not members:
        _require_empty(call)
        return shown((), call, tags)
    batch = _Batch(call, RETRIEVING)
    parts: list[Part] = []
    for member in members:
        batch.attempt(member, partial(_read, member, tags, parts))
    if not batch.refusals:
        return shown(parts, call, tags)
    body = [part.item() for part in parts]
    return Outcome(code=Code.NOT_FOUND, body=body or None, refusals=tuple(batch.refusals))


def whole(members: Sequence[Resource], call: Call, tags: KnownTags) -> Outcome:
    """Read the parts of an atomic measurement: all, also where a client asks for changes alone."""
    plain = replace(call, query=Query())
    parts = [part_of(each.target.href, each, _of(each, plain), tags) for each in members]
    return shown(parts, plain, tags)


def delete(members: Sequence[Resource], call: Call) -> Outcome:
    """Delete what the links lead to, as far as clients created it; all that can be, in one commit.

    The body is `[{"href", "rep"}, …]` of those that are deleted, each with an empty `rep`. Raises
    `RefusedError` if no link matches the query.
    """
    if not members:
        _require_empty(call)
        return Outcome(code=Code.DELETED)
    batch = _Batch(call, None)
    for member in members:
        if batch.attempt(member, member.delete) is not None:
            batch.enter(member, None)
    return batch.outcome(Code.DELETED, otherwise=Code.FORBIDDEN)


def _require_empty(call: Call) -> None:
    """Raise `RefusedError` unless there are no links because the collection has none."""
    if call.query.all("rt"):
        raise RefusedError(Code.BAD_REQUEST, "no link matches the query")


def update(members: Sequence[Resource], call: Call, items: Sequence[object]) -> Outcome:
    """Change links as the items say, each wholly or not at all; a refused one has an empty `rep`.

    An item with an empty `href` is meant for all links. Raises `RefusedError`, and then nothing has
    changed, if the items are not well-formed or name what is no link.

    `items` is the decoded array `[{"href", "rep"}, …]`.
    """
    by_href = {member.target.href: member for member in members}
    wanted = (change for item in items for change in _changes(item, by_href))
    # One item for all links of a large collection is as many changes; the bound holds for these.
    changes = list(islice(wanted, MAX_CHANGES + 1))
    if not 0 < len(changes) <= MAX_CHANGES:
        raise RefusedError(Code.BAD_REQUEST, f"a batch has 1 to {MAX_CHANGES} changes")
    batch = _Batch(call, UPDATING)
    for member, representation in changes:
        done = batch.attempt(member, partial(_updated, member, representation))
        batch.enter(member, done.body if done else None)
    return batch.outcome(Code.CHANGED, otherwise=Code.FORBIDDEN)


@dataclass(slots=True)
class _Batch:
    """A batch while it is carried out."""

    call: Call
    interfaces: frozenset[str] | None
    """Those that allow the operation; None: each does."""
    items: list[dict[str, Any]] = field(default_factory=list)
    """Of the answer, one for each link that has something to say."""
    refusals: list[tuple[str, RefusedError]] = field(default_factory=list)
    """Paths of refused links, with the reasons for the log."""
    notify: frozenset[str] = frozenset()
    """Paths whose observers are to hear of a change."""
    is_changed: bool = False
    """Whether the call's database is another one by now."""
    undos: list[Callable[[], None]] = field(default_factory=list)
    """What takes back the changes, each as the one before it left things."""

    def attempt(self, member: Resource, action: Callable[[Call], Outcome]) -> Outcome | None:
        """Do something with one link; None if it was refused."""
        interface = member.target.interfaces[0]
        try:
            self._require(interface)
            call = _of(member, self.call)
            require_granted(decide(call))
            done = action(call)
        except RefusedError as error:
            self.refusals.append((member.target.href, error))
            return None
        self.notify |= done.notify
        # Each change follows from the one before, and all are stored together.
        if done.database is not None:
            self.call = replace(self.call, database=done.database)
            self.is_changed = True
        if done.undo is not None:
            self.undos.append(done.undo)
        return done

    def enter(self, member: Resource, body: Representation | None) -> None:
        """Enter what one link has to say."""
        self.items.append({"href": member.target.href, "rep": {} if body is None else body})

    def outcome(self, success: Code, *, otherwise: Code) -> Outcome:
        """Return the answer to the whole request."""
        return Outcome(
            code=otherwise if self.refusals else success,
            body=self.items or None,
            database=self.call.database if self.is_changed else None,
            notify=self.notify,
            undo=self._undo,
            refusals=tuple(self.refusals),
        )

    def _undo(self) -> None:
        """Take all changes back, the last one first."""
        for undo in reversed(self.undos):
            undo()

    def _require(self, interface: str) -> None:
        """Raise `RefusedError` unless the link's own interface allows the operation."""
        if self.interfaces is not None and interface not in self.interfaces:
            sentence = f"interface {interface} does not allow {self.call.operation.name}"
            raise RefusedError(Code.FORBIDDEN, sentence)


def _of(member: Resource, call: Call) -> Call:
    """Return a call for one link, by its own default interface."""
    target = member.target
    return replace(call, target=target, interface=target.interfaces[0], query=Query())


def _read(member: Resource, tags: KnownTags, parts: list[Part], call: Call) -> Outcome:
    """Read one link as far as its tag; in the order of arguments that `partial` needs."""
    parts.append(part_of(member.target.href, member, call, tags))
    return Outcome()


def _updated(member: Resource, representation: Mapping[str, object], call: Call) -> Outcome:
    """Write one link; in the order of arguments that `partial` needs."""
    return member.update(call, representation)


def _changes(
    item: object, by_href: Mapping[str, Resource]
) -> Iterator[tuple[Resource, Mapping[str, object]]]:
    """Yield each link that an item is about, with what is to be written into it."""
    match item:
        case {"href": "", "rep": dict(representation)}:
            yield from ((member, representation) for member in by_href.values())
        case {"href": str(href), "rep": dict(representation)} if href in by_href:
            yield by_href[href], representation
        case {"href": str(), "rep": dict()}:
            raise RefusedError(Code.BAD_REQUEST, "a batch names what is no link of the collection")
        case _:
            raise RefusedError(Code.BAD_REQUEST, "a batch consists of href and rep")
