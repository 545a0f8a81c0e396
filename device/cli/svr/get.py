"""`onboardee svr get`: one value, for scripts.

It reads what was last written and takes no lock, so it works beside a running device.

Secrets are shown only with --reveal.
"""

import json
from pathlib import Path

import click

from onboardee.device.cli.svr import options
from onboardee.device.cli.svr.state import looked_at
from onboardee.svrdb.editor import EditError, MalformedError, get


@click.command(
    "get",
    epilog="Example: onboardee svr get 'acl2.aclist2[aceid=3].permission' --device light",
)
@click.argument("path")
@options.place
@options.reveal
@options.as_json
def command(path: str, state_dir: Path, reveal: bool, as_json: bool) -> None:
    """Print the value at PATH: a text or number as it is, anything else as JSON.

    Entries are named by an id or any other property, or by their position from 0:
    acl2.aclist2[aceid=3].subject, cred.creds[0].credtype. With --json texts are in quotes, too.
    Exit code 1 if there is no value.
    """
    try:
        value = get(looked_at(state_dir), path, reveal=reveal)
    except MalformedError as error:
        raise click.UsageError(str(error)) from error
    except EditError as error:
        raise click.ClickException(str(error)) from error
    is_plain = isinstance(value, str) and not as_json
    click.echo(value if is_plain else json.dumps(value, ensure_ascii=False))
