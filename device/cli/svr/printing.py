"""What commands print: JSON, and in what databases differ.

Characters that a terminal obeys are escaped in both: names and tags in a database come from whoever
provisioned it.
"""

import json
from collections.abc import Sequence
from typing import Any

import click

from onboardee.svrdb import Difference
from onboardee.svrdb.plain import visible


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(visible(json.dumps(value, indent=2, ensure_ascii=False)))


def print_differences(
    found: Sequence[Difference], *, reveal: bool = False, as_json: bool = False
) -> None:
    """Print what differs: on a terminal what goes is red, what comes is green."""
    if as_json:
        print_json([each.shown(reveal=reveal) for each in found])
        return
    for each in found:
        for line in each.lines(reveal=reveal):
            click.secho(line, fg="green" if line.startswith("+") else "red")
    if not found:
        click.echo("no difference")
