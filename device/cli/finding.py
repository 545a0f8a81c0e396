"""Which device is meant: the options of `ctl`, `svr` and `reset`, and what follows from them.

`--state-dir` may be the directory of one device, one that has several, or a state file; without it
the place where `run` keeps state is looked at. If there is one device it is meant, if there are
more the name decides, and a name that is nearly right is suggested. A name with `*`, `?` or `[`
stands for all that match, and the command is done for each.
"""

import contextlib
import fnmatch
import functools
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from onboardee.device.cli.places import devices_in, holds_device, state_home
from onboardee.device.cli.terminal import say
from onboardee.device.nearest import nearest

SHOWN: Final = 8
"""How many names a sentence lists."""


def _completed(
    context: click.Context, _option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete names of devices in the shell."""
    home = context.params.get("state_dir") or state_home()
    names = (place.name for place in devices_in(home))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def place_options(**settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add --state-dir and --device.

    `settings` go to both options, such as the callback of `ctl`.
    """
    state_dir = click.option(
        "--state-dir",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Where the device keeps its state, or several do.",
        **settings,
    )
    device = click.option(
        "--device",
        metavar="NAME",
        shell_complete=_completed,
        help="Its name, as `run` tells it: that of its directory among the others; 'lamp-*' are "
        "all that match.",
        **settings,
    )
    # The order of the help: the place before the name.
    return lambda function: state_dir(device(function))


def chosen_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --state-dir and --device; it gets the directory that is meant."""

    @place_options()
    @functools.wraps(function)
    def wrapper(*args: Any, state_dir: Path | None, device: str | None, **others: Any) -> Any:
        if not is_pattern(device):
            return function(*args, state_dir=find(state_dir, device), **others)
        each = functools.partial(function, *args, **others)
        return for_each(
            find_all(state_dir, str(device)),
            lambda place: each(state_dir=place),
            as_json=bool(others.get("as_json")),
        )

    return wrapper


def is_pattern(device: str | None) -> bool:
    """Tell whether a name stands for several devices, as `lamp-*` does."""
    return device is not None and any(each in device for each in "*?[")


def find_all(state_dir: Path | None, pattern: str) -> list[Path]:
    """Return the directories of the devices whose names a pattern of the shell matches.

    Raises `click.ClickException` if there is none.
    """
    home = state_dir or state_home()
    known = devices_in(home)
    found = [place for place in known if fnmatch.fnmatchcase(place.name, pattern)]
    if found:
        return found
    there = f"there are: {_listed(known)}" if known else "nor any other"
    raise click.ClickException(f"no device in {home} is called like {pattern}; {there}")


def for_each(places: list[Path], act: Callable[[Path], object], *, as_json: bool) -> None:
    """Do something for each of several devices, below its name; JSON is one line a device.

    What fails for one is told and does not keep it from the others; the exit code is 1 then.
    """
    failed = False
    for place in places:
        printed = io.StringIO()
        try:
            if as_json:
                with contextlib.redirect_stdout(printed):
                    act(place)
            else:
                click.echo(click.style(f"{place.name}:", bold=True))
                act(place)
        except click.ClickException as error:
            failed = True
            say(f"Error: {place.name}: {error.format_message()}", err=True)
        except click.exceptions.Exit as ended:
            failed |= ended.exit_code != 0
        if as_json and printed.getvalue():
            result = json.loads(printed.getvalue())
            click.echo(json.dumps({"device": place.name, "result": result}))
    if failed:
        raise click.exceptions.Exit(1)


def find(
    state_dir: Path | None,
    device: str | None = None,
    *,
    among: Callable[[Path], list[Path]] = devices_in,
    otherwise: str = "{home} holds no device, nor does a directory in it",
) -> Path:
    """Return the state directory of the device that is meant.

    Without a name that is the only one of `among`. Raises `click.ClickException`, which says
    `otherwise` if there is none.
    """
    home = state_dir or state_home()
    if device is not None:
        return _named(home, device)
    if state_dir is not None and not state_dir.exists():
        raise click.ClickException(
            f"there is no state directory {state_dir}; name the one that `run` was given"
        )
    # A directory with a device in it is meant itself, even if there are others below.
    if state_dir is not None and holds_device(state_dir):
        return state_dir
    found = among(home)
    if not found:
        raise click.ClickException(
            f"{otherwise.format(home=home)}; start one with `onboardee run`, or name its place "
            "with --state-dir"
        )
    if len(found) > 1:
        raise click.ClickException(
            f"there are several devices in {home}: choose one with --device: {_listed(found)}"
        )
    return found[0]


def _named(home: Path, name: str) -> Path:
    """Return the directory of a device by name. Raises `click.ClickException`."""
    known = devices_in(home)
    for place in known:
        if place.name == name:
            return place
    if not known:
        raise click.ClickException(
            f"there is no device {name} in {home}, nor any other; name its place with --state-dir"
        )
    near = nearest(name, [place.name for place in known])
    hint = f"did you mean {near}?" if near else f"there are: {_listed(known)}"
    raise click.ClickException(f"there is no device {name} in {home}; {hint}")


def _listed(places: list[Path]) -> str:
    """Return names for a sentence, the first few of many."""
    names = [place.name for place in places]
    more = len(names) - SHOWN
    if more <= 0:
        return ", ".join(names)
    return f"{', '.join(names[:SHOWN])} and {more} more"
