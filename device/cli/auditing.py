"""What `onboardee audit` keeps of the conversations of its devices, and what it writes of them.

Each device has a judge of its own beside it (`audit.live`) that sees every item of its trace. What
is over goes into one account for all devices; the reports are made of that when the command ends.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from onboardee.device.audit.judgement import Audit, Choice, JudgedAttempt
from onboardee.device.audit.live import Kept, LiveAudit
from onboardee.device.audit.reports import console, html, junit
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.cli.terminal import say
from onboardee.device.trace.tracing import Sink


@dataclass(frozen=True, slots=True)
class Reports:
    """What is to be written, and where."""

    as_json: bool = False
    """Whether the console gets JSON."""
    page: Path | None = None
    """Where the page of HTML goes."""
    suite: Path | None = None
    """Where the JUnit XML goes."""


class Auditor:
    """Judges what tools do to the devices of this process, for as long as they run."""

    def __init__(self, choice: Choice, reports: Reports) -> None:
        """Judge by a choice of rules; `reports` is what to write in the end."""
        self._choice = choice
        self._reports = reports
        self._kept = Kept(choice.known)
        self._live: dict[str, LiveAudit] = {}

    def sink(self, device: str, tell: Callable[[str], None], *, is_alone: bool = True) -> Sink:
        """Return what takes the items of a device; how an attempt stands is told as it ends."""
        live = LiveAudit(
            self._choice,
            self._kept,
            lambda attempt: tell(f"audit: {stand(attempt)}"),
            device="" if is_alone else device,
        )
        self._live[device] = live
        return live.take

    def judged(self) -> Audit:
        """Judge all that was seen of all devices."""
        return self._kept.audit([each for one in self._live.values() for each in one.going_on()])

    def finish(self, title: str) -> int:
        """Write all reports; return the exit code. Raises `click.ClickException`."""
        result = self.judged()
        write(result, self._reports, title)
        return result.exit_code


def stand(attempt: JudgedAttempt) -> str:
    """Say in a line how an attempt stands."""
    counted = attempt.counted()
    failed = [each.rule.name for each in attempt.verdicts if each.opinion.verdict is Verdict.FAILED]
    named = f" ({', '.join(failed)})" if failed else ""
    return (
        f"{attempt.title}: {counted[Verdict.PASSED]} passed, {len(failed)} failed{named}, "
        f"{counted[Verdict.NOT_REACHED]} not reached"
    )


def write(result: Audit, reports: Reports, title: str) -> None:
    """Write an audit to the console and into files. Raises `click.ClickException`."""
    if reports.as_json:
        click.echo(json.dumps(result.plain(), ensure_ascii=False, indent=2))
    else:
        for line in console.lines(result):
            say(line)
    if reports.page is not None:
        put(reports.page, html.document(result, title))
    if reports.suite is not None:
        put(reports.suite, junit.document(result))


def put(path: Path, content: str) -> None:
    """Write a report into a file. Raises `click.ClickException`."""
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        sentence = f"cannot write {path}: {error.strerror}; name another file"
        raise click.ClickException(sentence) from error
