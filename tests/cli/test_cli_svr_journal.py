"""`onboardee svr` where a device left newer changes in its journal."""

import json
import shutil
from pathlib import Path

import pytest
from cli_svr_support import Light
from click.testing import CliRunner
from msgspec.structs import replace

from onboardee.device.cli import main
from onboardee.svrdb import JSON, Sdi, open_directory, read_existing


@pytest.fixture(name="killed")
def _killed(tmp_path: Path) -> Light:
    """A light that was killed after it changed its name twice."""
    light = Light(tmp_path / "running")
    with open_directory(light.directory, lambda: light.factory) as store:
        for name in ("first", "second"):
            store.commit(replace(store.current, sdi=Sdi(name=name)))
        shutil.copytree(light.directory, tmp_path / "killed")
        assert json.loads((tmp_path / "killed" / "svr.json").read_bytes())["commit"] == 1
    light.directory = tmp_path / "killed"
    return light


def stored(light: Light) -> str:
    """Return the name in the readable file."""
    return JSON.decode((light.directory / "svr.json").read_bytes()).sdi.name


def test_shown(killed: Light) -> None:
    """What is shown, compared and checked is what the device committed last."""
    assert killed.done("get", "sdi.name") == "second\n"
    assert "second" in killed.done("show", "sdi")
    assert killed.done("diff", "previous") == '- sdi.name: "first"\n+ sdi.name: "second"\n'
    assert killed.done("check") == "all is consistent\n"
    assert stored(killed) == ""


def test_edited(killed: Light) -> None:
    """An edit is made from the last change, and leaves all in the readable file and no journal."""
    killed.done("set", "sdi.priv", "true")
    assert stored(killed) == "second"
    assert killed.get("sdi.priv") is True
    assert not (killed.directory / "svr.journal").exists()
    killed.done("restore", "--previous")
    assert read_existing(killed.directory).sdi == Sdi(name="second")


@pytest.mark.parametrize("source", [".", "svr.json"])
def test_converted(killed: Light, tmp_path: Path, source: str) -> None:
    """A conversion takes the last change, be the directory named or the file in it."""
    words = ("convert", str(killed.directory / source), str(tmp_path / "out.yaml"))
    result = CliRunner().invoke(main, ["svr", *words])
    assert result.exit_code == 0, result.output
    assert "second" in (tmp_path / "out.yaml").read_text(encoding="utf-8")


def test_edited_by_hand(killed: Light) -> None:
    """An edit of the file that is not the newest is refused in a sentence, and can be undone."""
    path = killed.directory / "svr.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"owned": false', '"owned": true'), encoding="utf-8")
    for words in (("show",), ("set", "sdi.name", "x"), ("check",)):
        result = killed.svr(*words)
        assert result.exit_code == 1
        assert "svr.json was edited by hand or damaged" in result.output
        assert "`onboardee svr restore --journal`" in result.output
    before = path.read_bytes()
    killed.done("restore", "--journal", "--dry-run")
    assert path.read_bytes() == before
    told = killed.done("restore", "--journal")
    assert f"what was damaged is kept in {killed.directory}/svr.damaged.json\n" in told
    assert read_existing(killed.directory).sdi.name == "second"
    assert not read_existing(killed.directory).doxm.owned


def test_exchanged(killed: Light) -> None:
    """A copy put in its place is not taken while a journal follows the old one."""
    copy = replace(killed.factory, sdi=Sdi(name="copy"))
    (killed.directory / "svr.json").write_bytes(JSON.encode(copy))
    result = killed.svr("show")
    assert result.exit_code == 1
    assert "was edited by hand or exchanged: the changes in" in result.stderr
    assert f"by removing {killed.directory}/svr.journal" in result.stderr
    (killed.directory / "svr.journal").unlink()
    assert killed.done("get", "sdi.name") == "copy\n"
    killed.done("set", "sdi.name", "edited")
    assert stored(killed) == "edited"


def test_damaged(killed: Light) -> None:
    """A change that was acknowledged and cannot be read is told, and the rest restored."""
    path = killed.directory / "svr.journal"
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"#" + content[101:])
    result = killed.svr("show")
    assert result.exit_code == 1
    assert "change 2, which was acknowledged, cannot be read" in result.stderr
    killed.done("restore", "--journal")
    assert killed.done("get", "sdi.name") == "second\n"


def test_nothing_to_restore(killed: Light) -> None:
    """Where there is no journal that is said; with a name beside the option it is a wrong use."""
    killed.done("set", "sdi.name", "x")
    assert "holds no change in a journal" in killed.refused(1, "restore", "--journal")
    killed.refused(2, "restore", "--journal", "--previous")
    killed.refused(2, "restore", "mine", "--journal")
