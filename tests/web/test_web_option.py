"""`run --web` on the command line."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from onboardee.device.cli import main

SAID = ["run", "light", "--host", "127.0.0.1"]


def test_without_the_extra_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One sentence with the command, and no device runs."""
    for name in [each for each in sys.modules if each.startswith("onboardee.device.web")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette.routing", None)
    result = CliRunner().invoke(main, [*SAID, "--state-dir", str(tmp_path / "a"), "--web", "0"])
    assert result.exit_code == 1
    assert "pip install 'onboardee[web]'" in result.output
    assert not (tmp_path / "a").exists()


def test_to_only_show_one_has_to_show() -> None:
    """The option alone means nothing."""
    result = CliRunner().invoke(main, [*SAID, "--web-read-only"])
    assert result.exit_code == 2
    assert "--web" in result.output


def test_a_place_is_an_address_and_a_port() -> None:
    """Anything else is refused with an example."""
    result = CliRunner().invoke(main, [*SAID, "--web", "here"])
    assert result.exit_code == 2
    assert "[HOST:]PORT" in result.output
