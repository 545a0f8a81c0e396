"""A database that is being edited, and what is known in it."""

from collections.abc import Callable

import click

from onboardee.svrdb import ANY_SUBJECT, NIL, Database
from onboardee.svrdb.difference import Difference, differences
from onboardee.svrdb.editor import EditError


class Draft:
    """The database as it was found, and as it is to be.

    Nothing here is written: `svr edit` commits `database` at the end.
    """

    def __init__(self, database: Database) -> None:
        self.found = database
        self.database = database

    @property
    def changes(self) -> tuple[Difference, ...]:
        """What differs so far."""
        return differences(self.found, self.database)

    def attempt(self, edit: Callable[[Database], Database]) -> None:
        """Make an edit, or say why it cannot be made and go on as before."""
        try:
            self.database = edit(self.database)
        except EditError as error:
            click.secho(f"Not possible: {error}", fg="red", err=True)

    def known_uuids(self) -> dict[str, str]:
        """Return the UUIDs in the database, each with who that is."""
        doxm = self.database.doxm
        found = {str(doxm.owner_uuid): "the owner", str(doxm.device_uuid): "this device"}
        for credential in self.database.cred.credentials:
            found.setdefault(credential.subject, f"has credential {credential.credid}")
        for entry in self.database.acl2.entries:
            if entry.subject.uuid is not None:
                found.setdefault(entry.subject.uuid, f"has entry {entry.aceid}")
        return {uuid: who for uuid, who in found.items() if uuid not in (ANY_SUBJECT, str(NIL))}

    def known_places(self) -> list[str]:
        """Return the wildcards and the paths that access control entries name.

        The usual ones first, each once.
        """
        paths = (
            resource.href
            for entry in self.database.acl2.entries
            for resource in entry.resources
            if resource.href is not None
        )
        return list(dict.fromkeys(("*", "+", "-", "/oic/res", "/oic/d", "/oic/p", *paths)))

    def known_types(self, name: str) -> list[str]:
        """Return the types (`types`) or interfaces (`interfaces`) that entries name."""
        return list(
            dict.fromkeys(
                each
                for entry in self.database.acl2.entries
                for resource in entry.resources
                for each in getattr(resource, name)
            )
        )
