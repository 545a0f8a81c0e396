"""`onboardee svr check`: is what the device keeps consistent, and if not, what to do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from device.cli.svr.state import (
    as_json,
    dry_run,
    look_at,
    open_state,
    print_differences,
    print_json,
    state_dir,
)
from device.entropy import SystemEntropy, random_uuid
from svrdb import (
    AdviceCode,
    Database,
    Finding,
    Means,
    ProblemCode,
    Severity,
    StoreDamaged,
    advise,
    differences,
    read_named,
    repair,
)
from svrdb.advice import Code

_CODES = {str(code): code for code in (*ProblemCode, *AdviceCode)}


@click.command(
    "check", epilog="Example: onboardee svr check --state-dir ~/lights/kitchen --fix --dry-run"
)
@state_dir
@click.option(
    "--fix",
    is_flag=True,
    help="Repair errors and warnings, and notes named by --only, in one change.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(sorted(_CODES)),
    metavar="CODE",
    help="Look for, and repair, this only; may repeat.",
)
@click.option("--at", type=click.DateTime(), help="Check for this time (UTC) instead of now.")
@dry_run
@as_json
def command(  # noqa: PLR0913 - the options of the command line
    state_dir: Path,
    only: tuple[str, ...],
    at: datetime | None,
    *,
    fix: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Name every inconsistency of a device's database, with its clause and what to do.

    An error keeps the device from working as it should, a warning is something of no use or in
    contradiction, a note may be meant so. A running device can be checked, not repaired. Some
    repairs reset the device and say so; `svr restore --previous` takes a repair back. The exit
    code is 1 if there are errors or warnings that were not repaired.
    """
    means = Means(
        datetime.now(UTC) if at is None else at.replace(tzinfo=UTC),
        lambda: random_uuid(SystemEntropy()),
    )
    codes = {_CODES[code] for code in only} or None
    if fix and not dry_run:
        left = _fix(state_dir, means, codes, as_json=as_json)
    else:
        left = _look(state_dir, means, codes, as_json=as_json, dry_run=dry_run)
    if any(finding.severity is not Severity.NOTE for finding in left):
        raise SystemExit(1)


def _look(
    directory: Path, means: Means, codes: set[Code] | None, *, as_json: bool, dry_run: bool
) -> Sequence[Finding]:
    with look_at(directory) as storage:
        try:
            database = read_named(storage, "live")
        except StoreDamaged as error:
            if not as_json:
                raise
            print_json([_damage(error)])
            raise SystemExit(1) from None
    found = _advice(database, means, codes)
    if dry_run:
        print_differences(differences(database, repair(database, means, codes)), as_json=as_json)
    else:
        _print(found, as_json=as_json)
    return found


def _fix(
    directory: Path, means: Means, codes: set[Code] | None, *, as_json: bool
) -> Sequence[Finding]:
    with open_state(directory) as store:
        before = store.current
        store.commit(repair(before, means, codes))
        changed = differences(before, store.current)
        left = _advice(store.current, means, codes)
    if as_json:
        print_json({"changed": [each.path for each in changed], "left": [_plain(f) for f in left]})
    else:
        print_differences(changed)
        if left:
            _print(left, as_json=False)
    return left


def _advice(database: Database, means: Means, codes: set[Code] | None) -> list[Finding]:
    return [each for each in advise(database, means.now) if codes is None or each.code in codes]


def _print(found: Sequence[Finding], *, as_json: bool) -> None:
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
    return {
        "code": finding.code,
        "severity": finding.severity,
        "sentence": finding.sentence,
        "clause": finding.clause,
        "remedy": finding.remedy,
        "repairable": finding.is_repairable,
    }


def _damage(error: StoreDamaged) -> dict[str, Any]:
    return {
        "code": "damaged",
        "severity": Severity.ERROR,
        "sentence": f"{error.path} {error.what}",
        "octet": error.octet,
        "remedy": error.remedy,
        "repairable": False,
    }
