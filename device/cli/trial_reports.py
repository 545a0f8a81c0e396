"""What is written of trials: lines for people, JSON, JUnit XML, and a page.

A trial that was not reached is told with its reason and fails nothing: nothing is known of the tool
there. If none was reached the exit code says so, as a run that proves nothing must not look well.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from html import escape
from typing import Any, Final
from xml.etree import ElementTree as ET

from onboardee.device.audit.claims import TrialOutcome
from onboardee.device.audit.judgement import BROKEN, NOTHING
from onboardee.device.audit.reports.html import STYLE
from onboardee.device.audit.verdicts import Verdict

INDENT: Final = " " * 17
_LONGEST: Final = 200
"""Characters of the last line of a tool that are shown."""


def exit_code(outcomes: Sequence[TrialOutcome], known: Collection[str]) -> int:
    """Return 0 if all trials passed that were reached, 1 if some failed, 2 if none was reached."""
    if all(each.verdict is Verdict.NOT_REACHED for each in outcomes):
        return NOTHING
    return BROKEN if any(_is_news(each, known) for each in outcomes) else 0


def lines(outcome: TrialOutcome, known: Collection[str]) -> Iterator[str]:
    """Yield what people read of one trial: what failed is explained."""
    yield f"  {outcome.verdict:13} {outcome.trial.name}"
    if outcome.verdict is Verdict.PASSED:
        return
    yield f"{INDENT}the device: {outcome.trial.sentence}"
    yield f"{INDENT}expected: {outcome.trial.expectation}; {outcome.reason}"
    if outcome.trial.name in known:
        yield f"{INDENT}This is known, and no news."
    for claim in outcome.claims:
        for line in [line for line in claim.output.splitlines() if line.strip()][-1:]:
            yield f"{INDENT}the tool: {line[:_LONGEST]}"


def summary(outcomes: Sequence[TrialOutcome], seconds: float) -> str:
    """Return the last line for people."""
    counted = Counter(each.verdict for each in outcomes)
    words = [f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict]]
    return f"{', '.join(words)}; {seconds:.0f} s"


def plain(outcomes: Sequence[TrialOutcome], known: Collection[str]) -> dict[str, Any]:
    """Return the report as JSON has it."""
    code = exit_code(outcomes, known)
    return {"trials": [each.plain() for each in outcomes], "exit_code": code}


def junit(outcomes: Sequence[TrialOutcome], known: Collection[str]) -> str:
    """Return the outcomes as JUnit XML: what was not reached is skipped, a known failure, too."""
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


def page(outcomes: Sequence[TrialOutcome], known: Collection[str], title: str) -> str:
    """Return the outcomes as a page of HTML that needs nothing else."""
    counted = Counter(each.verdict for each in outcomes)
    told = ", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict])
    rows = "".join(_row(each, is_known=each.trial.name in known) for each in outcomes)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1><p>{told}.</p><table><caption>Trials</caption><thead><tr>"
        '<th scope="col">Verdict</th><th scope="col">Trial</th>'
        '<th scope="col">The device</th><th scope="col">A sound tool</th>'
        '<th scope="col">Why</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></main></body></html>\n"
    )


def _row(outcome: TrialOutcome, *, is_known: bool) -> str:
    """Return one trial as a row of the page."""
    why = escape(outcome.reason) + (" (known)" if is_known else "")
    output = "".join(
        f"<details><summary>attempt {number}: exit code {claim.exit_code}, "
        f"{claim.seconds:.1f} s</summary><pre>{escape(claim.output)}</pre></details>"
        for number, claim in enumerate(outcome.claims, 1)
    )
    return (
        f'<tr><td class="{outcome.verdict.name.lower()}">{outcome.verdict}</td>'
        f'<th scope="row">{escape(outcome.trial.name)}</th>'
        f"<td>{escape(outcome.trial.sentence)}</td><td>{outcome.trial.expectation}</td>"
        f"<td>{why}{output}</td></tr>"
    )


def _is_news(outcome: TrialOutcome, known: Collection[str]) -> bool:
    """Tell whether a trial failed that is not known to fail."""
    return outcome.verdict is Verdict.FAILED and outcome.trial.name not in known
