"""`ctl advance`, `speed`, `pause` and `resume`: the time of the simulated world."""

from typing import Any

import click

from onboardee.device.cli.ctl.choosing import DeviceChoice, command, device_options


def _duration(_context: click.Context, _option: click.Parameter, value: str) -> float:
    """Read a time; a bare number is in seconds. Raises `click.BadParameter`."""
    from onboardee.device.simulation.world.terms import seconds  # noqa: PLC0415 - as for --help

    try:
        return seconds(value if value.rstrip()[-1:].isalpha() else f"{value} s")
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@command.command("advance", epilog="Example: onboardee ctl advance 30min")
@click.argument("time", callback=_duration)
@device_options
@click.pass_obj
def advance(chosen: DeviceChoice, time: float) -> None:
    """Let TIME pass for what the device does by itself: at once, and in its order.

    TIME is as 90s, 30min, 2h or 1d. What tools wait for is not touched.
    """
    _show_time(chosen, chosen.ask("advance", seconds=time))


@command.command("speed", epilog="Example: onboardee ctl speed 60")
@click.argument("number", type=float)
@device_options
@click.pass_obj
def speed(chosen: DeviceChoice, number: float) -> None:
    """Let NUMBER seconds of what the device does by itself pass in one; 1 is as it was."""
    _show_time(chosen, chosen.ask("speed", speed=number))


@command.command("pause", epilog="Example: onboardee ctl pause")
@device_options
@click.pass_obj
def pause(chosen: DeviceChoice) -> None:
    """Let what the device does by itself stand still; it answers as ever."""
    _show_time(chosen, chosen.ask("pause"))


@command.command("resume", epilog="Example: onboardee ctl resume")
@device_options
@click.pass_obj
def resume(chosen: DeviceChoice) -> None:
    """Let it go on, as fast as before."""
    _show_time(chosen, chosen.ask("resume"))


def _show_time(chosen: DeviceChoice, result: Any) -> None:
    how = "stands still" if result["paused"] else f"passes {result['speed']:g} times as fast"
    chosen.show(result, f"it is {result['world_time']} for the device, and time {how}")
