"""`onboardee replay`: what a recorded device did is repeated.

A device has no clock, sockets or randomness of its own, so what went into it determines what came
out. A recording has the former and a digest of the latter (`device/recording`); where the two
differ the program has changed, and the first difference names the step.

A recording is also a test: kept beside the program it says whether a later version answers
differently, octet by octet, and at which step first.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onboardee.device.cli.terminal import say

if TYPE_CHECKING:
    from onboardee.device.recording.format import RecordedStep
    from onboardee.device.recording.replay import Replay

SHOWN = 20
"""Differences that are printed; the others are counted."""


@click.command(
    "replay",
    epilog="""\b
Examples:
  onboardee replay light.rec
  onboardee replay light.rec --trace --until 40
  onboardee replay light.rec --state-at 40""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--until", type=click.IntRange(0), metavar="N", help="Stop after step N.")
@click.option("--step", "one_by_one", is_flag=True, help="Wait for Enter before each step.")
@click.option(
    "--state-at",
    type=click.IntRange(0),
    metavar="N",
    help="Print what the device is and holds after step N, secrets hidden.",
)
@click.option("--trace", is_flag=True, help="Show all that crosses the device's border.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(file: Path, **options: Any) -> None:
    """Repeat what a device recorded with `run --record` did, without network or waiting.

    Exit code 0: every octet came out as it was recorded; 1: something came out differently, as the
    program was changed since.
    """
    from onboardee.device.recording.format import RecordingError  # noqa: PLC0415

    try:
        replay = _played(file, options)
    except RecordingError as error:
        raise click.ClickException(str(error)) from error
    if options["state_at"] is not None:
        click.echo(json.dumps(state(replay), indent=2, ensure_ascii=False))
    elif options["as_json"]:
        click.echo(json.dumps(_result(replay), indent=2, ensure_ascii=False))
    else:
        _tell(replay)
    raise SystemExit(1 if replay.differences else 0)


def _played(file: Path, options: dict[str, Any]) -> "Replay":
    """Run the recording as the options say."""
    from onboardee.device.recording.replay import Replay  # noqa: PLC0415

    replay = Replay.of(file)
    if options["trace"]:
        _show(replay)
    until = options["until"] if options["state_at"] is None else options["state_at"]
    if not options["one_by_one"]:
        return replay.run(until)
    for entry, _ in replay.steps(until):
        say(_line(replay.done, entry))
        # q and Enter ends it, Enter goes on.
        if click.prompt("", default="", show_default=False, prompt_suffix="") == "q":
            break
    return replay


def _show(replay: "Replay") -> None:
    """Print what crosses the border of the device."""
    from onboardee.device.cli.watching import Shown  # noqa: PLC0415

    zero = replay.entries[0].at if replay.entries else 0.0
    began = replay.beginning.began.timestamp() - zero
    replay.trace(Shown(click.echo, as_json=False, device="", began=began))


def _line(number: int, entry: "RecordedStep") -> str:
    """Return one step in a line."""
    names = [event.partition(" ")[0] for event in entry.events]
    events = f", {', '.join(names)}" if names else ""
    stores = ", something to store" if entry.stores else ""
    return f"{number:6}  {entry.at:10.3f}  {entry.what}: {len(entry.sent)} sent{events}{stores}"


def state(replay: "Replay") -> dict[str, Any]:
    """Return what a device is and holds, as JSON has it; secrets are hidden.

    The names are those of `onboardee svr show`.
    """
    from onboardee.svrdb.plain import plain  # noqa: PLC0415

    device = replay.device
    return {
        "step": replay.done,
        "state": device.database.state.name,
        "sessions": [
            {"peer": str(each.address), "suite": each.suite.name, "identity": device.identity(each)}
            for each in device.sessions
        ],
        "observers": len(device.observers),
        "values": {href: dict(each.values.current) for href, each in device.appliances.items()},
        "database": plain(device.database),
    }


def _result(replay: "Replay") -> dict[str, Any]:
    """Return the outcome for scripts."""
    return {
        "steps": replay.done,
        "of": len(replay.entries),
        "differences": [
            {
                "step": each.number,
                "what": each.entry.what,
                "recorded": each.recorded,
                "came": each.came,
            }
            for each in replay.differences
        ],
    }


def _tell(replay: "Replay") -> None:
    """Print the outcome for people."""
    for each in replay.differences[:SHOWN]:
        say(str(each))
    left = len(replay.differences) - SHOWN
    if left > 0:
        click.echo(f"and {left} more")
    same = "every octet as recorded" if not replay.differences else "not as recorded"
    click.echo(f"{replay.done} of {len(replay.entries)} steps: {same}")
