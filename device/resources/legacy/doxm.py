"""`/oic/sec/doxm` as tools of OIC 1.1 use it."""

from collections.abc import Mapping
from dataclasses import replace as with_fields
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, Representation
from onboardee.device.resources.legacy.forms import in_old_form
from onboardee.device.resources.secure.common import wire
from onboardee.device.resources.secure.doxm import DoxmResource
from onboardee.svrdb.model import NIL, Database


class LegacyDoxmResource(DoxmResource):
    """Owner transfer methods and ownership."""

    def retrieve(self, call: Call) -> Representation:
        """Return doxm, unless the query asks for another device."""
        found = super().retrieve(call)
        return in_old_form(self.target, wire(call.database.doxm)) if call.era.is_old else found

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Take ownership; the owner then owns the resources too that nobody does yet."""
        outcome = super().update(call, payload)
        database = outcome.database
        if not call.era.is_old or database is None:
            return outcome
        if database.doxm.owned and not call.database.doxm.owned:
            database = _with_resource_owners(database)
        # these tools repeat oxmsel in each update; over a session that selects nothing anew
        is_selection = outcome.abandon_handshakes and not call.peer.secured
        return with_fields(outcome, database=database, abandon_handshakes=is_selection)


def _with_resource_owners(database: Database) -> Database:
    owner = database.doxm.owner_uuid

    def named(present: UUID) -> UUID:
        return owner if present == NIL else present

    return replace(
        database,
        doxm=replace(database.doxm, resource_owner=named(database.doxm.resource_owner)),
        pstat=replace(database.pstat, resource_owner=named(database.pstat.resource_owner)),
        cred=replace(database.cred, resource_owner=named(database.cred.resource_owner)),
        acl2=replace(database.acl2, resource_owner=named(database.acl2.resource_owner)),
    )
