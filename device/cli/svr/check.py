"""`onboardee svr check`: is what the device keeps consistent, and if not, what to do.

The findings are those of `svrdb.findings`, each with the clause that it is about and a remedy. A
repair is one edit of the database, printed as its differences, and can be taken back.

`--fix` repairs what has one right answer. A note may be meant so, as an entry that never applies
may be part of a test: it is repaired only if it is named.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.printing import print_differences, print_json
from onboardee.device.cli.svr.state import opened, said
from onboardee.svrdb import (
    Database,
    Difference,
    Finding,
    ProblemCode,
    RepairMeans,
    Severity,
    StoreDamaged,
    advise,
    differences,
    read_existing,
    repair,
)


@click.command("check", epilog="Example: onboardee svr check --device light --fix --dry-run")
@options.place
@click.option(
    "--fix",
    is_flag=True,
    help="Repair errors and warnings, and notes named by --only, in one change.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(sorted(map(str, ProblemCode))),
    metavar="CODE",
    help="Look for, and repair, this only; may repeat.",
)
@click.option("--at", type=click.DateTime(), help="Check for this time (UTC) instead of now.")
@options.dry_run
@options.reveal
@options.as_json
def command(  # noqa: PLR0913 - the options of the command line
    state_dir: Path,
    only: tuple[str, ...],
    at: datetime | None,
    *,
    fix: bool,
    dry_run: bool,
    reveal: bool,
    as_json: bool,
) -> None:
    """Name every inconsistency of a device's database, with its clause and what to do.

    An error keeps the device from working as it should, a warning is something of no use or in
    contradiction, a note may be meant so. Some repairs reset the device and say so; `svr restore
    --previous` takes a repair back. The exit code is 1 if there are errors or warnings that were
    not repaired.
    """
    # What a repair cannot compute: the time, and new UUIDs.
    means = RepairMeans(
        datetime.now(UTC) if at is None else at.replace(tzinfo=UTC),
        uuid4,
    )
    codes = {ProblemCode(code) for code in only} or None
    show = partial(print_differences, reveal=reveal)
    if fix and not dry_run:
        left = _fix(state_dir, means, codes, None if as_json else show)
    else:
        database = _read(state_dir, as_json=as_json)
        left = _advice(database, means, codes)
        if dry_run:
            show(differences(database, repair(database, means, codes)), as_json=as_json)
        else:
            _print(left, as_json=as_json)
    # Notes may be meant so.
    if any(finding.severity is not Severity.NOTE for finding in left):
        raise SystemExit(1)


def _read(directory: Path, *, as_json: bool) -> Database:
    """Read the database; for machines, damage is a finding like others."""
    with said(directory):
        try:
            return read_existing(directory)
        except StoreDamaged as error:
            if not as_json:
                raise
            print_json([_damage(error)])
            raise SystemExit(1) from None


def _fix(
    directory: Path,
    means: RepairMeans,
    codes: set[ProblemCode] | None,
    show: Callable[[Sequence[Difference]], None] | None,
) -> Sequence[Finding]:
    """Repair, tell what changed and what is left, as JSON without `show`; return what is left."""
    with opened(directory) as device:
        before = device.current
        # One commit, which `svr restore --previous` takes back.
        device.commit(repair(before, means, codes))
        changed = differences(before, device.current)
        left = _advice(device.current, means, codes)
    if show is None:
        print_json({"changed": [each.path for each in changed], "left": [_plain(f) for f in left]})
        return left
    show(changed)
    if left:
        _print(left, as_json=False)
    return left


def _advice(
    database: Database, means: RepairMeans, codes: set[ProblemCode] | None
) -> list[Finding]:
    """Return the findings that are asked for."""
    return [each for each in advise(database, means.now) if codes is None or each.code in codes]


def _print(found: Sequence[Finding], *, as_json: bool) -> None:
    """Print findings with clause and remedy."""
    if as_json:
        print_json([_plain(finding) for finding in found])
        return
    for finding in found:
        click.echo(f"{finding.severity:7}  {finding.code}: {finding.sentence}")
        how = "--fix would" if finding.is_repairable else "to do"
        click.echo(f"         {finding.clause}; {how}: {finding.remedy}")
    if not found:
        click.echo("all is consistent")


def _plain(finding: Finding) -> dict[str, Any]:
    """Return a finding for scripts."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "sentence": finding.sentence,
        "clause": finding.clause,
        "remedy": finding.remedy,
        "repairable": finding.is_repairable,
    }


def _damage(error: StoreDamaged) -> dict[str, Any]:
    """Return a database that cannot be read as a finding."""
    return {
        "code": "damaged",
        "severity": Severity.ERROR,
        "sentence": f"{error.path} {error.what}",
        "octet": error.octet,
        "remedy": error.remedy,
        "repairable": False,
    }
