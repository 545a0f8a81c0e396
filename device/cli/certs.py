"""`onboardee certs`: certificates for laboratories.

A manufacturer's certificate for a simulated device needs an authority, and a laboratory has none.
The chain has an intermediate authority, as real ones have and as OCF's profile of certificates
allows, so that tools are tested with more than one link.

All files are new ones. To write over a root that a tool trusts already would leave devices whose
certificates nobody believes, and the reason could not be seen.
"""

from pathlib import Path
from uuid import UUID

import click

from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.seeding import seeded
from onboardee.pki.defects import Defect


@click.group("certs", cls=Commands)
def command() -> None:
    """Make certificates for laboratories. Nothing of value may trust them: keys are unencrypted."""


def _defects(_context: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> object:
    """Return the defects that are wanted, `all` being every one."""
    if "all" in value:
        return tuple(Defect)
    strange = sorted({*value} - {*Defect})
    if strange:
        raise click.BadParameter(f"there is no {strange[0]}: one of all, {', '.join(Defect)}")
    return tuple(map(Defect, value))


@command.command("make")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--uuid", type=click.UUID, help="Make an identity certificate for this UUID.")
@click.option(
    "--uuid-seed", callback=seeded, help="Make that UUID from a text, as `onboardee run` does."
)
@click.option(
    "--security-profile",
    "profiles",
    multiple=True,
    type=click.Choice(["baseline", "black", "blue", "purple"]),
    help="A manufacturer's certificate asserts it (OCF Security 9.4.2.2.4); may repeat.",
)
@click.option(
    "--curve",
    type=click.Choice(["P-256", "P-384"]),
    default="P-256",
    help="On which all keys are, with SHA-256 or SHA-384. P-256 by default, which OCF has.",
)
@click.option(
    "--broken",
    "defects",
    multiple=True,
    callback=_defects,
    metavar="KIND",
    help="Beside it a certificate that is wrong in one thing, KIND-chain.pem and KIND-key.pem; "
    "may repeat. A laboratory that is there is used. all: one of each kind.",
)
def make(  # noqa: PLR0913, PLR0917 - one for each option
    directory: Path,
    uuid: UUID | None,
    uuid_seed: UUID | None,
    profiles: tuple[str, ...],
    curve: str,
    defects: tuple[Defect, ...],
) -> None:
    """Write root, intermediate, chain.pem and key.pem, with the keys of the authorities.

    Without a UUID chain.pem and key.pem are a manufacturer's, for `ownership.manufacturer`.
    """
    is_there = bool(defects) and (directory / "chain.pem").exists()
    if is_there and (uuid or uuid_seed):
        raise click.UsageError(f"{directory} has a certificate already: leave --uuid out")
    if profiles and (uuid or uuid_seed):
        raise click.UsageError("--security-profile is for a manufacturer's certificate")
    try:
        if not is_there:
            _make_laboratory(directory, uuid_seed or uuid, curve, profiles)
            click.echo(f"{directory}: root, intermediate, chain and keys for laboratories")
        _make_broken(directory, defects)
    except OSError as error:
        sentence = f"cannot write {error.filename}: {error.strerror}"
        raise click.ClickException(sentence) from error


def _make_laboratory(
    directory: Path, subject: UUID | None, name: str, profiles: tuple[str, ...]
) -> None:
    """Make the authorities, and a certificate for a device.

    Keys are readable to their owner only.
    """
    # 5 MB of memory and 50 ms that other sub-commands need not spend
    from onboardee.pki import issuing  # noqa: PLC0415
    from onboardee.pki.curves import Curve  # noqa: PLC0415
    from onboardee.svrdb.model import PROFILE_NAMES  # noqa: PLC0415

    curve = Curve(name)

    # A new authority each time: nobody's trust in an old one carries over.
    root = issuing.root(recipe=issuing.on(curve, issuing.authority("onboardee laboratory root")))
    between = issuing.authority("onboardee laboratory intermediate", path_length=0)
    middle = root.issue(issuing.on(curve, between))
    recipe = issuing.identity(subject) if subject else issuing.manufacturer()
    if profiles:
        recipe = issuing.asserting(recipe, [PROFILE_NAMES[each] for each in profiles])
    leaf = middle.issue(issuing.on(curve, recipe))
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "root.pem", root.pem)
    _write(directory / "root-key.pem", root.key_pem, mode=0o600)
    _write(directory / "intermediate.pem", middle.pem)
    _write(directory / "intermediate-key.pem", middle.key_pem, mode=0o600)
    _write(directory / "chain.pem", leaf.pem)
    _write(directory / "key.pem", leaf.key_pem, mode=0o600)


def _make_broken(directory: Path, defects: tuple[Defect, ...]) -> None:
    """Make wrong certificates of the laboratory in a directory."""
    if not defects:
        return
    from onboardee.pki.broken import BrokenError, broken, honest  # noqa: PLC0415

    names = ("chain.pem", "key.pem", "intermediate-key.pem")
    try:
        texts = [(directory / name).read_text("ascii") for name in names]
    except OSError as error:
        sentence = f"cannot read {error.filename}: {error.strerror}; name a new directory"
        raise click.ClickException(sentence) from error
    except ValueError as error:
        raise click.ClickException(f"{directory} holds no laboratory: {error}") from error
    try:
        for defect in defects:
            made = broken(defect, honest(*texts))
            _write(directory / f"{defect}-chain.pem", made.pem)
            _write(directory / f"{defect}-key.pem", made.key_pem, mode=0o600)
            click.echo(f"{directory}: {defect}-chain.pem and {defect}-key.pem")
    except BrokenError as error:
        raise click.ClickException(f"{directory}: {error}") from error


def _write(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a new file: whoever trusts the old one would not trust another of its name."""
    # With its mode from the beginning: a key is never readable to others, not even for a moment.
    path.touch(mode=mode, exist_ok=False)
    path.write_text(text, encoding="ascii")
