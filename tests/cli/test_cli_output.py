"""What a running device prints: the log, and what `ctl` shows of strangers."""

import json
import os
import pty
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import click
import pytest

from onboardee.device.cli.ctl.printing import line as _line
from onboardee.device.cli.lines import event_line
from onboardee.device.cli.output import LINES_PER_SECOND, EventLog, Log
from onboardee.device.events import (
    DeviceReady,
    FaultChanged,
    InputPressed,
    MulticastUnavailable,
    PinShown,
    RequestRefused,
    ValueChanged,
)

HOSTILE = ["/x\x1b[2J", "/x\n00:00:00 [info] owner.changed", "/\x9b31m", "/\u202egnp", "/\x07\x7f"]


def _log(
    form: str, *, verbose: bool = False, texts: dict[str, str] | None = None
) -> tuple[EventLog, Callable[[], None]]:
    """Return a log on standard output, and what writes all of it."""
    log = Log(form)
    lines = EventLog(log, "light", Path("/state/light"), verbose=verbose, texts=texts or {})

    def close() -> None:
        lines.close()
        log.close()

    return lines, close


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_from_a_stranger_moves_no_cursor(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever characters a path has, a log for people shows it as one line of visible ones."""
    log, close = _log("console")
    log(RequestRefused(peer="192.0.2.9", method="GET", href=path, code="4.04", reason=path))
    log(ValueChanged(href="/x", values={"name": path, "list": (path,)}))
    close()
    lines = capsys.readouterr().out.removesuffix("\n").split("\n")
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_a_device_has_words_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """What a profile says at an event stands below its line, as it is, and instead of our PIN."""
    log, close = _log("console", texts={"otm.pin": "====\n    PIN CODE : $pin\n====\n"})
    log(PinShown(pin="12345678"))
    close()
    _, *said = capsys.readouterr().out.splitlines()
    assert said == ["====", "    PIN CODE : 12345678", "===="]


@pytest.mark.parametrize("path", HOSTILE)
def test_words_of_a_device_move_no_cursor(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A stranger's path in such a text is visible characters only, in one line."""
    log, close = _log("console", texts={"request.refused": "no $href"})
    log(RequestRefused(peer="", method="GET", href=path, code="4.04", reason=""))
    close()
    lines = capsys.readouterr().out.removesuffix("\n").split("\n")
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_machines_get_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON each line is an event."""
    log, close = _log("json", texts={"otm.pin": "PIN CODE : $pin"})
    log(PinShown(pin="12345678"))
    close()
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"] == "otm.pin"


@pytest.mark.parametrize("path", HOSTILE)
def test_the_log_for_machines_keeps_the_path(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON the path is what it was."""
    log, close = _log("json")
    log(RequestRefused(peer="", method="GET", href=path, code="4.04", reason=""))
    close()
    assert json.loads(capsys.readouterr().out)["href"] == path


@pytest.mark.parametrize("path", HOSTILE)
def test_refusals_are_shown_in_visible_characters(path: str) -> None:
    """So does `ctl connections`, and what `ctl watch` prints of values."""
    assert _line({"at": "now", "event": "request.refused", "href": path}).isprintable()
    assert _line({"event": "value.changed", "values": {"name": path}}).isprintable()


def test_values_are_json_and_secrets_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """People read `true`, not `True`; the codes of a lock are in no log."""
    log, close = _log("console")
    log(ValueChanged(href="/lock", values={"value": True, "lockCodeList": ["8421"]}))
    log(InputPressed(input="thumbturn"))
    log(FaultChanged(fault="jammed", is_on=True))
    close()
    told = capsys.readouterr().out
    assert 'values={"value": true, "lockCodeList": "<hidden>"}' in told
    assert "8421" not in told
    assert "input=thumbturn" in told
    assert "fault=jammed is_on=true" in told


def test_what_a_device_does_by_itself_is_for_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    """A sensor that drifts and a door on its way fill no log, unless that was asked for."""
    for verbose in (False, True):
        log, close = _log("console", verbose=verbose)
        log(ValueChanged(href="/t", values={"temperature": 20}, by_itself=True))
        log(FaultChanged(fault="jammed", is_on=True, by_itself=True))
        log(ValueChanged(href="/openlevel", values={"openLevel": 3}, moving=True))
        close()
        assert len(capsys.readouterr().out.splitlines()) == (3 if verbose else 0)


def test_nobody_overlooks_the_pin(capsys: pytest.CaptureFixture[str]) -> None:
    """The PIN has a line of its own between empty ones; machines get their event alone."""
    for form, expected in (("console", 1), ("json", 0)):
        log, close = _log(form)
        log(PinShown(pin="73051942"))
        close()
        lines = capsys.readouterr().out.splitlines()
        assert "73051942" in lines[0]
        own = [number for number, line in enumerate(lines) if "PIN: 73051942" in line]
        assert len(own) == expected
        for number in own:
            assert lines[number - 1] == lines[number + 1] == ""


def test_what_was_left_out_is_told_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a flood the log has some lines, and how many more there were."""
    log, close = _log("json")
    for _ in range(100):
        log(RequestRefused(peer="192.0.2.9", method="GET", href="/", code="4.04", reason=""))
    close()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["event"] == "log.left_out"
    assert lines[-1]["count"] == 100 - (len(lines) - 1)
    assert len(lines) - 1 < 2 * LINES_PER_SECOND


def test_no_group_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """A device that nobody discovers says so as a warning."""
    log, close = _log("console")
    log(MulticastUnavailable(failed=()))
    close()
    assert "[warning] failed=[] reason=" in capsys.readouterr().out


@pytest.mark.parametrize(("no_color", "has_colour"), [("", True), ("1", False)])
def test_a_terminal_of_80_columns(
    no_color: str, has_colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal no line is longer than it is wide; NO_COLOR leaves the colours out."""
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        log = Log("console", terminal)
        lines = EventLog(log, "light", Path("/state/light"))
        endpoints = tuple(f"coaps://[fe80::1234:5678:9abc:{n}]:40001" for n in range(9))
        lines(DeviceReady(device_uuid=UUID(int=7), state="RFOTM", endpoints=endpoints))
        lines(RequestRefused(peer="", method="GET", href="/x" * 99, code="4.04", reason="r " * 99))
        log.close()
        shown = os.read(master, 65536).decode()
    os.close(master)
    assert ("\x1b[" in shown) is has_colour
    assert shown.count("40001") == 9
    assert max(len(click.unstyle(line)) for line in shown.splitlines()) <= 80


@pytest.mark.parametrize(("columns", "indent"), [(80, 28), (60, 2), (40, 2)])
def test_values_stand_below_one_another_where_there_is_room(columns: int, indent: int) -> None:
    """On a narrow terminal they stand below the name, and no UUID is broken that fits."""
    uuid = "d7dcea49-7423-4b79-ad9b-98c2084ace11"
    told = {"device": "light", "owner": uuid, "endpoints": "coap://127.0.0.1:52959"}
    line = event_line("21:48:28", "device.ready", told, columns=columns)
    first, *more = click.unstyle(line).split("\n")
    assert first.startswith("21:48:28 device.ready")
    assert {len(each) - len(each.lstrip()) for each in more} == {indent}
    assert all(len(each) <= columns for each in (first, *more))
    assert any(f"owner={uuid}" in each for each in more) == (columns > 40)
    assert "device=light" in line if columns == 80 else more[0].startswith("  device=light")
