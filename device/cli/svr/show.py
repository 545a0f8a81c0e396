"""`onboardee svr show`: the security resources.

The tables are for people; `--json` and `--yaml` have the names and values of the specification.
"""

from pathlib import Path

import click

from onboardee.device.cli.svr import options, view
from onboardee.device.cli.svr.printing import print_json
from onboardee.device.cli.svr.state import looked_at
from onboardee.svrdb import plain
from onboardee.svrdb.model import PARTS


@click.command("show", epilog="Example: onboardee svr show acl2 --yaml --device light")
@click.argument("resources", nargs=-1, type=click.Choice([*PARTS]), metavar="[RESOURCE]...")
@options.place
@options.as_json
@click.option("--yaml", "as_yaml", is_flag=True, help="Print YAML.")
@options.reveal
def command(
    resources: tuple[str, ...], state_dir: Path, reveal: bool, as_json: bool, as_yaml: bool
) -> None:
    """Print the security resources, or those named.

    RESOURCE is one of doxm, pstat, acl2, cred, sp, sdi, pconf, owners, amacl, crl, ael, permanent.
    A running device's database is shown as last written. Keys and PINs are hidden without --reveal.
    """
    if as_json and as_yaml:
        raise click.UsageError("--json and --yaml exclude each other")
    database = looked_at(state_dir)
    names = resources or tuple(PARTS)
    if not (as_json or as_yaml):
        for line in view.tables(database, names, reveal=reveal):
            click.echo(line)
        return
    values = {name: plain(getattr(database, name), reveal=reveal) for name in names}
    if as_json:
        print_json(values)
        return
    # a library that the other forms do without
    import yaml  # noqa: PLC0415

    click.echo(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), nl=False)
