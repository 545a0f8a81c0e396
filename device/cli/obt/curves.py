"""`--curve`: the curve of the tool's own authority, for commands that may be the first to need it.

The authority is made when it is needed first; on P-384 it is for devices whose profile says so. An
authority is never made anew on another curve: what it signed could neither be renewed nor revoked.
"""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from onboardee.pki.curves import Curve


def _read(_context: click.Context, _option: click.Parameter, value: str | None) -> "Curve | None":
    if value is None:
        return None
    from onboardee.pki.curves import Curve  # noqa: PLC0415 - it loads a library

    return Curve(value)


on_curve = click.option(
    "--curve",
    type=click.Choice(["P-256", "P-384"]),
    callback=_read,
    help="On which our authority is to be, when it is made; P-256 by default, which OCF has.",
)
"""The option; its value is a `Curve`, or None for the one that there is."""
