"""The options that commands on a state directory share.

One name means one thing in all of them: `--dry-run` writes nothing, `--reveal` shows secrets,
`--json` prints for scripts, `--force` overrules the check.
"""

import click

from onboardee.device.cli.finding import chosen_place

place = chosen_place
"""--state-dir and --device; the command gets `state_dir`, the directory that is meant."""
dry_run = click.option("--dry-run", is_flag=True, help="Show what would change, write nothing.")
force = click.option("--force", is_flag=True, help="Write even what makes the database worse.")
reveal = click.option("--reveal", is_flag=True, help="Show keys, PINs and other secrets, too.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
