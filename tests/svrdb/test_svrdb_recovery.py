"""Restoring: over a sound database, a damaged one, a missing one."""

import pytest
from svrdb_samples import named, owned, unowned

from onboardee.svrdb import (
    JSON,
    Codec,
    MemoryStorage,
    Store,
    StoreLocked,
    StoreMissing,
    read_named,
    read_previous,
    restore,
)
from onboardee.svrdb.codec import CODECS


def lived(codec: Codec = JSON) -> MemoryStorage:
    """Return the storage of a device that had two generations."""
    storage = MemoryStorage()
    with Store.open(storage, unowned, codec=codec) as store:
        store.commit(owned())
    return storage


@pytest.mark.parametrize("codec", CODECS)
def test_restored_and_taken_back(codec: Codec) -> None:
    """What was current becomes the generation before, so that restoring it takes all back."""
    storage = lived(codec)
    assert restore(storage, named(unowned(), "old")) == ()
    assert read_named(storage, "live") == named(unowned(), "old")
    assert restore(storage, read_previous(storage)) == ()
    assert read_named(storage, "live") == owned()


@pytest.mark.parametrize("codec", CODECS)
def test_over_damage(codec: Codec) -> None:
    """A damaged database is replaced in its own form, and kept beside."""
    files = lived(codec).files
    storage = MemoryStorage({**files, codec.file_name: b"damaged"})
    assert restore(storage, read_previous(storage)) == (f"svr.damaged.{codec.name}",)
    (survivor,) = storage.after_power_cut()
    assert survivor.files[f"svr.damaged.{codec.name}"] == b"damaged"
    assert read_named(survivor, "live") == unowned()


@pytest.mark.parametrize("codec", CODECS)
def test_over_nothing(codec: Codec) -> None:
    """A lost database is replaced, in the form of the generation before."""
    files = lived(codec).files
    del files[codec.file_name]
    storage = MemoryStorage(files)
    assert restore(storage, read_previous(storage)) == ()
    assert read_named(storage, "live") == unowned()
    assert codec.file_name in storage.files


def test_where_no_device_lives() -> None:
    """A restored device needs a place where one was; nothing is made elsewhere."""
    storage = MemoryStorage()
    with pytest.raises(StoreMissing, match="holds no device"):
        restore(storage, owned())
    assert storage.files == {}


def test_of_a_running_device() -> None:
    """Nobody restores under a running device."""
    storage = lived()
    with Store.open(storage, unowned), pytest.raises(StoreLocked):
        restore(storage, unowned())
