"""`onboardee profiles capture`: a profile of a device that is there.

Only the options are here. A client and a cryptographic library do the rest, and are imported when
there is something to read (`capturing`).

A profile has no secrets: neither the key that opened the session nor credentials of the device
are in it.
"""

from pathlib import Path
from uuid import UUID

import click

from onboardee.device.cli.terminal import say


@click.command(
    "capture",
    short_help="Write a profile of a device that is there.",
    epilog="""Examples:

\b
onboardee profiles capture coap://192.168.1.20:40001 -o lamp.yaml
onboardee profiles capture coap://192.168.1.20 --obt-store ~/obt.json
onboardee profiles capture coap://192.168.1.20 --uuid CLIENT --psk-file FILE
""",
)
@click.argument("target")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write; without it to standard output.",
)
@click.option("--force", is_flag=True, help="Write even over a file that is there.")
@click.option("--uuid", "client", type=click.UUID, help="Who reads, as the device knows him.")
@click.option("--psk", help="His pairwise key, 16 or 32 octets in hex.")
@click.option(
    "--psk-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The same, octets in a file: no other user sees it among the processes.",
)
@click.option(
    "--obt-store",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Ownership records of `onboardee obt`, in which the device is.",
)
@click.option(
    "--secure-port",
    type=click.IntRange(1, 65535),
    help="Where the device takes sessions; without it as /oic/res says.",
)
def command(  # noqa: PLR0913, PLR0917 - one for each option
    target: str,
    output: Path | None,
    client: UUID | None,
    psk: str | None,
    psk_file: Path | None,
    obt_store: Path | None,
    secure_port: int | None,
    *,
    force: bool,
) -> None:
    """Read the device at TARGET, coap://HOST[:PORT], and write a profile that looks the same.

    Without a key only what anybody may read is there; resources that cannot be read are listed
    with made-up values. What a profile cannot hold is named in the file and on standard error.
    """
    # a client and its cryptography are loaded when there is something to read, not for --help
    from onboardee.device.cli.capturing import Keys, capture, read_key  # noqa: PLC0415

    # Before the device is asked, which takes a while.
    if output is not None and output.exists() and not force:
        raise click.ClickException(f"{output} is there already; --force writes over it")
    made = capture(target, Keys(client, read_key(psk, psk_file), obt_store, secure_port))
    if output is None:
        click.echo(made.text, nl=False)
    else:
        try:
            with output.open("w" if force else "x", encoding="utf-8") as file:
                file.write(made.text)
        except OSError as error:
            raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error
    # They are in the file, too; here somebody sees them at once.
    for note in made.notes:
        say(f"Warning: {note}", err=True)
