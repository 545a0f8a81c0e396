"""Access control entries, made from what people write (OCF Security 12.2).

Whoever writes an entry by hand makes mistakes that the device would take as they are: an entry with
a misspelt filter, or a period that cannot be read, is stored and never applies, and one about the
nil UUID is about nobody. Each is refused here, in a sentence.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec.structs import replace

from onboardee.svrdb.editor.errors import EditError, MalformedError
from onboardee.svrdb.editor.tree import lowest_free
from onboardee.svrdb.editor.words import listed
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    NIL,
    WILDCARDS,
    Ace,
    AceResource,
    Connection,
    Database,
    Subject,
    TimePattern,
)
from onboardee.svrdb.validity import parse


def subject_text(text: str) -> str:
    """Return a UUID in lower case, or `*`. Raises `MalformedError`.

    Lower case is what the device compares with; nil names nobody and is refused.
    """
    if text == ANY_SUBJECT:
        return text
    # Python reads more forms of a UUID than the wire has, braces and missing hyphens; all are
    # written in the one form that a comparison of texts needs.
    try:
        value = UUID(text)
    except ValueError:
        raise MalformedError(f"{text!r} is neither a UUID nor *") from None
    if value == NIL:
        raise MalformedError("the nil UUID names nobody")
    return str(value)


def make_subject(
    *,
    uuid: str | None = None,
    role: str | None = None,
    authority: str | None = None,
    connection: Connection | None = None,
) -> Subject:
    """Return whom an entry is about: exactly one of UUID, role, connection type.

    Raises `MalformedError` for none, for two, and for an authority without a role.
    """
    if sum(part is not None for part in (uuid, role, connection)) != 1:
        raise MalformedError("a subject is exactly one of a UUID, a role and a connection type")
    # The model would keep it, and nothing would look at it.
    if authority is not None and role is None:
        raise MalformedError("an authority belongs to a role")
    return Subject(
        uuid=None if uuid is None else subject_text(uuid),
        role=role,
        authority=authority,
        connection=connection,
    )


def read_resource(text: str) -> AceResource:
    """Read `/path` or a wildcard, with filters: `/light;rt=oic.r.switch.binary;if=oic.if.a`.

    Several values of a filter are separated by commas, of which one has to fit. Raises
    `MalformedError`.

    >>> read_resource("+;if=oic.if.a,oic.if.s").interfaces
    ('oic.if.a', 'oic.if.s')
    """
    place, *filters = text.split(";")
    if not place:
        raise MalformedError("a resource is a path or one of the wildcards * + -")
    # A filter may stand several times; an unknown one is refused and not passed over, as an entry
    # without it would permit more.
    found: dict[str, list[str]] = {"rt": [], "if": []}
    for each in filters:
        name, _, value = each.partition("=")
        if name not in found or not value:
            raise MalformedError(f"{each!r} is not a filter: rt=TYPE or if=INTERFACE")
        found[name] += value.split(",")
    return make_resource(place, found["rt"], found["if"])


def make_resource(
    place: str, types: Sequence[str] = (), interfaces: Sequence[str] = ()
) -> AceResource:
    """Return what an entry is about: a path or a wildcard, perhaps only if types fit.

    `*`, `+` and `-` are wildcards, everything else is a path, be there such a resource or not:
    entries are often written before the resource exists.
    """
    is_wildcard = place in WILDCARDS
    return AceResource(
        href=None if is_wildcard else place,
        wildcard=place if is_wildcard else None,
        types=tuple(types),
        interfaces=tuple(interfaces),
    )


def read_validity(text: str) -> TimePattern:
    """Read a period and its recurrence rules: `20300101T080000Z/PT2H FREQ=DAILY`.

    The bounds are those of `svrdb.validity`, as for what a peer writes. Raises `MalformedError`.
    """
    period, *rules = text.split()
    pattern = TimePattern(period=period, recurrence=tuple(rules))
    try:
        parse(pattern)
    except ValueError as error:
        raise MalformedError(f"validity: {error}") from None
    return pattern


def add_ace(  # noqa: PLR0913 - one for each property of an entry
    database: Database,
    *,
    subject: Subject,
    resources: Sequence[AceResource],
    permission: int,
    validity: Sequence[TimePattern] = (),
    tag: str | None = None,
    aceid: int | None = None,
) -> Database:
    """Return the database with one entry more, of the lowest free id unless one is given.

    `permission` is the sum of `Permission` bits. It stands behind the others; as entries only ever
    permit, their order means nothing. Raises `MalformedError` for an entry about nothing,
    `EditError` for an id that is taken.
    """
    # A device stores such an entry of a peer, and it never applies.
    if not resources:
        raise MalformedError("an access control entry is about one resource at least")
    entries = database.acl2.entries
    taken = {entry.aceid for entry in entries}
    if aceid in taken:
        raise EditError(
            f"the aceid {aceid} is taken (there are: {listed(map(str, sorted(taken)))})"
        )
    entry = Ace(
        aceid=aceid or lowest_free(taken),
        subject=subject,
        resources=tuple(resources),
        permission=permission,
        validity=tuple(validity),
        tag=tag,
    )
    return replace(database, acl2=replace(database.acl2, entries=(*entries, entry)))


def remove_aces(database: Database, aceids: Collection[int]) -> Database:
    """Return the database without the entries of some ids. Raises `EditError` for unknown ones.

    The error lists the ids that there are.
    """
    entries = database.acl2.entries
    there = {entry.aceid for entry in entries}
    # All ids are looked at before one is removed: a typing error leaves everything as it was.
    for aceid in aceids:
        if aceid not in there:
            known = listed(map(str, sorted(there))) or "none"
            raise EditError(f"there is no access control entry {aceid} (there are: {known})")
    rest = tuple(entry for entry in entries if entry.aceid not in aceids)
    return replace(database, acl2=replace(database.acl2, entries=rest))
