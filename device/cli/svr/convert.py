"""`onboardee svr convert`: from and to the databases of other stacks, and dumps for people.

The forms are read and written by `svrdb.formats`; here names and options choose among them.
Whatever the target cannot hold is a warning, never left out in silence.

The database is checked after it was read, and problems are warnings: who converts a broken device
wants to see it broken. Secrets go to a terminal only if that is asked for.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import click

from onboardee.device.cli.svr import options
from onboardee.svrdb import Database, StoreError, problems
from onboardee.svrdb.formats import (
    Form,
    FormatError,
    Imported,
    Options,
    decode,
    encode,
    read,
    write,
)
from onboardee.svrdb.formats.files import MAX_SIZE

_FORMS: Final = click.Choice([str(form) for form in Form])
"""Names of all forms."""
_BY_SUFFIX: Final = {
    ".dat": Form.IOTIVITY,
    ".yaml": Form.YAML,
    ".yml": Form.YAML,
    ".json": Form.SOURCE,
}
"""What the suffix of a file tells."""
_LITE_FILE: Final = re.compile(r"doxm_[0-9]+")
"""A file of IoTivity-Lite's credential directory."""

EPILOG: Final = """\b
Examples:
  onboardee svr convert oic_svr_db_server.dat ~/lights/kitchen
      a state directory from an IoTivity server's database
  onboardee svr convert server.json server.dat
      what json2cbor does; server.dat server.json is its inverse
  onboardee svr convert simpleserver_creds kitchen.yaml
      IoTivity-Lite, to be read
  onboardee svr convert ~/lights/kitchen - --to yaml | less"""


@click.command("convert", epilog=EPILOG)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--from", "source_form", type=_FORMS, help="Form of IN; else its content tells.")
@click.option("--to", "target_form", type=_FORMS, help="Form of OUT; else its name tells.")
@click.option(
    "--version",
    type=click.Choice(["1.2", "1.3", "master"]),
    default="master",
    show_default=True,
    help="The IoTivity that is to read OUT.",
)
@click.option(
    "--device", type=click.IntRange(0), default=0, help="Device of an IoTivity-Lite directory."
)
@click.option("--replace", is_flag=True, help="Replace the device in a state directory.")
@options.reveal
@options.dry_run
def command(
    source: Path, target: Path, source_form: str | None, target_form: str | None, **settings: Any
) -> None:
    """Convert a device's database from any form to any other; - is standard input or output.

    Forms: store (a state directory, or svr.json), iotivity (.dat), json2cbor (its .json), lite (a
    credential directory), and the dumps yaml and json. In these secrets are redacted unless
    --reveal is given, and a redacted one cannot be read back. What OUT cannot hold is told on
    standard error.
    """
    chosen = Options(**settings)
    form = _form_of(target, target_form)
    with _explained("standard input" if str(source) == "-" else str(source)):
        imported = _read(source, Form(source_form) if source_form else None, chosen.device)
    _warn(imported.warnings)
    _warn(tuple(problem.sentence for problem in problems(imported.database)))
    if str(target) == "-":
        _print(imported.database, form, chosen)
        return
    with _explained(str(target)):
        warnings = write(target, imported.database, form=form, options=chosen)
    _warn(warnings)
    done = "can be converted" if chosen.dry_run else f"is now in {target}"
    click.echo(f"device {imported.database.doxm.device_uuid} {done} ({form})")


def _print(database: Database, form: Form, options: Options) -> None:
    """Write to standard output; secrets only where they were asked for."""
    if form is Form.SOURCE and not options.reveal:
        raise click.UsageError("the json2cbor form shows secrets; give --reveal if that is meant")
    with _explained("standard output"):
        content, warnings = encode(database, form, options)
    _warn(warnings)
    if not options.dry_run:
        sys.stdout.buffer.write(content)


def _form_of(target: Path, given: str | None) -> Form:
    """Return the form of the target, by option or by name. Raises `click.UsageError`."""
    if given is not None:
        return Form(given)
    if str(target) == "-":
        raise click.UsageError("say with --to what standard output is to be")
    # Before the suffix is asked, which would say json2cbor.
    if target.name == "svr.json":
        return Form.STORE
    if target.is_dir() and any(_LITE_FILE.fullmatch(path.name) for path in target.iterdir()):
        return Form.LITE
    # Both a state directory and IoTivity-Lite's are directories; only the latter's name tells.
    if not target.suffix or target.is_dir():
        return Form.LITE if target.name.endswith("_creds") else Form.STORE
    if target.suffix not in _BY_SUFFIX:
        raise click.UsageError(f"the name {target.name} tells no form; give it with --to")
    return _BY_SUFFIX[target.suffix]


def _read(source: Path, form: Form | None, device: int) -> Imported:
    """Read a database in any form. Raises `FormatError`, `StoreError` or OSError."""
    if str(source) != "-":
        return read(source, new_uuid=uuid4, form=form, device=device)
    # One octet more than is possible, to know that there was more.
    content = sys.stdin.buffer.read(MAX_SIZE + 1)
    if len(content) > MAX_SIZE:
        raise FormatError(f"has more than {MAX_SIZE} octets")
    return decode(content, new_uuid=uuid4, form=form)


def _warn(warnings: tuple[str, ...]) -> None:
    """Print warnings on standard error."""
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """Turn what is wrong with a file into one sentence that names it."""
    try:
        yield
    except FormatError as error:
        raise click.ClickException(f"{place}: {error}; nothing was written") from error
    except OSError as error:
        raise click.ClickException(f"{place}: {error.strerror or error}") from error
    except StoreError as error:
        raise click.ClickException(str(error)) from error
