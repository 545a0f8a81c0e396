"""Which events a change of the database amounts to."""

from collections.abc import Iterator

import msgspec

from onboardee.device.events import (
    DeviceConfigured,
    DevicePaired,
    DeviceUnpaired,
    Event,
    MethodSelected,
    OwnerChanged,
    StateChanged,
)
from onboardee.svrdb.model import Database, TransferMethod


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


def _deeds(before: Database, after: Database) -> Iterator[Event]:
    method = after.doxm.selected_method
    if before.doxm.selected_method != method != TransferMethod.SELF:
        yield MethodSelected(method=TransferMethod(method).name.lower().replace("_", " "))
    earlier, now = before.pconf.paired, after.pconf.paired
    if earlier != now:
        yield from (DevicePaired(uuid=each) for each in now if each not in earlier)
        yield from (DeviceUnpaired(uuid=each) for each in earlier if each not in now)
    if before.con != after.con:
        yield DeviceConfigured(values=msgspec.to_builtins(after.con))
