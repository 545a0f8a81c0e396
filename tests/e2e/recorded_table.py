"""A table of differences between a recorded device and ours."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from recorded_compare import ABSENT, Finding


class Difference(NamedTuple):
    """One line of the table.

    `requests`, `aspects` and `step` are patterns with `*`. `reference` and `ours` are the two
    values; in parentheses they are descriptions of values that vary.
    """

    requests: tuple[str, ...]
    aspects: tuple[str, ...]
    reference: str
    ours: str
    reason: str
    step: str = "*"

    def covers(self, finding: Finding) -> bool:
        """Tell whether the finding is what this line is about."""
        return (
            any(fnmatchcase(finding.request, pattern) for pattern in self.requests)
            and any(fnmatchcase(finding.aspect, pattern) for pattern in self.aspects)
            and fnmatchcase(finding.step, self.step)
            and is_described(self.reference, finding.reference)
            and is_described(self.ours, finding.ours)
        )


def is_described(description: str, value: str) -> bool:
    """Tell whether a value is the one described; words in parentheses describe any."""
    return description == value or (description.startswith("(") and value != ABSENT)


def rows(table: Iterable[Difference]) -> Iterator[str]:
    """Write a table for readers."""
    yield "| Request | What differs | Recorded device | This device | Why |"
    yield "| --- | --- | --- | --- | --- |"
    for line in table:
        yield _row(line)


def _row(line: Difference) -> str:
    requests = ", ".join(
        "every request" if request == "*" else f"`{request.replace('*GET', 'GET')}`"
        for request in line.requests
    )
    aspects = ", ".join(f"`{aspect.lstrip('*').replace(' #*,', '')}`" for aspect in line.aspects)
    values = (_value(line.reference), _value(line.ours))
    return f"| {' | '.join((requests, aspects, *values, line.reason))} |"


def _value(value: str) -> str:
    return value.strip("()") if value.startswith("(") or value == ABSENT else f"`{value}`"
