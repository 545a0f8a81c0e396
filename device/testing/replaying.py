"""A recording of a device as a test of one line.

`assert replayed(Path("bug.rec")).database.state is State.RFNOP`: a device that misbehaved once was
recorded with `onboardee run --record`, and the file becomes a regression test. The recording has
the device's keys, so one of a device in use does not belong into a repository.
"""

from pathlib import Path

from onboardee.device.machine.layer import AnyDevice
from onboardee.device.recording.replay import Replay


def replayed(path: Path, until: int | None = None) -> AnyDevice:
    """Repeat what a device recorded with `onboardee run --record` did; return the device.

    Fails with an AssertionError that names the first step that did not come out as recorded, and
    with `RecordingError` where the file cannot be played. `until` stops after a step.
    """
    replay = Replay.of(path).run(until)
    assert not replay.differences, str(replay.differences[0])
    return replay.device
