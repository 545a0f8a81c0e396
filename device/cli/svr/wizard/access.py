"""Asking for access control entries, in the order of IoTivity's editor."""

from typing import Final

import click

from onboardee.device.cli.svr.wizard.draft import Draft
from onboardee.device.cli.svr.wizard.prompts import (
    ask,
    ask_bool,
    ask_count,
    ask_permission,
    ask_text,
    ask_uuid,
    choose,
    pick,
)
from onboardee.svrdb import AceResource, Connection, Subject
from onboardee.svrdb.editor import add_ace, make_resource, make_subject, read_validity
from onboardee.svrdb.model import TimePattern

MAX_RESOURCES: Final = 16
"""Of one entry."""
MAX_FILTERS: Final = 16
"""Of one resource."""
_PLACES: Final = {
    "*": "*  all resources of the device's own kind",
    "+": "+  the discoverable ones with a secured endpoint",
    "-": "-  the discoverable ones with an unsecured endpoint",
}
"""Wildcards with what they stand for (OCF Security 12.2)."""


def add_entry(draft: Draft) -> None:
    """Ask for subject, resources, permission and validity, and add the entry.

    The order of questions is that of IoTivity's editor.
    """
    subject = ask_subject(draft)
    count = ask_count("Number of resources", 1, MAX_RESOURCES)
    resources = [ask_resource(draft, number) for number in range(1, count + 1)]
    permission = ask_permission()
    validity = ask_validity()
    draft.attempt(
        lambda database: add_ace(
            database,
            subject=subject,
            resources=resources,
            permission=permission,
            validity=validity,
        )
    )


def ask_subject(draft: Draft) -> Subject:
    """Ask whom an entry is about.

    A UUID is offered from those that the database knows.
    """
    kind = pick("Subject", {"a UUID": "uuid", "a role": "role", "a connection type": "conntype"})
    if kind == "uuid":
        known = draft.known_uuids()
        return make_subject(uuid=ask_uuid("Subject UUID", known, star="peers without a UUID"))
    if kind == "role":
        role = ask_text("Role")
        return make_subject(role=role, authority=ask("Authority, if any", str.strip, "") or None)
    names = {"auth-crypt  whoever has a session": Connection.AUTHENTICATED}
    return make_subject(
        connection=pick("Connection type", names | {"anon-clear  anybody": Connection.ANYONE})
    )


def ask_resource(draft: Draft, number: int | None = None) -> AceResource:
    """Ask for one resource of an entry, and for what it must be."""
    title = "Resource" if number is None else f"Resource {number}"
    offered = [(_PLACES.get(place, place), place) for place in draft.known_places()]
    place = choose(title, [*offered, ("another path", "")]) or ask_text("Path")
    types = _filters(draft, "types", "resource type")
    return make_resource(place, types, _filters(draft, "interfaces", "interface"))


def _filters(draft: Draft, name: str, what: str) -> list[str]:
    """Ask for types or interfaces, with those in use for a hint."""
    known = draft.known_types(name)
    if known:
        click.echo(f"(in use: {', '.join(known)})")
    count = ask_count(f"Number of {what}s it is limited to", 0, MAX_FILTERS)
    return [ask_text(f"{what.capitalize()} {number}") for number in range(1, count + 1)]


def ask_validity() -> list[TimePattern]:
    """Ask for the times at which an entry applies; without any it always does."""
    found: list[TimePattern] = []
    while ask_bool("Limit it to a time?" if not found else "Another time?"):
        found.append(ask_time())
    return found


def ask_time() -> TimePattern:
    """Ask for a period and its recurrence."""
    return ask("Period and recurrence rules (20300101T080000Z/PT2H FREQ=DAILY)", read_validity)
