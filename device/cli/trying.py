"""What `onboardee audit --trials` runs and writes."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import click

from onboardee.device.audit.judgement import BROKEN, NOTHING, Choice
from onboardee.device.audit.trials import TRIALS, Trial
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.cli.auditing import Reports, put
from onboardee.device.cli.terminal import say
from onboardee.device.cli.trial_runner import Outcome, TrialRunner
from onboardee.device.simulation.profile import ProfileError, load

INDENT = " " * 17


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tool is tried with which device, and how."""

    profile: str
    command: str
    parallel: int
    timeout: float


def run_trials(wanted: Wanted, choice: Choice, reports: Reports) -> int:
    """Run the trials and write how they came out; return the exit code.

    Raises `click.ClickException`.
    """
    trials = chosen(choice)
    if not trials:
        raise click.UsageError("no trial is left to run")
    try:
        profile = load(wanted.profile)
    except ProfileError as error:
        raise click.ClickException(str(error)) from error
    show = None if reports.as_json else _show
    runner = TrialRunner(
        profile,
        wanted.command,
        timeout=wanted.timeout,
        on_outcome=lambda outcome: show(outcome, choice.known) if show else None,
    )
    began = time.monotonic()
    try:
        outcomes = asyncio.run(runner.run(trials, wanted.parallel))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{wanted.command}: {error}") from error
    code = exit_code(outcomes, choice.known)
    if reports.as_json:
        plain = {"trials": [each.plain() for each in outcomes], "exit_code": code}
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        _sum(outcomes, time.monotonic() - began)
    if reports.suite is not None:
        put(reports.suite, junit(outcomes, choice.known))
    return code


def chosen(choice: Choice) -> list[Trial]:
    """Return the trials that are to be run."""
    return [
        trial
        for trial in TRIALS
        if (not choice.only or trial.name in choice.only) and trial.name not in choice.skipped
    ]


def exit_code(outcomes: Sequence[Outcome], known: frozenset[str]) -> int:
    """Return 0 if all trials passed that were reached, 1 if some failed, 2 if none was reached."""
    if all(each.verdict is Verdict.NOT_REACHED for each in outcomes):
        return NOTHING
    failed = [each for each in outcomes if each.verdict is Verdict.FAILED]
    return BROKEN if any(each.trial.name not in known for each in failed) else 0


def _show(outcome: Outcome, known: frozenset[str]) -> None:
    say(f"  {outcome.verdict:13} {outcome.trial.name}")
    if outcome.verdict is Verdict.PASSED:
        return
    say(f"{INDENT}the device: {outcome.trial.sentence}")
    say(f"{INDENT}expected: {outcome.trial.expectation}; {outcome.reason}")
    if outcome.trial.name in known:
        say(f"{INDENT}This is known, and no news.")
    for claim in outcome.claims:
        last = [line for line in claim.output.splitlines() if line.strip()][-1:]
        for line in last:
            say(f"{INDENT}the tool: {line[:200]}")


def _sum(outcomes: Sequence[Outcome], seconds: float) -> None:
    counted = Counter(each.verdict for each in outcomes)
    words = [f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict]]
    click.echo(f"\n{', '.join(words)}; {seconds:.0f} s")


def junit(outcomes: Sequence[Outcome], known: frozenset[str]) -> str:
    """Return the outcomes as JUnit XML."""
    failed = [each for each in outcomes if _is_news(each, known)]
    suite = ET.Element(
        "testsuite", name="onboardee trials", tests=str(len(outcomes)), failures=str(len(failed))
    )
    for each in outcomes:
        case = ET.SubElement(suite, "testcase", classname="onboarding.trials", name=each.trial.name)
        if _is_news(each, known):
            failure = ET.SubElement(case, "failure", message=each.reason)
            failure.text = each.trial.sentence
        elif each.verdict is not Verdict.PASSED:
            ET.SubElement(case, "skipped", message=f"{each.verdict}: {each.reason}")
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _is_news(outcome: Outcome, known: frozenset[str]) -> bool:
    return outcome.verdict is Verdict.FAILED and outcome.trial.name not in known
