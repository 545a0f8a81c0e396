"""What `onboardee audit` keeps of the conversations of its devices, and what it writes of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

from onboardee.device.audit.judgement import Audit, Choice, JudgedAttempt, audit
from onboardee.device.audit.reports import console, html, junit
from onboardee.device.audit.verdicts import Verdict
from onboardee.device.cli.terminal import say
from onboardee.device.trace import items
from onboardee.device.trace.items import Item
from onboardee.device.trace.tracing import Sink

_ENDS = frozenset({"device.reset", "state.changed"})
"""Events after which it is worth while to say how an attempt stands."""


@dataclass(frozen=True, slots=True)
class Reports:
    """What is to be written, and where."""

    as_json: bool = False
    page: Path | None = None
    suite: Path | None = None


@dataclass(slots=True)
class Auditor:
    """Keeps the traces of devices, and judges them."""

    choice: Choice
    reports: Reports
    _traces: dict[str, list[Item]] = field(default_factory=dict)

    def sink(self, device: str, tell: Callable[[str], None]) -> Sink:
        """Return what takes the items of a device; how an attempt stands is told as it ends."""
        trace = self._traces.setdefault(device, [])

        def take(item: Item) -> None:
            if isinstance(item, items.Record):
                return  # no rule asks for them
            trace.append(item)
            if isinstance(item, items.Happened) and item.event in _ENDS and _is_end(item):
                tell(f"audit: {stand(audit(trace, self.choice).attempts[-1])}")

        return take

    def judged(self) -> Audit:
        """Judge all that was seen of all devices."""
        found = [audit(trace, self.choice) for trace in self._traces.values()]
        return Audit([each for one in found for each in one.attempts], self.choice.known)

    def finish(self, title: str) -> int:
        """Write all reports; return the exit code. Raises `click.ClickException`."""
        result = self.judged()
        write(result, self.reports, title)
        return result.exit_code


def _is_end(item: items.Happened) -> bool:
    return item.event == "device.reset" or item.fields.get("after") == "RFNOP"


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
