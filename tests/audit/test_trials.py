"""Trials: what they make of a sound tool, and of tools that lie or never end."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from onboardee.device.audit.trial import Expectation
from onboardee.device.audit.trials import TRIALS
from onboardee.device.cli import main
from onboardee.device.faults.terms import Fault

TOOL = Path(__file__).with_name("small_tool.py")
QUICK = ("refuses-owned", "temporary-device-id")
"""Trials that take no time: one with a fault, one with another profile."""


def tried(how: str, *trials: str, timeout: float = 30, more: tuple[str, ...] = ()) -> Result:
    """Try the small tool in some way."""
    command = f"{sys.executable} {TOOL} {how} {{port}}"
    options = [word for name in trials for word in ("--only", name)]
    words = ["audit", "light", "--trials", "--obt", command, "--timeout", str(timeout)]
    return CliRunner().invoke(main, [*words, "--parallel", "4", *options, *more])


def verdicts(result: Result) -> dict[str, str]:
    """Return the verdicts of a report in JSON."""
    return {each["trial"]: each["verdict"] for each in json.loads(result.output)["trials"]}


def test_a_sound_tool_passes() -> None:
    """It completes, gives up, and owns the device afterwards, as each trial expects."""
    result = tried("sound", *QUICK, more=("--json",))
    assert set(verdicts(result).values()) == {"passed"}, result.output
    assert result.exit_code == 0


def test_a_tool_that_boasts_fails() -> None:
    """Whoever claims a success that there is not fails, wherever the device is not owned."""
    result = tried("boasting", "refuses-owned", "already-owned", "doubled")
    assert result.exit_code == 1
    assert "the tool claims success, and the device is not owned" in result.output
    assert "passed        doubled" in result.output


def test_a_tool_that_is_shy_fails() -> None:
    """A tool that says it failed, and owns the device, is told so."""
    result = tried("shy", "doubled")
    assert result.exit_code == 1
    assert "failed with exit code 1" in result.output


def test_a_tool_that_never_ends_fails() -> None:
    """One that neither claims nor fails within its time fails; it is stopped."""
    result = tried("endless", "lost-answer-select", timeout=1)
    assert result.exit_code == 1
    assert "it neither claims success nor fails" in result.output


def test_a_fault_that_never_acted_is_no_success() -> None:
    """Where the tool never met the fault the trial is not reached, and nothing is proven."""
    result = tried("sound", "discovery-crowd")
    assert result.exit_code == 2
    assert "not reached   discovery-crowd" in result.output


def test_known_failures_are_no_news(tmp_path: Path) -> None:
    """They are told, and change neither exit code nor the result for CI."""
    known, suite = tmp_path / "known", tmp_path / "t.xml"
    known.write_text("doubled\n", encoding="utf-8")
    more = ("--known", str(known), "--junit", str(suite))
    result = tried("shy", "doubled", more=more)
    assert result.exit_code == 0
    assert "This is known" in result.output
    root = ET.parse(suite).getroot()
    assert (root.get("tests"), root.get("failures")) == ("1", "0")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--trials"], "--trials needs --obt COMMAND or --side-by-side, and not both"),
        (["--trials", "--obt", "x", "--side-by-side"], "--side-by-side, and not both"),
        (["--obt", "x"], "--obt and --side-by-side are for --trials"),
        (["--side-by-side"], "--obt and --side-by-side are for --trials"),
        (["--trials", "--obt", "x {prt}"], "nothing is known for {prt} in {prt}: only {uuid}"),
        (["--trials", "--obt", "x 'y"], "No closing quotation"),
        (["--trials", "--obt", ""], "it is empty"),
        (["--trials", "--obt", "no-such-program-here {port}"], "no-such-program-here"),
    ],
)
def test_a_mistake_is_said(words: list[str], sentence: str) -> None:
    """Who forgets half of it, or names a program that is not there, reads so."""
    only = ["--only", "lost-answer-select"]
    result = CliRunner().invoke(main, ["audit", "light", *only, *words])
    assert result.exit_code in {1, 2}
    assert sentence in result.output


def test_the_table_is_of_one_piece() -> None:
    """Each trial has a name of its own, and something that is wrong with its device."""
    names = [trial.name for trial in TRIALS]
    assert len(names) == len(set(names)) > 60
    assert all(trial.faults or trial.adapt for trial in TRIALS)
    assert all(isinstance(fault, Fault) for trial in TRIALS for fault in trial.faults)
    assert {trial.expectation for trial in TRIALS} == set(Expectation)
