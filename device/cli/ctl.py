"""`onboardee ctl`: look into a running device, change its values, press its inputs.

Each sub-command is one request to the control socket and a way to print its result: JSON with
`--json`, else lines for people. The options `--state-dir`, `--device` and `--json` may stand before
or behind the sub-command, as people type them in both places.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from onboardee.device.cli import finding
from onboardee.device.cli.connection import (
    CommandFailedError,
    ControlConnection,
    NotRunningError,
    running,
)
from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.lines import event_line, value_text
from onboardee.device.cli.places import state_home
from onboardee.device.cli.terminal import harmless, has_colour, is_terminal, table, width

NOBODY: Final = "no device runs in {home} or below it"
"""Said where no device is found."""
_REFUSALS: Final = frozenset({"access.denied", "request.refused", "handshake.failed"})
"""Events that are printed as warnings."""


@dataclass
class DeviceChoice:
    """What all sub-commands share: which device, and how to print."""

    state_dir: Path | None = None
    """As given on the command line."""
    device: str | None = None
    """The name of the device, as given."""
    as_json: bool = False
    """Print for machines."""
    place: Path | None = None
    """The directory of the device whose turn it is, where several are meant."""

    def ask(self, do: str, **arguments: object) -> Any:
        """Ask the device; what goes wrong becomes one sentence."""
        try:
            with ControlConnection(self.directory()) as connection:
                return connection.ask(do, **arguments)
        except (NotRunningError, CommandFailedError) as error:
            raise click.ClickException(str(error)) from error

    def directory(self) -> Path:
        """Find the device that is meant."""
        if self.place is not None:
            return self.place
        return finding.find(self.state_dir, self.device, among=running, otherwise=NOBODY)

    def show(self, result: Any, text: str) -> None:
        """Print a result for machines, or its text for people."""
        click.echo(json.dumps(result) if self.as_json else text)


def _remember(context: click.Context, option: click.Parameter, value: object) -> None:
    """Keep an option, whether it stands before the sub-command or behind it."""
    chosen = context.ensure_object(DeviceChoice)
    if value:
        setattr(chosen, str(option.name), value)


_JSON: Final = click.option(
    "--json", "as_json", is_flag=True, callback=_remember, expose_value=False, help="Print JSON."
)


def device_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that all sub-commands have."""
    add_place = finding.place_options(callback=_remember, expose_value=False)
    return add_place(_JSON(function))


class _ForEach(click.Command):
    """A sub-command that is done for each device that is meant."""

    def invoke(self, ctx: click.Context) -> Any:
        """Do it."""
        chosen = ctx.ensure_object(DeviceChoice)
        if not finding.is_pattern(chosen.device):
            return super().invoke(ctx)
        if self.name in {"devices", "watch"}:
            raise click.UsageError(f"{self.name} takes no pattern: name one device")

        def act(place: Path) -> None:
            chosen.place = place
            super(_ForEach, self).invoke(ctx)

        places = finding.find_all(chosen.state_dir, str(chosen.device))
        return finding.for_each(places, act, as_json=chosen.as_json)


class _DeviceCommands(Commands):
    """The sub-commands, which take patterns of names."""

    command_class = _ForEach


@click.group(
    "ctl", cls=_DeviceCommands, epilog="Example: onboardee ctl set /light/switch#value true"
)
@device_options
def command() -> None:
    """Look into a running device, change its values, press its inputs.

    Without --state-dir and --device the one that runs is meant; --state-dir may also be what
    several devices have their directories in. A property is named
    /light/switch#value: the path of its resource and its name.
    """


@command.command("list", epilog="Example: onboardee ctl list")
@device_options
@click.pass_obj
def list_resources(chosen: DeviceChoice) -> None:
    """List the resources with their values."""
    result = chosen.ask("list")
    lines: list[str] = []
    for each in result:
        lines += table([(each["href"], " ".join(each["rt"]))])
        lines += _pairs(each["values"], indent="  ")
    chosen.show(result, "\n".join(lines) or "this device has no resources of its own")


