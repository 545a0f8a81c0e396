"""Single plain requests that a real device was probed with, sent to ours."""

import pytest
from recorded_replay import probe_requests, probed
from recorded_support import STATES, unlisted


@pytest.mark.parametrize("request_", probe_requests())
@pytest.mark.parametrize("state", STATES)
def test_device_answers_a_probe_as_the_recorded_device_did(state: str, request_: str) -> None:
    """Code, options and payload equal the recorded ones but for the listed differences."""
    assert not unlisted(probed(state)[request_])
