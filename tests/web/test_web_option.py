"""`run --web` on the command line."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from onboardee.device.cli import main

RUN = ["run", "smart-lock", "--host", "127.0.0.1"]
SAID = ["run", "light", "--host", "127.0.0.1"]


def test_a_script_presses_a_button_of_a_running_device(tmp_path: Path) -> None:
    """At the address that the log names first; the log and the control socket tell of it, too."""
    command = [sys.executable, "-c", "from onboardee.device.cli import main; main()", *RUN]
    command += ["--state-dir", str(tmp_path / "lock"), "--web", "0", "--log-format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = json.loads(process.stdout.readline())["url"]
            assert json.loads(process.stdout.readline())["event"] == "device.ready"
            asked = urllib.request.Request(
                f"{url}api/v1/devices/lock/commands",
                b'{"do": "press", "name": "thumbturn"}',
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(asked) as answer:
                assert json.loads(answer.read())["ok"]["inputs"] == ["thumbturn"]
            assert json.loads(process.stdout.readline())["event"] == "input.pressed"
            with urllib.request.urlopen(url) as page:
                assert b"app.js" in page.read()
            with urllib.request.urlopen(f"{url}api/v1/events?device=lock&trace=1") as events:
                assert b'"traced":true' in events.readline()
        finally:
            process.terminate()
    assert process.returncode == 0


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
