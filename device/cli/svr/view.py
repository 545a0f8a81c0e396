"""The security resources as tables for people; secrets hidden unless asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from onboardee.svrdb import Credential, CredentialType, Database, PublicData
from onboardee.svrdb.editor.words import say
from onboardee.svrdb.model import PARTS, DatabasePart
from onboardee.svrdb.plain import plain, visible

SHORTENED: Final = 60
"""Characters of a text that stand in a table."""


def tables(database: Database, names: Iterable[str], *, reveal: bool = False) -> Iterator[str]:
    """Yield the lines of the named resources, an empty one between two.

    `names` are those of `PARTS`. Lines are as wide as they need to be.
    """
    for number, name in enumerate(names):
        if number:
            yield ""
        yield from _table(database, PARTS[name], reveal=reveal)


def _table(database: Database, part: DatabasePart, *, reveal: bool) -> Iterator[str]:
    """Yield one resource: its properties, then its entries in columns."""
    yield f"{part.name}: {part.title}"
    values = plain(getattr(database, part.name), reveal=reveal)
    entries = values.pop(part.entries) if part.entries else []
    yield from columns([(name, value_text(name, value)) for name, value in values.items()])
    if part.name == "cred":
        entries = [
            _with_title(entry, credential)
            for entry, credential in zip(entries, database.cred.credentials, strict=True)
        ]
    if entries:
        heads = list(dict.fromkeys(name for entry in entries for name in entry))
        rows = [[entry_text(name, entry.get(name)) for name in heads] for entry in entries]
        yield ""
        yield from columns([heads, *rows])
    elif part.entries:
        yield f"  no {part.entry}"


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with their columns aligned, indented by two blanks.

    All rows have the same number of cells.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield visible(f"  {'  '.join(cells)}".rstrip())


def value_text(name: str, value: object) -> str:
    """Return one value with the word for it: `1 (rdp)`.

    A text is cut to one cell; `svr get` prints it whole.

    >>> value_text("oxmsel", 1), value_text("owned", True), value_text("tag", "")
    ('1 (rdp)', 'true', 'none')
    """
    if isinstance(value, list):
        return ", ".join(value_text(name, each) for each in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {value_text(key, each)}" for key, each in value.items())
    word = say(name, value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if value in ("", None):
        return "none"
    return _short(text) if word is None else f"{text} ({word})"


def entry_text(name: str, value: object) -> str:
    """Return one cell of an entry, as short as it is clear.

    `name` is the property's wire name.
    """
    if value is None:
        return ""
    if name == "resources" and isinstance(value, list):
        return " ".join(map(resource_text, value))
    if name == "validity" and isinstance(value, list):
        return " or ".join(
            " ".join([each["period"], *each.get("recurrence", [])]) for each in value
        )
    if name == "subject" and isinstance(value, Mapping):
        return " ".join(map(str, value.values())) if "role" not in value else _role(value)
    if name == "roleid" and isinstance(value, Mapping):
        return _role(value)
    if name in ("publicdata", "privatedata") and isinstance(value, Mapping):
        return _short(str(value["data"]))
    return value_text(name, value)


def entry_line(entry: object, name: str = "") -> str:
    """Return an entry of an array in one line."""
    if not isinstance(entry, Mapping):
        return value_text(name, entry)
    if "href" in entry or "wc" in entry:
        return resource_text(entry)
    return "  ".join(f"{key} {entry_text(key, each)}" for key, each in entry.items())


def resource_text(resource: Mapping[str, Any]) -> str:
    """Return a resource of an entry as `svr add ace --resource` takes it.

    >>> resource_text({"href": "/light", "rt": ["oic.r.switch.binary", "x.y"]})
    '/light;rt=oic.r.switch.binary,x.y'
    """
    place = resource.get("href") or resource.get("wc") or "?"
    filters = (f";{name}={','.join(resource[name])}" for name in ("rt", "if") if name in resource)
    return place + "".join(filters)


def _role(value: Mapping[str, Any]) -> str:
    """Return a role with its authority."""
    authority = value.get("authority")
    return f"role {value['role']}" + (f" of {authority}" if authority else "")


def _short(text: str) -> str:
    """Return a text in one line, cut if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= SHORTENED else f"{line[: SHORTENED - 1]}…"


def _with_title(entry: dict[str, Any], credential: Credential) -> dict[str, Any]:
    """Say whose certificate it is instead of printing it."""
    if credential.kind != CredentialType.CERTIFICATE or credential.public is None:
        return entry
    return {**entry, "publicdata": {"data": certificate_title(credential.public)}}


def certificate_title(public: PublicData) -> str:
    """Return whose certificates they are and until when, or why they cannot be read."""
    # 5 MB of memory that a database without certificates need not have
    from onboardee.pki.errors import CertificateError  # noqa: PLC0415
    from onboardee.pki.printing import title  # noqa: PLC0415
    from onboardee.svrdb.certificates import read_certificates  # noqa: PLC0415

    try:
        return title(read_certificates(public))
    except CertificateError as why:
        return str(why)
