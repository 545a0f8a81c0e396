"""Behaviour in Python, from the folder of a profile."""

from itertools import pairwise
from pathlib import Path

import pytest
from behaviour_scene import make_scene

from onboardee.device.simulation.behaviour.code import CodeBehaviour
from onboardee.device.simulation.profile import ProfileError, load
from onboardee.device.simulation.world.build import located
from onboardee.device.simulation.world.terms import BehaviourError

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "morse.yaml"

PROFILE = """
device: {name: Coded, types: [oic.d.test]}
platform: {manufacturer: onboardee}
resources:
  - href: /lamp
    types: [x.test]
    interfaces: [oic.if.a]
    properties:
      value: {type: boolean, initial: false}
      level: {type: integer, minimum: 0, maximum: 9, initial: 0}
behaviour:
  - {kind: code, file: FILE, class: Mine, options: {step: 2}}
"""

PROGRAM = """
class Mine:
    uses = ("/lamp#value", "/lamp#level")

    def __init__(self, step):
        self.step = step

    def start(self, world):
        return world.now + 1

    def changed(self, world):
        return None

    def tick(self, world):
        world.set("/lamp#level", world.get("/lamp#level") + self.step)
        return world.now + 1
"""


def written(folder: Path, program: str | None = PROGRAM, file: str = "mine.py") -> str:
    """Write a profile and its program; returns the profile's path."""
    if program is not None:
        (folder / "mine.py").write_text(program, encoding="utf-8")
    profile = folder / "coded.yaml"
    profile.write_text(PROFILE.replace("FILE", file), encoding="utf-8")
    return str(profile)


def test_the_shipped_example() -> None:
    """The lamp blinks SOS while it is on, and is dark otherwise."""
    scene = make_scene(load(str(EXAMPLE)))
    assert scene.world.next_deadline() is None
    scene.write("/power#value", True)
    scene.run(60)
    course = [(when, values["value"]) for when, href, values in scene.told if href == "/lamp"]
    lengths = [round((end - begin) / 0.2) for (begin, lit), (end, _) in pairwise(course) if lit]
    assert lengths[:9] == [1, 1, 1, 3, 3, 3, 1, 1, 1]
    assert lengths[9:18] == lengths[:9]
    scene.write("/power#value", False)
    assert scene.get("/lamp#value") is False
    assert not scene.reports


def test_a_program_that_fails(tmp_path: Path) -> None:
    """It is ended and reported once; the device goes on."""
    source = PROGRAM.replace("return None", "return world.now + 1")
    scene = make_scene(load(written(tmp_path, source)))
    scene.run(100)
    assert scene.get("/lamp#level") == 8
    assert len(scene.reports) == 1
    assert "Mine has failed and is ended" in scene.reports[0]
    scene.write("/lamp#level", 3)
    assert scene.get("/lamp#level") == 3


@pytest.mark.parametrize(
    ("program", "file", "sentence"),
    [
        (PROGRAM, "../mine.py", r"behaviour\[0\].file: ../mine.py leaves the folder"),
        (PROGRAM, "/etc/passwd", "leaves the folder"),
        (None, "mine.py", "cannot read mine.py"),
        (None, '"a\\0b"', "is no path of a file"),
        ("\0", "mine.py", "mine.py"),
        ("x = " + "-" * 100_000 + "1", "mine.py", "mine.py"),
        ("class Mine", "mine.py", "mine.py, line 1"),
        (
            "class Other: pass",
            "mine.py",
            r"behaviour\[0\].class: .*has no class Mine; it has Other",
        ),
    ],
)
def test_files_that_are_refused(
    tmp_path: Path, program: str | None, file: str, sentence: str
) -> None:
    """Only a class in a file in the profile's folder is taken."""
    with pytest.raises(ProfileError, match=sentence):
        load(written(tmp_path, program, file))


def test_a_link_out_of_the_folder(tmp_path: Path) -> None:
    """A symbolic link is followed before it is judged."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "outside.py").write_text(PROGRAM, encoding="utf-8")
    (inner / "mine.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(ProfileError, match="leaves the folder"):
        load(written(inner, None))


def test_loading_executes_nothing(tmp_path: Path) -> None:
    """A profile can be checked without running what came with it."""
    load(written(tmp_path, PROGRAM + "\nraise RuntimeError('run')\n"))


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (PROGRAM + "\nraise RuntimeError('run')\n", "RuntimeError"),
        (PROGRAM.replace("step", "pace"), "unexpected keyword"),
        (PROGRAM.replace("uses", "used"), "uses"),
        (PROGRAM.replace("/lamp#level", "/lamp#levle"), "uses: /lamp#levle does not exist"),
    ],
)
def test_programs_that_cannot_be_used(tmp_path: Path, program: str, sentence: str) -> None:
    """What is wrong with it is told when the device is made."""
    with pytest.raises(BehaviourError, match=sentence):
        make_scene(load(written(tmp_path, program)))


def test_a_profile_without_a_folder_has_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a built-in one, a file that lies where the command happens to run is never taken."""
    written(tmp_path)
    monkeypatch.chdir(tmp_path)
    entries = (CodeBehaviour(file="mine.py", type="Mine"),)
    with pytest.raises(BehaviourError, match="files of their own"):
        located(entries, None)
    assert located(entries, tmp_path) != entries
