"""Whether the database and the devices agree about what the devices have.

They should, as no request is sent without a record; but other tools may change a device, somebody
may restore an old backup of the database, or press a reset button. Devices are asked, and what is
found is said in sentences, or taken over into the database if that is wanted. Devices are changed
by nothing here.
"""

from dataclasses import dataclass
from uuid import UUID

from onboardee.obt import model
from onboardee.obt.database import (
    CredentialState,
    DeviceRecord,
    DeviceState,
    PairwiseCredential,
    ProvisioningDatabase,
)
from onboardee.obt.errors import ObtError
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.surroundings import PlanSurroundings


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something that the database and a device say differently; `text` is a sentence.

    One that cannot be mended is a device that was silent: of that nothing is known, and nothing is
    deleted on its account.
    """

    device: UUID
    text: str
    can_be_mended: bool = True
    """The database can be brought in line; not so if the device did not answer."""


async def compare(
    database: ProvisioningDatabase, around: PlanSurroundings, *, mend: bool = False
) -> list[Disagreement]:
    """Ask all devices of ours that show them for their credentials and rules.

    With `mend` the database is brought in line with the devices, but for what unfinished operations
    are about.
    """
    found: list[Disagreement] = []
    for record in database.devices.all():
        if record.state is not DeviceState.OWNED or record.key is None:
            continue
        try:
            device = await around.reach(record)
        except ObtError as error:
            said = f"{record.uuid} cannot be asked: {error}"
            found.append(Disagreement(record.uuid, said, can_be_mended=False))
            continue
        async with device:
            if not device.shows_what_it_has:
                continue
            look = _Look(database, record, mend=mend)
            try:
                found += await look.credentials(device)
                found += await look.rules(device)
            except ObtError as error:
                said = f"{record.uuid} did not answer: {error}"
                found.append(Disagreement(record.uuid, said, can_be_mended=False))
    return found


class _Look:
    """A look at one device.

    A device that an unfinished operation is about is only looked at: what is begun there explains
    most differences, and to finish it removes them.
    """

    def __init__(self, database: ProvisioningDatabase, record: DeviceRecord, *, mend: bool) -> None:
        self._database = database
        self._record = record
        self._device = record.uuid
        self._mend = mend
        busy = database.operations.unfinished()
        self._is_busy = any(record.uuid in each.devices for each in busy)

    async def credentials(self, device: OwnedDevice) -> list[Disagreement]:
        """Compare the pairwise credentials, but for the owner's own.

        Those that the device has and the database does not know may be another tool's; they are
        told, and taken over with `mend`, so that removing the peer finds them.
        """
        there = {
            UUID(each.subject): each.credid
            for each in (await device.credentials()).credentials
            if each.kind == model.PAIRWISE and _is_uuid(each.subject)
        }
        there.pop(self._record.owner, None)
        here = {
            each.peer: each
            for each in self._database.credentials.concerning(self._device)
            if each.device == self._device
        }
        found = []
        for peer, credid in there.items():
            if peer not in here:
                found.append(self._difference(f"has a credential for {peer}, not in the database"))
                self._put(peer, credid)
            elif here[peer].credid not in {None, credid}:
                found.append(self._difference(f"has another credential for {peer}: {credid}"))
                self._put(peer, credid)
        for peer in here.keys() - there.keys():
            found.append(self._difference(f"has no credential for {peer}, against the database"))
            if self._mend and not self._is_busy:
                self._database.credentials.remove(self._device, peer)
        return found

    async def rules(self, device: OwnedDevice) -> list[Disagreement]:
        """Look for the rules that it was given; others are its own, or another owner's."""
        there = (await device.rules()).rules
        found = []
        for each in self._database.rules.of(self._device):
            if not any(rule.says_the_same_as(each.rule) for rule in there):
                what = f"has not the rule for {each.subject or each.rule.subject} of the database"
                found.append(self._difference(what))
                if self._mend and not self._is_busy:
                    self._database.rules.remove(each.id)
        return found

    def _put(self, peer: UUID, credid: int) -> None:
        """Take over what the device has, if that is wanted."""
        if self._mend and not self._is_busy:
            record = PairwiseCredential(
                device=self._device, peer=peer, credid=credid, state=CredentialState.PRESENT
            )
            self._database.credentials.put(record)

    def _difference(self, what: str) -> Disagreement:
        return Disagreement(self._device, f"{self._device} {what}")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
