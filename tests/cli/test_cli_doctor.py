"""`onboardee doctor` at the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from onboardee.device.cli import doctor, main
from onboardee.device.doctor.finding import CheckResult, fault, hint, well

WELL = well("eth0", "is up")
HINT = hint("IPv6", "is off", "sysctl -w x=0")
FAULT = fault("firewall, IPv4", "drops searches", "nft insert rule")


def _finding(monkeypatch: pytest.MonkeyPatch, *findings: CheckResult) -> None:
    def found(host: str | None, home: Path) -> Iterator[CheckResult]:
        yield from findings

    monkeypatch.setattr(doctor, "findings", found)


def test_what_is_well_and_what_is_not_is_printed_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each finding stands below its heading, with what to type."""
    _finding(monkeypatch, FAULT, WELL, HINT)
    result = CliRunner().invoke(main, ["doctor"], env={"COLUMNS": "80"})
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "What is well",
        "  eth0            is up",
        "",
        "What may hinder",
        "  IPv6            is off",
        "      try: sysctl -w x=0",
        "",
        "What hinders",
        "  firewall, IPv4  drops searches",
        "      try: nft insert rule",
        "",
    ]


def test_without_a_fault_the_exit_code_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hints do not fail a script."""
    _finding(monkeypatch, WELL, HINT)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0
    assert result.output.endswith("Nothing here keeps a tool from finding a device.\n")


def test_scripts_get_every_finding_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """One array, with the verdicts as words."""
    _finding(monkeypatch, FAULT)
    result = CliRunner().invoke(main, ["doctor", "--json"])
    assert json.loads(result.output) == [
        {
            "verdict": "fault",
            "about": "firewall, IPv4",
            "says": "drops searches",
            "advice": "nft insert rule",
        }
    ]
    assert result.exit_code == 1


def test_this_machine_is_looked_at_for_real(tmp_path: Path) -> None:
    """Every check runs here, and says something of the disk that was named."""
    result = CliRunner().invoke(main, ["doctor", "--json", "--state-dir", str(tmp_path)])
    about = {each["about"] for each in json.loads(result.output)}
    assert {"IPv6", "clock", "disk", "limits", "program"} <= about
