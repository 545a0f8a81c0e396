"""`onboardee svr show`: the security resources."""

import json
from pathlib import Path

import click

from device.cli.svr import view
from device.cli.svr.changing import reveal_option, state_dir_option
from device.cli.svr.opening import looked_at
from svrdb.editor import RESOURCES
from svrdb.plain import plain, visible


@click.command("show", epilog="Example: onboardee svr show acl2 --yaml --state-dir DIR")
@click.argument("resources", nargs=-1, type=click.Choice([*RESOURCES]), metavar="[RESOURCE]...")
@state_dir_option
@click.option("--json", "form", flag_value="json", help="Print JSON with the wire's names.")
@click.option("--yaml", "form", flag_value="yaml", help="Print YAML with the wire's names.")
@reveal_option
def command(resources: tuple[str, ...], state_dir: Path, form: str | None, reveal: bool) -> None:
    """Print the security resources, or those named.

    RESOURCE is one of doxm, pstat, acl2, cred, sp, sdi, crl, ael, permanent. A running device's
    database is shown as last written. Keys and PINs are hidden without --reveal.
    """
    database = looked_at(state_dir)
    names = resources or tuple(RESOURCES)
    if form is None:
        for line in view.tables(database, names, reveal=reveal):
            click.echo(line)
        return
    values = {name: plain(getattr(database, name), reveal=reveal) for name in names}
    if form == "json":
        click.echo(visible(json.dumps(values, indent=2, ensure_ascii=False)))
        return
    # a library that the other forms do without
    import yaml  # noqa: PLC0415

    click.echo(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), nl=False)
