"""`onboardee profiles`: the catalogue of device profiles."""

import json

import click
import msgspec

from device.simulation.profile import BUILT_IN, Profile, ProfileError, built_in_names, load


@click.group("profiles")
def command() -> None:
    """List, show and check device profiles."""


@command.command("list")
def list_profiles() -> None:
    """Name the built-in profiles with their device types."""
    for name in built_in_names():
        click.echo(f"{name:16} {' '.join(load(name).device.types)}")


@command.command("show")
@click.argument("profile")
def show(profile: str) -> None:
    """Print the YAML of a built-in profile: a start for your own."""
    if profile not in built_in_names():
        raise click.ClickException(f"there is no built-in profile {profile}")
    click.echo((BUILT_IN / f"{profile}.yaml").read_text(encoding="utf-8"), nl=False)


@command.command("check")
@click.argument("profile")
def check(profile: str) -> None:
    """Load a profile and say what is wrong with it."""
    try:
        loaded = load(profile)
    except ProfileError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{profile}: {loaded.device.name}, {len(loaded.resources)} resources")


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of profiles, for editors."""
    click.echo(json.dumps(msgspec.json.schema(Profile), indent=2))
