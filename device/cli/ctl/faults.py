"""`ctl fault`: let things go wrong on a running device."""

from pathlib import Path
from typing import Any

import click
import msgspec

from onboardee.device.cli.ctl.choosing import DeviceChoice, command, device_options
from onboardee.device.cli.ctl.printing import listed, value_line
from onboardee.device.cli.lazy import Commands
from onboardee.device.cli.terminal import harmless


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
    chosen.show({"faults": broken, "protocol": planted}, listed(lines, "this device has no faults"))


def _fault_line(told: dict[str, Any]) -> str:
    left_out = {"number", "name", "do"}
    words = [f"{name}={value_line(value)}" for name, value in told.items() if name not in left_out]
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
    chosen.show(result, listed(lines, "this device has no faults of its protocol"))


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
    chosen.show(result, listed(lines, "this device has no faults"))
