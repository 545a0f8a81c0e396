"""What a change of the database amounts to: events, and what else follows from the difference.

Events are told from what is different, not by those who make the change: so there is no way to
change something silently, and a database that people put in place while the device runs leads to
the same lines in the log as a tool that does it request by request.
"""

from collections.abc import Iterator

import msgspec

from onboardee.device.access.target import PSTAT
from onboardee.device.events import (
    CredentialUnused,
    DeviceConfigured,
    DevicePaired,
    DeviceUnpaired,
    Event,
    MethodSelected,
    OwnerChanged,
    ResourceCreated,
    ResourceDeleted,
    SharingChanged,
    SoftwareInstalled,
    StateChanged,
    SubOwnerJoined,
    SubOwnerRemoved,
    UpdateChanged,
)
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb.model import (
    FOR_OSCORE,
    Created,
    Cred,
    Database,
    Owners,
    Software,
    State,
    TransferMethod,
)


def describe_changes(
    before: Database, after: Database, *, by_client: bool = True
) -> Iterator[Event]:
    """Yield the events that tell how `after` differs from `before`.

    What only clients do is told only if it was `by_client`, and not a reset or a restored database.
    """
    if by_client:
        yield from _deeds(before, after)
    if after.doxm.owned and not before.doxm.owned:
        yield OwnerChanged(owner=after.doxm.owner_uuid, device_uuid=after.doxm.device_uuid)
    if before.state is not after.state:
        yield StateChanged(before=before.state.name, after=after.state.name)
    if before.cred.credentials != after.cred.credentials:
        yield from unused_credentials(before.cred, after.cred)
    if before.software != after.software:
        yield from _updated(before.software, after.software)


def unused_credentials(before: Cred, after: Cred) -> Iterator[Event]:
    """Yield an event for each credential that is new or another one, and will never be used."""
    for credential in after.credentials:
        if credential.kind in FOR_OSCORE and credential not in before.credentials:
            yield CredentialUnused(
                credid=credential.credid,
                subject=credential.subject,
                reason="the device does not speak OSCORE",
            )


def _updated(before: Software, now: Software) -> Iterator[Event]:
    if now.installed != before.installed and now.installed is not None:
        yield SoftwareInstalled(version=now.installed)
    if (before.state, before.action, before.result) != (now.state, now.action, now.result):
        yield UpdateChanged(
            state=now.state, action=now.action, result=int(now.result), version=now.new_version
        )


def _deeds(before: Database, after: Database) -> Iterator[Event]:
    """Yield what only a client does, and a reset or a restored database brings about by the way."""
    method = after.doxm.selected_method
    if before.doxm.selected_method != method != TransferMethod.SELF:
        yield MethodSelected(method=TransferMethod(method).name.lower().replace("_", " "))
    earlier, now = before.pconf.paired, after.pconf.paired
    if earlier != now:
        yield from (DevicePaired(uuid=each) for each in now if each not in earlier)
        yield from (DeviceUnpaired(uuid=each) for each in earlier if each not in now)
    yield from _shared(before.owners, after.owners)
    if before.con != after.con:
        yield DeviceConfigured(values=msgspec.to_builtins(after.con))
    if before.created != after.created:
        yield from _created(before.created, after.created)


def _shared(before: Owners, after: Owners) -> Iterator[Event]:
    if before == after:
        return
    if before.is_open is not after.is_open:
        yield SharingChanged(is_open=after.is_open)
    earlier, now = before.sub_owners, after.sub_owners
    yield from (SubOwnerJoined(uuid=each) for each in now if each not in earlier)
    yield from (SubOwnerRemoved(uuid=each) for each in earlier if each not in now)


def _created(before: Created, after: Created) -> Iterator[Event]:
    earlier = {each.href: each for each in before.resources}
    now = {each.href: each for each in after.resources}
    for href, each in earlier.items():
        if now.get(href) != each:
            yield ResourceDeleted(href=href, collection=each.collection)
    for href, each in now.items():
        if earlier.get(href) != each:
            yield ResourceCreated(href=href, collection=each.collection, type=each.types[0])


def changed_resources(before: Database, after: Database, profile: Profile) -> list[str]:
    """Return the paths of the resources of the device itself that show another thing now."""
    found = [PSTAT] if before.pstat != after.pstat else []
    was_installed = before.software.installed != after.software.installed
    if before.doxm.device_uuid != after.doxm.device_uuid or was_installed:
        found.append("/oic/d")
    settings = profile.software_update
    if settings is not None and before.software != after.software:
        found += [settings.path, *(["/oic/p"] if was_installed else [])]
    return found


def rights(database: Database) -> object:
    """Return what decides who may read what."""
    return database.state, database.doxm, database.cred, database.acl2, database.owners


def terms(database: Database) -> object:
    """Return what decides who may open a session; one that began before may not end after."""
    return database.state is State.RFOTM, database.cred, database.crl, database.owners
