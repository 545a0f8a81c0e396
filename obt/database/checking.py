"""What is wrong or unfinished in the database, each with the command that mends it.

The database is sound as long as only this program changes it. What is found here comes of what it
cannot help: an operation that was interrupted, a device that was reset by hand, a file that was
restored from an old copy. Nothing is mended here, as that needs a device to be asked or a person
to decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from onboardee.obt.database import (
    CredentialState,
    DeviceState,
    ProvisioningDatabase,
)


@dataclass(frozen=True, slots=True)
class DatabaseFinding:
    """Something that is not as it should be, and the command that mends it, if one does.

    Findings are told to people; `command` is what they can type, empty where only they can know
    what to do.
    """

    text: str
    """What is wrong, a sentence without a stop."""
    command: str = ""


def check(database: ProvisioningDatabase) -> list[DatabaseFinding]:
    """Look through the file, without asking any device; the graver findings come first."""
    return [
        *_of_file(database),
        *_of_operations(database),
        *_of_devices(database),
        *_of_credentials(database),
    ]


def _of_file(database: ProvisioningDatabase) -> Iterator[DatabaseFinding]:
    """Yield what SQLite itself finds: damaged pages, and rows that refer to none."""
    for row in database.file.rows("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield DatabaseFinding(f"the file is damaged: {row[0]}")
    for row in database.file.rows("PRAGMA foreign_key_check"):
        yield DatabaseFinding(f"a record of {row[0]} is about something that is not there")


def _of_operations(database: ProvisioningDatabase) -> Iterator[DatabaseFinding]:
    """Yield the operations of which something remains."""
    for each in database.operations.unfinished():
        devices = " ".join(map(str, each.devices))
        why = f": {each.message}" if each.message else ""
        yield DatabaseFinding(
            f"operation {each.id} ({each.kind} {devices}) is unfinished{why}",
            f"onboardee obt resume {each.id}",
        )


def _of_devices(database: ProvisioningDatabase) -> Iterator[DatabaseFinding]:
    """Yield devices of which it is not certain that they are ours, or where they are.

    A device that an unfinished operation is about is left out: to finish that mends both.
    """
    unfinished = database.operations.unfinished()
    for each in database.devices.all():
        is_expected = any(each.uuid in operation.devices for operation in unfinished)
        if each.state is DeviceState.PENDING and not is_expected:
            command = f"onboardee obt confirm {each.uuid}"
            yield DatabaseFinding(
                f"{each.uuid} says that it has no owner, and may be ours still", command
            )
        elif each.state is not DeviceState.OWNED and not is_expected:
            command = f"onboardee obt remove {each.uuid}"
            yield DatabaseFinding(
                f"{each.uuid} is {each.state}, and nothing remains to be done", command
            )
        if each.key is None and each.state is not DeviceState.REMOVING:
            command = f"onboardee obt forget {each.uuid}"
            yield DatabaseFinding(f"the owner credential of {each.uuid} is not known", command)
        elif not each.secured and each.state is not DeviceState.REMOVING:
            yield DatabaseFinding(
                f"it is not known where {each.uuid} takes sessions", "onboardee obt discover"
            )


def _of_credentials(database: ProvisioningDatabase) -> Iterator[DatabaseFinding]:
    """Yield links of which one side is missing or not certain."""
    known = {each.uuid for each in database.devices.all()}
    busy = [set(each.devices) for each in database.operations.unfinished()]
    records = database.credentials.all()
    held = {(each.device, each.peer) for each in records}
    for each in records:
        if any(devices <= {each.device, each.peer} for devices in busy):
            continue
        if each.peer not in known:
            yield DatabaseFinding(
                f"{each.device} has a credential for {each.peer}, which is not known"
            )
        elif (each.peer, each.device) not in held or each.state is not CredentialState.PRESENT:
            yield DatabaseFinding(
                f"{each.device} has a credential for {each.peer} ({each.state}), and the other "
                "side may have none",
                f"onboardee obt unlink {each.device} {each.peer}",
            )
