"""The lines of the README that open, edit and check a database."""

import re
from pathlib import Path

import pytest
from svrdb_samples import owned

from onboardee.svrdb import open_directory, read_existing

README = Path(__file__).parents[2] / "README.md"


def test_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They run as they stand, and do what is said above them."""
    (snippet,) = [
        block
        for block in re.findall(
            r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
        )
        if "svrdb" in block
    ]
    monkeypatch.chdir(tmp_path)
    open_directory("lights/kitchen", owned).close()
    exec(snippet, {})
    assert read_existing("lights/kitchen").sdi.name == "Kitchen"
    assert "note The device has no reset profile. OCF Security 8.2" in capsys.readouterr().out
