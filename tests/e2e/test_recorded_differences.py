"""The table of differences says the truth, and readers see the same table."""

import pytest
from recorded_support import DOCUMENT, TABLE, Difference, all_findings, document


@pytest.mark.parametrize("line", TABLE, ids=lambda line: f"{line.requests[0]} {line.aspects[0]}")
def test_every_listed_difference_occurs(line: Difference) -> None:
    """Each request and each aspect of a line is met by at least one recorded exchange."""
    for request in line.requests:
        narrow = line._replace(requests=(request,))
        assert any(narrow.covers(finding) for finding in all_findings()), request
    for aspect in line.aspects:
        narrow = line._replace(aspects=(aspect,))
        assert any(narrow.covers(finding) for finding in all_findings()), aspect


def test_document_is_current() -> None:
    """The page for readers is what the table makes; run `recorded_support.py` to rewrite it."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()
