"""Which form a file or directory has; reading and writing each, all or nothing.

A file is written beside its place, synced and then moved there, so that whoever reads sees the
old content or the new one. A directory of IoTivity-Lite has a file for each resource, which no
file system replaces in one step: all are written before the first is moved.

A state directory is not written as files at all. It goes through the `Store`, which takes its
lock: a device that runs there would lose what it stores next, or be given another identity.

Files are read up to a bound: a path may be anything.
"""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from onboardee.svrdb.codec import CBOR, CODECS, FORMAT, JSON, Unreadable
from onboardee.svrdb.contents import MARKER_NAME
from onboardee.svrdb.directories import read_existing
from onboardee.svrdb.errors import StoreDamaged, StoreError
from onboardee.svrdb.formats import iotivity, lite, neutral, source
from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.stored_resources import Imported, NewUuid
from onboardee.svrdb.formats.whole_files import write_directory, write_file
from onboardee.svrdb.journal import JOURNAL_NAME
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import PREFIX, DirectoryStorage
from onboardee.svrdb.store import Store

MAX_SIZE: Final = 4 << 20
"""Octets of a file. Real ones have some thousand."""

_MAX_FILES: Final = 10_000
"""Entries of a directory. One of IoTivity-Lite has a dozen for each device."""


class Form(StrEnum):
    """The forms in which a database is kept."""

    STORE = "store"
    """A device's state directory, or the file `svr.json` or `svr.cbor` in it."""
    IOTIVITY = "iotivity"
    """IoTivity's `.dat`."""
    SOURCE = "json2cbor"
    """The JSON that IoTivity's json2cbor reads."""
    LITE = "lite"
    """A credential directory of IoTivity-Lite."""
    YAML = "yaml"
    JSON = "json"
    """The neutral dump."""


def read(
    path: str | os.PathLike[str],
    *,
    new_uuid: NewUuid,
    form: Form | None = None,
    device: int = 0,
) -> Imported:
    """Read a database in any form; without `form` its content tells.

    `new_uuid` is asked for identifiers that a form lacks; `device` is the one of a Lite directory.
    Raises `FormatError` or OSError.
    """
    place = Path(path)
    if not place.is_dir():
        # what is in such a file may be older than the journal beside it, so the path is looked at
        # and not the content alone
        if any(place.name == codec.file_name for codec in CODECS) and form in {None, Form.STORE}:
            return _read_stored(place)
        return decode(_read_file(place), new_uuid=new_uuid, form=form)
    names = sorted(os.listdir(place))  # noqa: PTH208 - names are all that is needed
    if form is None:
        form = Form.LITE if lite.devices(names) else Form.STORE
    if form is Form.LITE:
        return lite.decode(_read_directory(place, names), device=device, new_uuid=new_uuid)
    if form is not Form.STORE:
        raise FormatError(f"is a directory, and {form} is a file")
    for codec in CODECS:
        if codec.file_name in names:
            return _read_stored(place / codec.file_name)
    raise FormatError("holds neither a device's database nor the files of IoTivity-Lite")


def decode(content: bytes, *, new_uuid: NewUuid, form: Form | None = None) -> Imported:
    """Read a database from a file's content: see `read`."""
    match form or detect(content):
        case Form.IOTIVITY:
            return iotivity.decode(content, new_uuid=new_uuid)
        case Form.SOURCE:
            return source.decode(content, new_uuid=new_uuid)
        case Form.YAML | Form.JSON:
            return Imported(neutral.decode(content))
        case Form.STORE:
            return Imported(_decode_stored(content))
    raise FormatError("is a file, and IoTivity-Lite keeps a directory")


def detect(content: bytes) -> Form:
    """Tell the form of a file by its content. Raises `FormatError` if it is none."""
    start = content.lstrip()[:1]
    # the tag by which CBOR describes itself (RFC 8949 3.4.6); only our own files begin so
    if content.startswith(b"\xd9\xd9\xf7"):
        return Form.STORE
    # major type 5: a map, without any tag or header before it
    if content and content[0] >> 5 == 5:
        return Form.IOTIVITY
    if start == b"{":
        members = source.read_object(content)
        by_format = {FORMAT: Form.STORE, neutral.FORMAT: Form.JSON}
        return by_format.get(str(members.get("format")), Form.SOURCE)
    if neutral.FORMAT.encode() in content[:1000]:
        return Form.YAML
    raise FormatError("is of no known form" if content else "is empty")