@command.command("get", epilog="Example: onboardee ctl get /light/dimming#dimmingSetting")
@click.argument("place")
@device_options
@click.pass_obj
def get(chosen: DeviceChoice, place: str) -> None:
    """Print the value of PLACE, a property or a whole resource."""
    href, _, name = place.partition("#")
    result = chosen.ask("get", href=href, name=name or None)
    text = "\n".join(_pairs(result)) if isinstance(result, dict) else _text(result)
    chosen.show(result, text)


@command.command("set", epilog="Example: onboardee ctl set /light/dimming#dimmingSetting 40")
@click.argument("place")
@click.argument("value")
@device_options
@click.pass_obj
def set_value(chosen: DeviceChoice, place: str, value: str) -> None:
    """Give the property PLACE a VALUE, as the world around the device would.

    Read-only properties too: somebody opens the door, the room gets warm. VALUE is YAML: true, 40,
    [0, 0, 255], text.
    """
    import yaml  # noqa: PLC0415 - --help does not need it

    href, _, name = place.partition("#")
    if not name:
        raise click.UsageError(f"{place} names no property; {place}#NAME does")
    try:
        # As profiles write values; JSON is YAML, too.
        wanted = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise click.BadParameter(f"{value} is not YAML") from error
    result = chosen.ask("set", href=href, values={name: wanted})
    chosen.show(result, _text(result[name]))


