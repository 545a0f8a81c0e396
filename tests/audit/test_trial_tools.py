"""Each trial with a tool that does it right, and with one that does exactly this wrong."""

import pytest
from trial_scene import outcome
from trial_tools import planted_for, sound_for

from onboardee.device.audit.trial import Expectation, Need, Trial
from onboardee.device.audit.trials import TRIALS
from onboardee.device.audit.verdicts import Verdict

BY_NAME = {trial.name: trial for trial in TRIALS}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_sound_tool_passes(name: str) -> None:
    """It completes, gives up or says what is true, and owns the device in the end."""
    found = outcome(BY_NAME[name], sound_for(name))
    assert (found.verdict, found.reason) == (Verdict.PASSED, found.reason), found.acted


@pytest.mark.parametrize("name", BY_NAME)
def test_a_tool_with_this_defect_fails(name: str) -> None:
    """The trial names what is wrong with it; with an honest device it does well."""
    trial = BY_NAME[name]
    completes = trial.expectation is Expectation.COMPLETES
    found = outcome(trial, planted_for(name, completes=completes))
    assert found.verdict is Verdict.FAILED, found.reason
    if trial.needs is Need.NOTHING:
        honest = Trial("honest", "nothing is wrong with it", Expectation.COMPLETES)
        calm = outcome(honest, planted_for(name, completes=completes))
        assert calm.claims[0].is_success
