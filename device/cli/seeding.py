"""The option --uuid-seed of several commands.

A text that stands on a label or in a script gives a device the same UUID on each machine, and the
certificate that is made for it the same subject (`svrdb/seed.py` says how).
"""

from uuid import UUID

import click


def seeded(_context: click.Context, _option: click.Parameter, value: str | None) -> UUID | None:
    """Make a UUID of the text that an option was given."""
    # the database's models come along, which --help does without
    from onboardee.svrdb.seed import uuid_from_seed  # noqa: PLC0415

    try:
        return None if value is None else uuid_from_seed(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