@command.command("watch", epilog="Example: onboardee ctl watch /light/switch")
@click.argument("hrefs", nargs=-1)
@device_options
@click.pass_obj
def watch(chosen: DeviceChoice, hrefs: tuple[str, ...]) -> None:
    """Print what happens, as it happens; with HREFS only what concerns these resources."""
    try:
        with ControlConnection(chosen.directory()) as connection:
            # Asked first: after `watch` the connection carries events only.
            uuid = connection.ask("state")["device_uuid"]
            coming = connection.events()
            # a script that reads this line misses nothing that happens after it
            started = {"event": "ctl.watching", "device_uuid": uuid}
            chosen.show(started, _line(started))
            for event in coming:
                # Events without a resource concern nobody who named some.
                if not hrefs or event.get("href") in hrefs:
                    chosen.show(event, _line(event))
            click.echo("the device has stopped", err=True)
    except (NotRunningError, CommandFailedError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        return


@command.command("press", epilog="Example: onboardee ctl press thumbturn")
@click.argument("name", required=False)
@device_options
@click.pass_obj
def press(chosen: DeviceChoice, name: str | None) -> None:
    """Use the input NAME of the device, as a person does; without NAME list them."""
    # Both answers list the inputs, so they are printed alike.
    result = chosen.ask("inputs") if name is None else chosen.ask("press", name=name)
    chosen.show(result, _listed(result["inputs"], "this device has no inputs"))


class _Faults(Commands):
    """Takes `ctl fault NAME on|off` for `ctl fault on|off NAME`, as it was written once."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [each for each in args if not each.startswith("-")]
        if words and words[0] not in self.commands and not _is_value(args, words[0]):
            name, *states = words
            place = args.index(name)
            is_said = bool(states) and states[0] in {"on", "off"}
            state = states[0] if is_said else "on"
            rest = [*args[:place], *args[place + 1 :]]
            if is_said:
                rest.remove(state)
            args = [state, name, *rest]
        return super().parse_args(ctx, args)


def _is_value(args: list[str], word: str) -> bool:
    """Tell whether a word is the value of the option before it."""
    place = args.index(word)
    return place > 0 and args[place - 1] in {"--state-dir", "--device"}


@command.group(
    "fault",
    cls=_Faults,
    invoke_without_command=True,
    epilog="""\b
Examples:
  onboardee ctl fault add drop at=credential times=2
  onboardee ctl fault remove 1
  onboardee ctl fault on jammed""",
)
@device_options
@click.pass_context
def fault(context: click.Context) -> None:
    """Let things go wrong: what the profile says that may break, and the protocol.

    Without a sub-command all faults are listed.
    """
    if context.invoked_subcommand is None:
        _show_faults(context.obj)


def _show_faults(chosen: DeviceChoice) -> None:
    broken, planted = chosen.ask("inputs")["faults"], chosen.ask("faults")["faults"]
    lines = [f"{name:16} {'on' if is_on else 'off'}" for name, is_on in broken.items()]
    lines += map(_fault_line, planted)
    chosen.show(
        {"faults": broken, "protocol": planted}, _listed(lines, "this device has no faults")
    )


def _fault_line(told: dict[str, Any]) -> str:
    left_out = {"number", "name", "do"}
    words = [f"{name}={_text(value)}" for name, value in told.items() if name not in left_out]
    return harmless(" ".join([f"{told['number']:<4}", told["do"], *words]))


@fault.command("list")
@device_options
@click.pass_obj
def list_faults(chosen: DeviceChoice) -> None:
    """List what may break and whether it has, and the faults of the protocol by their numbers."""
    _show_faults(chosen)


@fault.command("add", epilog="Example: onboardee ctl fault add refuse at=owned code=5.00")
@click.argument("words", nargs=-1, required=True, metavar="EFFECT [NAME=VALUE]…")
@device_options
@click.pass_obj
def add_fault(chosen: DeviceChoice, words: tuple[str, ...]) -> None:
    """Give the device a fault of its protocol, written as for `run --fault`; it acts at once."""
    from onboardee.device.faults.terms import FaultError, parse  # noqa: PLC0415 - as for --help
    from onboardee.device.simulation.faults import with_texts  # noqa: PLC0415

    try:
        wanted = with_texts(parse(" ".join(words)), Path())
    except FaultError as error:
        raise click.BadParameter(str(error)) from error
    plain = {
        name: value for name, value in msgspec.to_builtins(wanted).items() if value is not None
    }
    _show_protocol(chosen, chosen.ask("add-fault", fault=plain))


@fault.command("remove", epilog="Example: onboardee ctl fault remove 1")
@click.argument("number", type=click.IntRange(1))
@device_options
@click.pass_obj
def remove_fault(chosen: DeviceChoice, number: int) -> None:
    """Take the fault NUMBER of the protocol from the device."""
    _show_protocol(chosen, chosen.ask("remove-fault", number=number))


@fault.command("clear", epilog="Example: onboardee ctl fault clear")
@device_options
@click.pass_obj
def clear_faults(chosen: DeviceChoice) -> None:
    """Take all faults of the protocol from the device."""
    _show_protocol(chosen, chosen.ask("clear-faults"))


def _show_protocol(chosen: DeviceChoice, result: Any) -> None:
    lines = [*map(_fault_line, result["faults"])]
    chosen.show(result, _listed(lines, "this device has no faults of its protocol"))


@fault.command("on", epilog="Example: onboardee ctl fault on jammed")
@click.argument("name")
@device_options
@click.pass_obj
def fault_on(chosen: DeviceChoice, name: str) -> None:
    """Let the fault NAME of the profile's behaviour come."""
    _set_fault(chosen, name, is_on=True)


@fault.command("off", epilog="Example: onboardee ctl fault off jammed")
@click.argument("name")
@device_options
@click.pass_obj
def fault_off(chosen: DeviceChoice, name: str) -> None:
    """Let the fault NAME of the profile's behaviour go."""
    _set_fault(chosen, name, is_on=False)


def _set_fault(chosen: DeviceChoice, name: str, *, is_on: bool) -> None:
    result = chosen.ask("fault", name=name, is_on=is_on)
    lines = [f"{each:16} {'on' if on else 'off'}" for each, on in result["faults"].items()]
    chosen.show(result, _listed(lines, "this device has no faults"))


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


@command.command("reset", epilog="Example: onboardee ctl reset")
@device_options
@click.pass_obj
def reset(chosen: DeviceChoice) -> None:
    """Press the reset button: back to factory state at once."""
    result = chosen.ask("reset")
    name = chosen.directory().name
    chosen.show(result, f"device {result['device_uuid']} is in factory state again ({name})")


@command.command("state", epilog="Example: onboardee ctl state --json")
@device_options
@click.pass_obj
def state(chosen: DeviceChoice) -> None:
    """Tell who the device is, where it is, what state it is in, who owns it."""
    result = {"device": chosen.directory().name, **chosen.ask("state")}
    chosen.show(result, "\n".join(_pairs(result)))


@command.command("devices", epilog="Example: onboardee ctl devices")
@device_options
@click.pass_obj
def devices(chosen: DeviceChoice) -> None:
    """List the devices that run, by the names that --device takes."""
    found = running(chosen.state_dir or state_home())
    told = [{"device": place.name, **_state_at(place)} for place in found]
    rows = [(each["device"], each["state"], each["device_uuid"], each["name"]) for each in told]
    chosen.show(told, "\n".join(table(rows)) or "no device runs")


def _state_at(place: Path) -> dict[str, Any]:
    """Ask one of several devices for its state."""
    with ControlConnection(place) as connection:
        state: dict[str, Any] = connection.ask("state")
    return state


@command.command("pin", epilog="Example: onboardee ctl pin")
@device_options
@click.pass_obj
def pin(chosen: DeviceChoice) -> None:
    """Print the PIN that the device shows."""
    result = chosen.ask("pin")
    chosen.show(result, result)


@command.command("connections", epilog="Example: onboardee ctl connections")
@device_options
@click.pass_obj
def connections(chosen: DeviceChoice) -> None:
    """List sessions, observers, and the last refusals with their reasons."""
    result = chosen.ask("connections")
    sessions = [
        ("chosen", each["peer"], f"{each['identity']}, {each['suite']}")
        for each in result["sessions"]
    ]
    observers = [("observes", each["peer"], each["href"]) for each in result["observers"]]
    lines = [*table(sessions), *table(observers), *map(_line, result["refusals"])]
    chosen.show(result, "\n".join(lines) or "nobody is connected, and nothing was refused")


def _listed(lines: list[str], otherwise: str) -> str:
    """Join lines, or say that there are none."""
    return "\n".join(lines) or otherwise


def _pairs(values: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Yield names and values in two columns, a list of texts one below the other."""
    return table(
        [
            (name if number == 0 else "", _text(each))
            for name, value in values.items()
            for number, each in enumerate(_parts(value))
        ],
        indent,
    )


def _parts(value: object) -> list[object]:
    """Return the lines that a value takes: a list of texts is printed one below the other."""
    is_texts = isinstance(value, list) and value and all(isinstance(each, str) for each in value)
    return list(value) if is_texts and isinstance(value, list) else [value]


def _text(value: object) -> str:
    """Write a value for people; what is no visible character could come from a stranger."""
    return harmless(value) if isinstance(value, str) else value_text(value)


def _line(event: dict[str, Any]) -> str:
    """Return an event in one line, or folded at a terminal."""
    fields = {
        name: value for name, value in event.items() if name not in {"event", "at", "sequence"}
    }
    when = _clock_time(event.get("at", ""))
    is_refusal = event["event"] in _REFUSALS
    columns = width() if is_terminal(sys.stdout) else None
    line = event_line(when, event["event"], fields, is_warning=is_refusal, columns=columns)
    return line if has_colour(sys.stdout) else click.unstyle(line)


def _clock_time(at: str) -> str:
    """Return the time of day here, of a time as ISO 8601 writes it."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return ""
