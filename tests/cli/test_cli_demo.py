"""`onboardee demo`: a story that is true."""

import pytest
from click.testing import CliRunner

from onboardee.device.cli import main
from onboardee.device.security import owner
from onboardee.obt import ORDERS


@pytest.mark.parametrize("order", [*ORDERS, "oic11"])
def test_demo_tells_the_whole_story(order: str) -> None:
    """In each order of messages the demo ends well, and shows no secret."""
    result = CliRunner().invoke(main, ["demo", "--order", order])
    assert result.exit_code == 0, result.output
    for said in ("ownership", "both sides hold the same owner credential", "the light is on"):
        assert said in result.output
    assert "as it left the factory" in result.output


def test_demo_fails_when_the_keys_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the device derives another key than the tool, the demo says so and ends with code 1."""
    honest = owner.derive
    monkeypatch.setattr(owner, "derive", lambda *a, **k: honest(*a, **k)[::-1])
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 1
    assert "Error" in result.output


def test_demo_fails_when_the_light_does_not_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A light that answers and does nothing is found out."""
    monkeypatch.setattr("onboardee.device.simulation.values.Values.write", lambda *_: False)
    monkeypatch.setattr("onboardee.device.cli.demo.PATIENCE", 0.2)
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 1