@dataclass(frozen=True, slots=True)
class Options:
    """How to write. Each says which forms it is for; the others pass over it."""

    version: str = "master"
    """The IoTivity that is to read it, one of `iotivity.VERSIONS` (iotivity, json2cbor)."""
    device: int = 0
    """Which device of a directory it becomes (lite)."""
    reveal: bool = False
    """Whether secrets are shown (yaml, json)."""
    replace: bool = False
    """Whether it may take the place of the device in a state directory (store)."""
    dry_run: bool = False
    """Whether to check all that can be, and write nothing."""


def encode(
    database: Database, form: Form, options: Options = Options()
) -> tuple[bytes, tuple[str, ...]]:
    """Return a file's content, and sentences on what it cannot hold. Raises `FormatError`."""
    match form:
        case Form.IOTIVITY:
            return iotivity.encode(database, version=options.version)
        case Form.SOURCE:
            return source.encode(database, version=options.version)
        case Form.YAML | Form.JSON:
            is_yaml = form is Form.YAML
            return neutral.encode(database, as_yaml=is_yaml, reveal=options.reveal), ()
        case Form.STORE:
            return _encode_stored(database), ()
    raise FormatError("IoTivity-Lite keeps a directory, not a file")


def write(
    path: str | os.PathLike[str],
    database: Database,
    *,
    form: Form,
    options: Options = Options(),
) -> tuple[str, ...]:
    """Write a database in a form; return sentences on what is lost.

    A file is replaced in one step and has mode 0600. Raises `FormatError`, `StoreError` or
    OSError, and then has changed nothing, but for a disk that fails between the files of a Lite
    directory: these are written completely before the first takes its place.
    """
    place = Path(path)
    if form is Form.LITE:
        files, warnings = lite.encode(database, device=options.device)
        if not options.dry_run:
            write_directory(place, files, options.device)
    elif form is Form.STORE and place.suffix != ".json":
        warnings = ()
        _encode_stored(database)
        if not options.dry_run:
            _write_store(place, database, options.replace)
    else:
        content, warnings = encode(database, form, options)
        # a file written there beside the store would be taken for one of its own
        if (place.parent / MARKER_NAME).exists() and place.name.startswith(PREFIX):
            raise StoreError(str(place), "belongs to a device", "name its directory instead")
        if not options.dry_run:
            write_file(place, content)
    return warnings


def _encode_stored(database: Database) -> bytes:
    """Return what `svr.json` of a state directory holds; a single file is always JSON."""
    try:
        return JSON.encode(database)
    except ValueError as error:
        raise FormatError(str(error)) from None


def _decode_stored(content: bytes) -> Database:
    """Read a database from the content of `svr.json` or `svr.cbor`. Raises `FormatError`."""
    codec = JSON if content.lstrip()[:1] == b"{" else CBOR
    try:
        return codec.decode(content)
    except Unreadable as finding:
        raise FormatError(str(finding)) from None


def _read_stored(path: Path) -> Imported:
    """Read a file of ours, and what is newer in the journal beside it."""
    if not os.path.lexists(path.parent / JOURNAL_NAME):
        return Imported(_decode_stored(_read_file(path)))
    try:
        return Imported(read_existing(path.parent))
    except StoreDamaged as damage:
        raise FormatError(f"{damage.what}; {damage.remedy}") from None


def _read_file(path: Path) -> bytes:
    """Read a file up to the bound. Raises `FormatError` or OSError."""
    with path.open("rb") as file:
        content = file.read(MAX_SIZE + 1)
    if len(content) > MAX_SIZE:
        raise FormatError(f"has more than {MAX_SIZE} octets")
    return content


def _read_directory(path: Path, names: list[str]) -> dict[str, bytes]:
    """Return the files of a directory by name; directories in it are passed over."""
    if len(names) > _MAX_FILES:
        raise FormatError(f"has more than {_MAX_FILES} files")
    return {name: _read_file(path / name) for name in names if (path / name).is_file()}


def _write_store(path: Path, database: Database, replace: bool) -> None:
    """Make a database the one of a state directory.

    `replace` allows that there is one already.
    """
    # the directory is written once, and is easier to read without a journal beside the database
    with Store.open(DirectoryStorage(path), lambda: database, journal=False) as store:
        if not store.is_new and not replace:
            raise StoreError(
                str(path), "has a device already", "choose another directory or give --replace"
            )
        store.commit(database)
