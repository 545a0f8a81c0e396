"""Which events a change amounts to: of the database, of the values, of the faults of the world.

Events are told from what is different, not by those who make the change: so there is no way to
change something silently, and a database that people put in place while the device runs leads to
the same lines in the log as a tool that does it request by request.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from onboardee.device.events import (
    CredentialUnused,
    DeviceConfigured,
    DevicePaired,
    DeviceUnpaired,
    Event,
    FaultChanged,
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
    ValueChanged,
)
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.simulation.world.world import World
from onboardee.svrdb.model import (
    FOR_OSCORE,
    Created,
    Cred,
    Database,
    Owners,
    Software,
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


class News:
    """What changed of a device's values and faults since it was told last."""

    def __init__(self, appliances: Mapping[str, ApplianceResource], world: World) -> None:
        self._appliances = appliances
        self._world = world
        self._values: dict[str, Mapping[str, Any]] = {}
        self._faults: Mapping[str, bool] = {}

    def begin(self) -> None:
        """Take what is now for told."""
        self._values = {href: dict(each.values.current) for href, each in self._appliances.items()}
        self._faults = self._world.faults

    def take_in(self, href: str) -> None:
        """Take what a resource holds that has come or gone for told."""
        self._values.pop(href, None)
        if href in self._appliances:
            self._values[href] = dict(self._appliances[href].values.current)
        self._faults = self._world.faults

    def events(self, hrefs: Iterable[str], *, by_hand: bool) -> Iterator[Event]:
        """Yield what is new: of faults, and of those of the resources that hold values."""
        faults = self._world.faults
        for fault, is_on in faults.items():
            if self._faults.get(fault) != is_on:
                yield FaultChanged(fault=fault, is_on=is_on, by_itself=not by_hand)
        self._faults = faults
        for href in hrefs:
            if href not in self._appliances:
                continue
            by_itself = self._world.was_by_itself(href)
            before, now = self._values.get(href, {}), dict(self._appliances[href].values.current)
            self._values[href] = now
            values = {
                name: now[name] for name in now if name not in before or before[name] != now[name]
            }
            if values:
                moving = self._world.is_moving(href, values)
                yield ValueChanged(href=href, values=values, by_itself=by_itself, moving=moving)
