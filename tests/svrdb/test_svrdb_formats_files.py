"""Files and directories: which form they have, and that they are written whole or not at all."""

import os
import stat
from pathlib import Path

import pytest
from foreign_samples import counter, dat, lite_directory, rich, sample
from msgspec.structs import replace
from svrdb_samples import owned, unowned

from onboardee.svrdb import CBOR, JSON, Foreign, StoreError, StoreLocked, open_directory
from onboardee.svrdb.formats import Form, FormatError, Options, detect, encode, read, write
from onboardee.svrdb.formats import files as module


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.LITE], ids=str)
def test_detected_by_content(form: Form) -> None:
    """Each form of file is told by its content, whatever its name."""
    assert detect(encode(rich(), form)[0]) is form


def test_stored_cbor_is_detected() -> None:
    """Our own CBOR file is told from IoTivity's."""
    assert detect(CBOR.encode(owned())) is Form.STORE


@pytest.mark.parametrize("content", [b"", b" ", b"hello", b"\x00\x01", b"- a", b"{"])
def test_nothing_known(content: bytes) -> None:
    """Content of no known form is refused."""
    with pytest.raises(FormatError):
        detect(content)


@pytest.mark.parametrize("form", Form, ids=str)
def test_any_form_on_disk(form: Form, tmp_path: Path) -> None:
    """What is written in any form is found by its place alone."""
    place = tmp_path / "place"
    write(place, rich(), form=form, options=Options(reveal=True))
    assert read(place, new_uuid=counter()).database == rich()
    assert read(place, new_uuid=counter(), form=form).database == rich()


@pytest.mark.parametrize("form", Form, ids=str)
def test_nobody_else_may_read(form: Form, tmp_path: Path) -> None:
    """Files have mode 0600 and directories 0700, also where a file was open to all."""
    place = tmp_path / "place.json" if form is not Form.LITE else tmp_path / "place"
    if form is not Form.LITE:
        place.touch(mode=0o644)
    write(place, owned(), form=form)
    written = list(place.iterdir()) if place.is_dir() else [place]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    if place.is_dir():
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_stored_file(tmp_path: Path) -> None:
    """A file of the store can be read and written without its directory."""
    write(tmp_path / "svr.json", owned(), form=Form.STORE)
    assert JSON.decode((tmp_path / "svr.json").read_bytes()) == owned()
    (tmp_path / "svr.cbor").write_bytes(CBOR.encode(unowned()))
    assert read(tmp_path / "svr.cbor", new_uuid=counter()).database == unowned()


def test_state_directory_is_a_device(tmp_path: Path) -> None:
    """An import into a state directory is what the device opens."""
    content = dat(sample("justworks"))
    (tmp_path / "a.dat").write_bytes(content)
    found = read(tmp_path / "a.dat", new_uuid=counter()).database
    write(tmp_path / "state", found, form=Form.STORE)
    with open_directory(tmp_path / "state", unowned) as store:
        assert not store.is_new
        assert store.current == found


def test_state_directory_is_not_overwritten(tmp_path: Path) -> None:
    """A device that is there is replaced only on demand, and never while it runs."""
    place = tmp_path / "state"
    write(place, owned(), form=Form.STORE)
    with pytest.raises(StoreError, match="has a device already"):
        write(place, unowned(), form=Form.STORE)
    assert read(place, new_uuid=counter()).database == owned()
    with open_directory(place, unowned), pytest.raises(StoreLocked):
        write(place, unowned(), form=Form.STORE, options=Options(replace=True))
    write(place, unowned(), form=Form.STORE, options=Options(replace=True))
    assert read(place, new_uuid=counter()).database == unowned()


def test_file_of_a_device_is_not_overwritten(tmp_path: Path) -> None:
    """The file in a device's directory is not written behind the back of its lock."""
    write(tmp_path / "state", owned(), form=Form.STORE)
    with pytest.raises(StoreError, match="belongs to a device; name its directory instead"):
        write(tmp_path / "state" / "svr.json", unowned(), form=Form.STORE)
    assert read(tmp_path / "state", new_uuid=counter()).database == owned()


