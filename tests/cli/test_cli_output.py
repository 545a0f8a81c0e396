"""What a running device prints: the log, and what `ctl` shows of strangers."""

import json

import pytest

from onboardee.device.cli.ctl import _line
from onboardee.device.cli.output import EventLog
from onboardee.device.events import RequestRefused, ValueChanged

HOSTILE = ["/x\x1b[2J", "/x\n00:00:00 [info] owner.changed", "/\x9b31m", "/\u202egnp", "/\x07\x7f"]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_from_a_stranger_moves_no_cursor(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever characters a path has, a log for people shows it as one line of visible ones."""
    log = EventLog("console")
    log(RequestRefused(peer="192.0.2.9", method="GET", href=path, code="4.04", reason=path))
    log(ValueChanged(href="/x", values={"name": path, "list": (path,)}))
    lines = capsys.readouterr().out.removesuffix("\n").split("\n")
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("path", HOSTILE)
def test_the_log_for_machines_keeps_the_path(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON the path is what it was."""
    EventLog("json")(RequestRefused(peer="", method="GET", href=path, code="4.04", reason=""))
    assert json.loads(capsys.readouterr().out)["href"] == path


@pytest.mark.parametrize("path", HOSTILE)
def test_refusals_are_shown_in_visible_characters(path: str) -> None:
    """So does `ctl connections`, and what `ctl watch` prints of values."""
    assert _line({"at": "now", "event": "request.refused", "href": path}).isprintable()
    assert _line({"event": "value.changed", "values": {"name": path}}).isprintable()
