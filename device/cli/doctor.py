"""`onboardee doctor`: why a tool does not find a device.

The checks are `device.doctor`'s, in an order from the network to the machine, so that the first
finding that hinders is mostly the cause of the others. People see them by how grave they are;
programs get them in the order in which they were found.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Final

import click

from onboardee.device.cli.places import state_home
from onboardee.device.cli.terminal import folded, is_terminal, table
from onboardee.device.doctor import firewall, groups, links, peer, ports, system
from onboardee.device.doctor.finding import CheckResult, Verdict
from onboardee.device.net.interfaces import interfaces

NAME_WIDTH: Final = 28
"""Columns for what was looked at."""
HEADINGS: Final = {
    Verdict.WELL: "What is well",
    Verdict.HINT: "What may hinder",
    Verdict.FAULT: "What hinders",
}
"""What stands above the findings of a kind, the worst last: that is what a terminal shows."""


@click.command("doctor", epilog="Example: onboardee doctor --peer 192.0.2.17")
@click.option("--peer", "host", metavar="HOST", help="Also try the devices of another machine.")
@click.option(
    "--state-dir", type=click.Path(path_type=Path), metavar="DIR", help="Whose disk to try."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for scripts.")
def command(host: str | None, state_dir: Path | None, *, as_json: bool) -> None:
    """Look for what keeps tools from finding and using the devices of this machine.

    Exit code 1 says that something hinders. With --peer it looks at another machine's devices from
    here: run it where the tool is.
    """
    found: list[CheckResult] = []
    for finding in findings(host, state_dir or state_home()):
        found.append(finding)
        if not as_json:
            _progress(len(found))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    else:
        _print(found)
    if any(each.verdict is Verdict.FAULT for each in found):
        raise click.exceptions.Exit(1)


def findings(host: str | None, home: Path) -> Iterator[CheckResult]:
    """Yield what all checks find."""
    known = interfaces()
    checks = chain(
        links.look(known),
        system.container(),
        groups.look(known),
        groups.heard(known),
        ports.look(),
        firewall.look(),
        system.clock(),
        system.disk(home),
        system.limits(),
        system.cryptography(),
    )
    yield from checks
    if host is not None:
        yield from peer.look(host, known)


def _progress(count: int) -> None:
    """Say on a terminal that something goes on: some checks wait for answers."""
    if is_terminal(sys.stderr):
        click.echo(f"\r{count} things looked at", nl=False, err=True)


def _print(found: list[CheckResult]) -> None:
    """Print the findings, the gravest at the end, each with what can be done about it."""
    if is_terminal(sys.stderr):
        click.echo("\r\x1b[K", nl=False, err=True)
    longest = min(NAME_WIDTH, max(len(each.about) for each in found))
    for verdict, heading in HEADINGS.items():
        these = [each for each in found if each.verdict is verdict]
        if not these:
            continue
        click.echo(click.style(heading, bold=True))
        for each in these:
            for line in table([(each.about.ljust(longest), each.says)], indent="  "):
                click.echo(line)
            if each.advice:
                click.echo(folded(f"      try: {each.advice}", "           "))
        click.echo()
    if not any(each.verdict is Verdict.FAULT for each in found):
        click.echo("Nothing here keeps a tool from finding a device.")
