"""The options that commands on a state directory share."""

from pathlib import Path

import click

state_dir = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Where the device keeps its state.",
)
dry_run = click.option("--dry-run", is_flag=True, help="Show what would change, write nothing.")
force = click.option("--force", is_flag=True, help="Write even what makes the database worse.")
reveal = click.option("--reveal", is_flag=True, help="Show keys, PINs and other secrets, too.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
