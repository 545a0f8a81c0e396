"""An audit as one page of HTML that needs nothing else: for the maker of a tool, and for paper.

The conversation is a list: what the tool sent stands at the left, what the device answered at the
right, states and what was stored in between, and each verdict at the message that decided it. No
script, no picture, no request elsewhere; payloads unfold by keyboard, and are unfolded on paper.

Whatever a tool sent is escaped: payloads, paths and names may hold markup, and the page is opened
by a person in a browser.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from onboardee.device.audit.judgement import Audit, JudgedAttempt
from onboardee.device.audit.reports.console import left_out, place_of
from onboardee.device.audit.verdicts import Judged, Verdict
from onboardee.device.trace import text
from onboardee.device.trace.items import Item, Way

STYLE: Final = """
:root { color-scheme: light dark; --line: #8888; --bad: #b3261e; --good: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #7ed9a0; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; }
th, td { text-align: left; vertical-align: top; }
code, pre { font: .85rem/1.4 ui-monospace, monospace; }
code, pre { overflow-wrap: anywhere; white-space: pre-wrap; }
ol.talk { list-style: none; padding: 0; }
ol.talk li { border: 1px solid var(--line); border-radius: .4rem; }
ol.talk li { margin: .25rem 0; padding: .25rem .6rem; width: 62%; }
ol.talk li.out { margin-left: auto; }
ol.talk li.device { width: auto; border: 0; text-align: center; font-style: italic; }
.failed { color: var(--bad); font-weight: bold; }
.passed { color: var(--good); }
.verdict { display: block; font-size: .85rem; }
@media print { body { max-width: none; } li, tr { break-inside: avoid; } }
@media print { details > * { display: block; } }
"""
"""The style of the page, for light and dark screens and for paper."""
_WIDTH: Final = 160
"""Characters of a line of the conversation; what is longer unfolds."""


def document(audit: Audit, title: str) -> str:
    """Return the page as one text; `title` says what was audited.

    Element ids begin with the number of the attempt, so that the links of a verdict lead to a
    message of its own attempt.
    """
    body = "".join(
        part
        for place, each in enumerate(audit.attempts, 1)
        for part in _attempt(each, f"a{place}", audit.known)
    )
    outcome = {0: "every shall was kept", 1: "some shalls were broken", 2: "nothing to judge"}
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1><p>{outcome[audit.exit_code]}.</p>{body}{_totals(audit)}"
        "</main></body></html>\n"
    )


def _totals(audit: Audit) -> str:
    """Return a table of the attempts that are only counted, nothing if there are none."""
    if not audit.others:
        return ""
    head = "".join(f'<th scope="col">{verdict}</th>' for verdict in Verdict)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{counter[verdict]}</td>" for verdict in Verdict)
        + "</tr>"
        for name, counter in audit.totals.items()
    )
    return (
        f"<section><h2>All attempts</h2><p>{audit.others} more were judged, and are counted here."
        f'</p><table><thead><tr><th scope="col">Rule</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def _attempt(attempt: JudgedAttempt, name: str, known: frozenset[str]) -> Iterator[str]:
    """Yield the section of one attempt: its verdicts first, then the conversation."""
    yield f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(attempt.title)}</h2>'
    if attempt.attempt.left_out:
        yield f"<p>{left_out(attempt)}</p>"
    yield '<table><caption>Verdicts</caption><thead><tr><th scope="col">Verdict</th>'
    yield '<th scope="col">Level</th><th scope="col">Rule</th><th scope="col">Why</th></tr></thead>'
    yield "<tbody>"
    for judged in attempt.verdicts:
        yield _row(judged, name, is_known=judged.rule.name in known)
    yield "</tbody></table><h3>The conversation</h3>"
    yield "<p>Left: from the tool. Right: from the device. Middle: what the device did.</p>"
    yield f'<ol class="talk">{"".join(_talk(attempt, name))}</ol></section>'


def _row(judged: Judged, name: str, *, is_known: bool) -> str:
    """Return one verdict as a row of the table, with a link to the message that decided it."""
    rule, opinion = judged.rule, judged.opinion
    why = escape(rule.sentence)
    if opinion.verdict is Verdict.FAILED:
        why += f"<br>Expected: {escape(opinion.expected)}. Came: {escape(opinion.came)}."
        why += f" {escape(rule.consequence)}" if rule.consequence else ""
        why += " This is known." if is_known else ""
    elif opinion.came:
        why += f"<br>{escape(opinion.came)}"
    if opinion.item is not None:
        link = f"#{name}-{opinion.item.number}"
        why += f' <a href="{link}">{escape(place_of(opinion.item))}</a>'
    return (
        f'<tr><td class="{opinion.verdict.name.lower()}">{opinion.verdict}</td>'
        f"<td>{rule.level}</td>"
        f'<th scope="row">{escape(rule.name)}<br><small>{escape(rule.clause)}</small></th>'
        f"<td>{why}</td></tr>"
    )


def _talk(attempt: JudgedAttempt, name: str) -> Iterator[str]:
    """Yield the conversation, one element for each item that people have a line for."""
    decided: dict[int, list[Judged]] = {}
    for judged in attempt.verdicts:
        if judged.opinion.item is not None:
            decided.setdefault(judged.opinion.item.number, []).append(judged)
    for item in attempt.attempt.trace:
        line = text.line_of(item)
        if line is not None:
            yield _entry(item, line, decided.get(item.number, []), name)


def _entry(item: Item, line: str, decided: list[Judged], name: str) -> str:
    """Return one element of the conversation, with the verdicts that it decided."""
    way = getattr(item, "way", None)
    kind = {Way.IN: "in", Way.OUT: "out"}.get(way, "device") if way else "device"
    who = {"in": "Tool", "out": "Device"}.get(kind, "")
    shown = line.lstrip("→←·! ")
    inner = f"<code>{escape(shown)}</code>"
    if len(shown) > _WIDTH:
        short = escape(shown[:_WIDTH])
        inner = (
            f"<details><summary><code>{short}…</code></summary><pre>{escape(shown)}</pre></details>"
        )
    label = f"<small>{item.at:.3f} s {who}</small> "
    verdicts = "".join(
        f'<span class="verdict {each.opinion.verdict.name.lower()}">'
        f"{escape(each.rule.name)}: {each.opinion.verdict}</span>"
        for each in decided
    )
    place = f' id="{name}-{item.number}"' if decided else ""
    return f'<li class="{kind}"{place}>{label}{inner}{verdicts}</li>'
