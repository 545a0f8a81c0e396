"""What the commands about a state directory have in common."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from svrdb import DirectoryStorage, Storage, Store, StoreError, open_existing
from svrdb.store import look
from svrdb.view import Difference

state_dir = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Where the device keeps its state.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
dry_run = click.option("--dry-run", is_flag=True, help="Only print what would change.")
reveal = click.option("--reveal", is_flag=True, help="Show keys, too.")


@contextmanager
def said() -> Iterator[None]:
    """Let an error of the store be one sentence for the person at the terminal."""
    try:
        yield
    except StoreError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def open_state(directory: Path) -> Iterator[Store]:
    """Open the database of a device that is not running."""
    _require(directory)
    with said(), open_existing(directory) as store:
        yield store


@contextmanager
def look_at(directory: Path) -> Iterator[Storage]:
    """Take the state directory of a device that may be running."""
    _require(directory)
    with said():
        storage = look(DirectoryStorage(directory))
        try:
            yield storage
        finally:
            storage.unlock()


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, indent=2))


def print_differences(found: Sequence[Difference], *, as_json: bool = False) -> None:
    """Print what differs, a line each."""
    if as_json:
        print_json([{"path": d.path, "before": d.before, "after": d.after} for d in found])
        return
    for difference in found:
        click.echo(str(difference))
    if not found:
        click.echo("no difference")


def _require(directory: Path) -> None:
    if not directory.is_dir():
        raise click.ClickException(
            f"there is no state directory {directory}; name the one that `run` was given"
        )
