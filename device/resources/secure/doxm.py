"""`/oic/sec/doxm`: who owns the device and how it changes owners (OCF Security 13.2).

A tool selects a method (`oxmsel`), opens the ownership connection by it, writes the owner's UUID
and sets `owned`. What it may write when is in the table of rights; here are the consequences. A
search by multicast reads this resource, so a query for another device is met with silence.

The writes of a transfer by Just Works, in their order (OCF Security 7.3):

    POST doxm {"oxmsel": 0}              in the clear
    (handshake of the selected method)   from here on over the ownership connection
    POST doxm {"devowneruuid": …}        who the owner is
    POST doxm {"deviceuuid": …}          optional
    POST doxm {"rowneruuid": …}          and of acl2, cred, pstat
    POST cred {"creds": [{…, "privatedata": {"data": ""}}]}
    POST doxm {"owned": true}
"""

from collections.abc import Mapping

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, Representation, SilenceError
from onboardee.device.resources.secure.common import bad_request, merged
from onboardee.device.resources.secure.stored import StoredResource
from onboardee.device.security.offers import is_forbidden
from onboardee.svrdb.model import DOXM, NIL, Database, Doxm


class DoxmResource(StoredResource):
    """Owner transfer methods and ownership.

    On the wire: `oxms`, the methods offered; `oxmsel`, the one selected; `sct`, the types of
    credentials; `owned`, `deviceuuid`, `devowneruuid`, `rowneruuid` (OCF Security 13.2).
    """

    def __init__(self) -> None:
        super().__init__(DOXM)

    def retrieve(self, call: Call) -> Representation:
        """Return doxm, unless the query asks for another device.

        `owned=` and `deviceuuid=` are filters of a search. Raises `RefusedError`, 4.00, for an
        `owned` that does not match, which as an answer to multicast is not sent, and `SilenceError`
        for another device's UUID.
        """
        doxm = call.database.doxm
        for value in call.query.all("owned"):
            if value.lower() != ("true" if doxm.owned else "false"):
                raise bad_request(f"owned={value} does not match")
        for value in call.query.all("deviceuuid"):
            if value.lower() != str(doxm.device_uuid):
                raise SilenceError
        return super().retrieve(call)

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Select a method, or take ownership property by property.

        A new selection abandons handshakes that began under the old one, as their key would be
        another. Raises `RefusedError`, 4.00.
        """
        doxm = merged("doxm", call.database.doxm, payload, call)
        is_new = doxm.selected_method != call.database.doxm.selected_method
        if is_new and doxm.selected_method not in doxm.methods:
            raise bad_request(f"doxm: method {doxm.selected_method} is not offered")
        if is_new and is_forbidden(call.database, doxm.selected_method):
            raise bad_request("doxm: the security profile in force forbids the method")
        if doxm.device_uuid == NIL:
            raise bad_request("doxm: the nil UUID names no device")
        if doxm == call.database.doxm:
            return Outcome()  # whoever repeats what is so disturbs nobody's transfer
        return Outcome(database=_with_lasting_uuid(call.database, doxm), abandon_handshakes=is_new)


def _with_lasting_uuid(database: Database, doxm: Doxm) -> Database:
    """Write doxm; a temporary device UUID ends when the device gets an owner or a UUID is set.

    Both happen in one transaction, so that nobody meets the one without the other (OCF Security
    7.3).
    """
    lasting = database.next_uuid
    if lasting is None:
        return replace(database, doxm=doxm)
    if doxm.device_uuid != database.doxm.device_uuid:
        return replace(database, doxm=doxm, next_uuid=None)
    if doxm.owner_uuid == NIL:
        return replace(database, doxm=doxm)
    return replace(database, doxm=replace(doxm, device_uuid=lasting), next_uuid=None)
