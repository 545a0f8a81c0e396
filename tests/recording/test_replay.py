"""What was recorded happens again, octet by octet."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from recording_scene import recorded_life

from onboardee.device.cli import main
from onboardee.device.recording.format import RecordingError
from onboardee.device.recording.replay import Replay
from onboardee.testing import replayed

SOUND = 0
"""A life in which the device is owned."""


def recording(tmp_path: Path, seed: int = 1) -> Path:
    """Write the recording of a life; return its file."""
    file = BytesIO()
    recorded_life(seed, file.write)
    path = tmp_path / "life.rec"
    path.write_bytes(file.getvalue())
    return path


@pytest.mark.parametrize("seed", range(12))
def test_a_life_happens_again(tmp_path: Path, seed: int) -> None:
    """Whatever the network, the disk and the clock did, each datagram and event comes again."""
    replay = Replay.of(recording(tmp_path, seed)).run()
    assert replay.differences == []
    assert replay.done == len(replay.entries) > 5


def test_a_recorded_fault_is_a_test_in_one_line(tmp_path: Path) -> None:
    """The device of a recording is there as it was in the end."""
    device = replayed(recording(tmp_path))
    assert device.database.state.name == "RFOTM"


def test_a_changed_program_is_told(tmp_path: Path) -> None:
    """Where what comes differs, the step and both sides are named."""
    path = recording(tmp_path)
    lines = path.read_text().splitlines()
    for place, line in enumerate(lines[1:], 1):
        entry = json.loads(line)
        if entry.get("sent"):
            entry["sent"][0][1] = "AAAA"
            lines[place] = json.dumps(entry)
            break
    path.write_text("\n".join([*lines, ""]))
    replay = Replay.of(path).run()
    (difference,) = replay.differences
    assert difference.number == place
    assert "recorded datagram 1 to" in str(difference)
    assert "000000; now datagram 1" in str(difference)
    with pytest.raises(AssertionError, match=f"step {place}"):
        replayed(path)


def test_a_state_of_the_middle(tmp_path: Path) -> None:
    """One may look at the device after any step."""
    path = recording(tmp_path, 3)
    whole = Replay.of(path).run()
    half = Replay.of(path).run(whole.done // 2)
    assert half.done == whole.done // 2
    assert not half.differences
    half.run()
    assert half.device.database == whole.device.database


def test_a_recording_that_was_cut_off(tmp_path: Path) -> None:
    """A program that was killed while it wrote leaves what it wrote before."""
    path = recording(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    replay = Replay.of(path).run()
    assert not replay.differences
    assert replay.done == content.count(b"\n") - 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "line 1: this is no recording"),
        (b"{}\n", "line 1: this is no recording"),
        (b"[1]\n", "line 1: this is no recording"),
    ],
)
def test_what_is_no_recording_is_said(tmp_path: Path, content: bytes, sentence: str) -> None:
    """Who names another file reads what is wrong with it."""
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(RecordingError, match=sentence):
        Replay.of(tmp_path / "x")


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    """The sentence has the line, and a step that nobody knows has its number."""
    path = recording(tmp_path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:5], "nonsense", *lines[5:], ""]))
    with pytest.raises(RecordingError, match="line 6"):
        Replay.of(path)
    path.write_text("\n".join([*lines[:5], '{"at": 1.0, "what": "earthquake"}', ""]))
    with pytest.raises(RecordingError, match="step 5: nobody knows what 'earthquake' is"):
        Replay.of(path).run()


def test_the_command(tmp_path: Path) -> None:
    """It says that all came as recorded, shows a state without secrets, and traces."""
    path = recording(tmp_path)
    result = CliRunner().invoke(main, ["replay", str(path)])
    assert result.exit_code == 0
    assert "every octet as recorded" in result.output
    state = CliRunner().invoke(main, ["replay", str(path), "--state-at", "5"])
    assert json.loads(state.output)["step"] == 5
    traced = CliRunner().invoke(main, ["replay", str(path), "--trace"])
    assert "DTLS ClientHello" in traced.output
    seed = json.loads(path.read_text().splitlines()[0])["seed"]
    assert seed not in state.output + traced.output


def test_a_run_is_recorded_for_one_person_alone(tmp_path: Path) -> None:
    """A device that cannot write its recording does not start, and the option is named."""
    result = CliRunner().invoke(main, ["run", "light", "--record", str(tmp_path / "no" / "x.rec")])
    assert result.exit_code == 2
    assert "--record" in result.output


def test_a_recording_is_judged(tmp_path: Path) -> None:
    """`audit --from` says of a recorded device what its tool did, as of one that is watched."""
    file = BytesIO()
    recorded_life(SOUND, file.write, has_faults=False)
    path = tmp_path / "life.rec"
    path.write_bytes(file.getvalue())
    result = CliRunner().invoke(main, ["audit", "--from", str(path), "--json"])
    assert result.exit_code in {0, 1}, result.output
    (attempt, *_) = json.loads(result.output)["attempts"]
    verdicts = {each["rule"]: each["verdict"] for each in attempt["verdicts"]}
    assert verdicts["method-first"] == "passed"
    assert verdicts["owned-set"] == "passed"


def test_a_recording_of_another_program_is_not_judged(tmp_path: Path) -> None:
    """What does not come out as recorded is said, and no verdict is made of it."""
    path = recording(tmp_path)
    path.write_text(path.read_text().replace('"sent":[["', '"sent":[["9', 1))
    result = CliRunner().invoke(main, ["audit", "--from", str(path)])
    assert result.exit_code == 1
    assert "of another version of the program: step" in " ".join(result.output.split())
    keys = CliRunner().invoke(main, ["audit", "--from", str(path), "--device", "10.0.0.1"])
    assert "a recording has both" in " ".join(keys.output.split())
