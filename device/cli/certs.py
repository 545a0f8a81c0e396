"""`onboardee certs`: certificates for laboratories."""

from pathlib import Path
from uuid import UUID

import click

from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.seeding import seeded


@click.group("certs", cls=Commands)
def command() -> None:
    """Make certificates for laboratories: their keys lie open, nothing of value may trust them."""


@command.command("make")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--uuid", type=click.UUID, help="Make an identity certificate for this UUID.")
@click.option(
    "--uuid-seed", callback=seeded, help="Make that UUID from a text, as `onboardee run` does."
)
def make(directory: Path, uuid: UUID | None, uuid_seed: UUID | None) -> None:
    """Write root.pem, intermediate.pem, chain.pem, key.pem and root-key.pem for laboratories.

    Without a UUID chain.pem and key.pem are a manufacturer's, for `ownership.manufacturer`.
    """
    # 5 MB of memory and 50 ms that other sub-commands need not spend
    from onboardee.pki import issuing  # noqa: PLC0415

    subject = uuid_seed or uuid
    root = issuing.root()
    middle = root.issue(issuing.authority("onboardee laboratory intermediate", path_length=0))
    recipe = issuing.identity(subject) if subject else issuing.manufacturer()
    leaf = middle.issue(recipe)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _write(directory / "root.pem", root.pem)
        _write(directory / "root-key.pem", root.key_pem, mode=0o600)
        _write(directory / "intermediate.pem", middle.pem)
        _write(directory / "chain.pem", leaf.pem)
        _write(directory / "key.pem", leaf.key_pem, mode=0o600)
    except OSError as error:
        sentence = f"cannot write {error.filename}: {error.strerror}"
        raise click.ClickException(sentence) from error
    click.echo(f"{directory}: root, intermediate, chain and keys for laboratories")


def _write(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a new file: whoever trusts the old one would not trust another of its name."""
    path.touch(mode=mode, exist_ok=False)
    path.write_text(text, encoding="ascii")
