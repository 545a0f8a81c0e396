"""What `onboardee audit --trials` runs and writes.

There are two ways to try a tool. With a command line everything runs by itself, and the tool's exit
code is its claim. With `--side-by-side` people use a tool with a screen, and the devices alone tell
what became of them.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from onboardee.device.audit.claims import TrialOutcome
from onboardee.device.audit.judgement import Choice
from onboardee.device.audit.trial import Need, Trial
from onboardee.device.audit.trials import TRIALS
from onboardee.device.cli import trial_reports
from onboardee.device.cli.auditing import Reports, put
from onboardee.device.cli.side_by_side import run_side_by_side
from onboardee.device.cli.terminal import say
from onboardee.device.cli.trial_runner import CommandError, ToolCommand, TrialRunner
from onboardee.device.cli.trial_stand import root_certificate
from onboardee.device.faults.terms import FaultError
from onboardee.device.net.binding import BindError, Ports
from onboardee.device.simulation.profile import Profile


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tool is tried with which device, and how."""

    profile: Profile
    hosts: tuple[str, ...]
    """Where the devices listen."""
    command: str | None
    """Of the tool; None: people try it, with all devices at once."""
    parallel: int
    """Trials at a time."""
    timeout: float
    """Seconds in which the tool has to say how a trial went."""
    root: Path | None = None
    """Where to write whom the tool has to trust in trials of certificates."""


def run_trials(wanted: Wanted, choice: Choice, reports: Reports) -> int:
    """Run the trials and write how they came out; return the exit code.

    Raises `click.ClickException`.
    """
    trials = chosen(choice)
    if not trials:
        raise click.UsageError("no trial is left to run")
    if wanted.root is not None:
        put(wanted.root, root_certificate())
    began = time.monotonic()
    run = _people if wanted.command is None else _command
    try:
        outcomes = run(wanted, trials, _shown(choice, reports))
    except CommandError as error:
        raise click.BadParameter(str(error), param_hint="--obt") from error
    except (BindError, FaultError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{wanted.command}: {error}") from error
    _write(outcomes, choice, reports, time.monotonic() - began)
    return trial_reports.exit_code(outcomes, choice.known)


def chosen(choice: Choice) -> list[Trial]:
    """Return the trials that are to be run."""
    return [
        trial
        for trial in TRIALS
        if (not choice.only or trial.name in choice.only)
        and trial.name not in choice.skipped
        and trial.level in choice.levels
    ]


def _shown(choice: Choice, reports: Reports) -> Callable[[TrialOutcome], None]:
    """Return what prints a trial as it ends.

    Nothing where JSON is wanted, which comes at the end.
    """

    def show(outcome: TrialOutcome) -> None:
        for line in trial_reports.lines(outcome, choice.known):
            say(line)

    return (lambda _outcome: None) if reports.as_json else show


def _command(
    wanted: Wanted, trials: Sequence[Trial], show: Callable[[TrialOutcome], None]
) -> list[TrialOutcome]:
    """Try a tool by its command line."""
    assert wanted.command is not None, "without one people try the tool"
    runner = TrialRunner(
        wanted.profile,
        ToolCommand.of(wanted.command),
        Ports(hosts=wanted.hosts or ("127.0.0.1",)),
        timeout=wanted.timeout,
        on_outcome=show,
    )
    return asyncio.run(runner.run(trials, wanted.parallel))


def _people(
    wanted: Wanted, trials: Sequence[Trial], show: Callable[[TrialOutcome], None]
) -> list[TrialOutcome]:
    """Let people try a tool; trials whose root certificate it cannot know are left out."""
    reachable = [each for each in trials if each.needs is not Need.ANCHORS or wanted.root]
    left_out = len(trials) - len(reachable)
    if left_out:
        click.echo(f"{left_out} trials of certificates are left out: give --root FILE", err=True)
    ports = Ports(hosts=wanted.hosts)
    outcomes = run_side_by_side(reachable, wanted.profile, ports, wanted.timeout)
    for outcome in outcomes:
        show(outcome)
    return outcomes


def _write(
    outcomes: Sequence[TrialOutcome], choice: Choice, reports: Reports, seconds: float
) -> None:
    """Write all reports that are wanted."""
    if reports.as_json:
        plain = trial_reports.plain(outcomes, choice.known)
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        click.echo(f"\n{trial_reports.summary(outcomes, seconds)}")
    if reports.suite is not None:
        put(reports.suite, trial_reports.junit(outcomes, choice.known))
    if reports.page is not None:
        title = "Trials of an onboarding tool"
        put(reports.page, trial_reports.page(outcomes, choice.known, title))
