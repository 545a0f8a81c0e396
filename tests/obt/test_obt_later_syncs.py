"""Changes of many devices share syncs of the tool's database; who needs one waits for it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from obt_house import House
from test_obt_fleet import fleet_of, own_fleet

from onboardee.obt import run
from onboardee.obt.database import DatabaseError, ProvisioningDatabase, later_syncs
from onboardee.obt.database import file as database_file


class Disk:
    """Syncs that take as long as the test wants, and fail when it says so."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.begun = 0
        self.failing: set[int] = set()

    def sync(self, path: Path) -> None:
        """Stand for a sync of the journal of `path`."""
        self.begun += 1
        number = self.begun
        assert self.may_end.wait(10), "the test never let the disk finish"
        if number in self.failing:
            raise OSError(5, "Input/output error")


@contextmanager
def database(tmp_path: Path) -> Iterator[ProvisioningDatabase]:
    """Open one whose transactions are synced later."""
    opened = ProvisioningDatabase(tmp_path / "obt.db")
    with opened.file.syncing_later():
        yield opened
    opened.close()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Replace the disk."""
    disk = Disk()
    monkeypatch.setattr(later_syncs, "sync_journal", disk.sync)
    return disk


async def test_those_who_wait_share_a_sync(tmp_path: Path, disk: Disk) -> None:
    """What was written while one was under way is in the next one, whoever waits for it."""
    with database(tmp_path) as opened:
        opened.operations.begin("own", ())
        first = [asyncio.create_task(opened.file.synced()) for _ in range(3)]
        while not disk.begun:  # noqa: ASYNC110 - a thread tells of it
            await asyncio.sleep(0.001)
        opened.operations.begin("own", ())
        later = [asyncio.create_task(opened.file.synced()) for _ in range(3)]
        await asyncio.sleep(0)
        first[0].cancel()
        disk.may_end.set()
        await asyncio.gather(*first[1:], *later)
        assert disk.begun == 2
        await opened.file.synced()
        assert disk.begun == 2


async def test_a_sync_that_fails_is_told(tmp_path: Path, disk: Disk) -> None:
    """Nobody goes on who waited for it or comes later: the next might succeed without reason."""
    disk.failing = {1}
    disk.may_end.set()
    with database(tmp_path) as opened:
        opened.operations.begin("own", ())
        told = await asyncio.gather(
            *(opened.file.synced() for _ in range(2)), return_exceptions=True
        )
        assert all(isinstance(each, DatabaseError) for each in told)
        with pytest.raises(DatabaseError, match="before"):
            await opened.file.synced()
    with pytest.raises(DatabaseError, match="closed"):
        opened.operations.history()


async def test_each_transaction_is_synced_again_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody waited for is synced at the end, and what comes then by SQLite."""
    synced: list[Path] = []
    monkeypatch.setattr(database_file, "sync_journal", synced.append)
    with ProvisioningDatabase(tmp_path / "obt.db") as opened:
        with opened.file.syncing_later():
            opened.operations.begin("own", ())
            assert opened.file.rows("PRAGMA synchronous")[0][0] == 1
            assert not synced
        assert synced == [opened.file.path]
        assert opened.file.rows("PRAGMA synchronous")[0][0] == 2
        await opened.file.synced()


def test_no_device_has_a_key_that_is_not_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ownership waits at its begin, between the key and the request for it, and at its end."""
    house = House(tmp_path, 0)
    (light,) = fleet_of(house, 1)
    tool, found = house.start(), list[tuple[int, int]]()

    async def synced() -> None:
        found.append((len(tool.database.devices.all()), len(light.database.cred.credentials)))

    monkeypatch.setattr(tool.database.file, "synced", synced)
    with tool.database.file.syncing_later():
        run(own_fleet(tool, [light]))
    assert found == [(0, 0), (1, 0), (1, 1)]
    tool.database.close()