def test_directory_of_several_devices(tmp_path: Path) -> None:
    """Writing one device into a directory leaves the others, and nothing old of its own."""
    for name, content in lite_directory("owned").items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "pstat_1").write_bytes(b"another's")
    (tmp_path / "cloud_0").write_bytes(b"old")
    write(tmp_path, owned(), form=Form.LITE)
    assert not (tmp_path / "cloud_0").exists()
    assert (tmp_path / "pstat_1").read_bytes() == b"another's"
    assert read(tmp_path, new_uuid=counter()).database == owned()


@pytest.mark.parametrize("form", Form, ids=str)
def test_dry_run_writes_nothing(form: Form, tmp_path: Path) -> None:
    """A dry run leaves no trace."""
    write(tmp_path / "place", owned(), form=form, options=Options(dry_run=True))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", [Form.IOTIVITY, Form.YAML, Form.LITE], ids=str)
def test_failure_writes_nothing(
    form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fails before the end, what was there is still there, and nothing else."""
    place = tmp_path / "place"
    write(place, owned(), form=form)
    before = _content(place)
    calls = iter([None, None])

    def fail(_descriptor: int) -> None:
        if form is Form.LITE and next(calls, 5) is None:
            return
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write(place, unowned(), form=form)
    assert _content(place) == before
    assert list(tmp_path.iterdir()) == [place]
    calls = iter([None, None])
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "new", unowned(), form=form)
    assert list(tmp_path.iterdir()) == [place]


def _content(place: Path) -> dict[str, bytes]:
    paths = place.iterdir() if place.is_dir() else [place]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.parametrize("name", ["file/../../evil", "file/a/b", "file/", "a\0b", "../a"])
def test_names_that_lead_elsewhere(name: str, tmp_path: Path) -> None:
    """A resource whose name would be another path is refused, and nothing is written."""
    database = replace(owned(), foreign=(Foreign(place=(name,), content=b"\xa0"),))
    with pytest.raises(FormatError, match="cannot be a file's"):
        write(tmp_path / "creds", database, form=Form.LITE)
    assert list(tmp_path.iterdir()) == []


def test_directories_that_hold_nothing(tmp_path: Path) -> None:
    """A directory without a device, and one asked for as a file, are refused."""
    with pytest.raises(FormatError, match="holds neither"):
        read(tmp_path, new_uuid=counter())
    with pytest.raises(FormatError, match="is a directory"):
        read(tmp_path, new_uuid=counter(), form=Form.IOTIVITY)
    (tmp_path / "file").write_bytes(b"\xbf\xff")
    with pytest.raises(FormatError, match="keeps a directory"):
        read(tmp_path / "file", new_uuid=counter(), form=Form.LITE)
    with pytest.raises(FormatError, match="keeps a directory"):
        encode(owned(), Form.LITE)


def test_huge_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of more octets, or a directory of more files, than any real one is not read."""
    (tmp_path / "doxm_0").write_bytes(b"x" * 100)
    monkeypatch.setattr(module, "MAX_SIZE", 99)
    with pytest.raises(FormatError, match="more than 99 octets"):
        read(tmp_path / "doxm_0", new_uuid=counter())
    monkeypatch.setattr(module, "_MAX_FILES", 0)
    with pytest.raises(FormatError, match="more than 0 files"):
        read(tmp_path, new_uuid=counter())


def test_damaged_store(tmp_path: Path) -> None:
    """A damaged file of our own is refused as the store refuses it."""
    (tmp_path / "svr.json").write_bytes(JSON.encode(owned()).replace(b'"cm": 2', b'"cm": 3'))
    with pytest.raises(FormatError, match="was edited by hand or damaged"):
        read(tmp_path, new_uuid=counter())
