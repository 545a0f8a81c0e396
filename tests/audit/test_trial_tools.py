"""Each trial with a tool that does it right, and with one that does exactly this wrong."""

from uuid import UUID

import pytest
from audit_scene import instead
from trial_scene import Bench, outcome
from trial_tools import SOUND, planted_for, sound_for, tool

from onboardee.device.audit.trial import Expectation, Need, Trial
from onboardee.device.audit.trials import TRIALS
from onboardee.device.audit.verdicts import Verdict
from onboardee.obt.cbor import Body
from onboardee.obt.steps import derive_key
from onboardee.obt.transfer import Transfer

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


def in_blocks(transfer: Transfer) -> Body:
    """Return an owner credential with so much beside it that it travels in blocks."""
    subjects = [transfer.owner_text, *(str(UUID(int=number)) for number in range(1, 14))]
    keys = [b"", *(bytes((number,)) * 16 for number in range(1, 14))]
    entries = [
        {
            "credtype": 1,
            "subjectuuid": subject,
            "privatedata": {"encoding": "oic.sec.encoding.raw", "data": key},
        }
        for subject, key in zip(subjects, keys, strict=True)
    ]
    return {"creds": entries, "rowneruuid": transfer.owner_text}


@pytest.mark.parametrize("name", ["refuses-credential", "lost-answer-credential"])
def test_a_step_in_blocks_is_a_step(name: str) -> None:
    """A tool whose credentials take several blocks meets the faults of that step, too."""
    found = outcome(BY_NAME[name], tool(order=instead("credential", derive_key(in_blocks))))
    assert (found.verdict, bool(found.acted)) == (Verdict.PASSED, True), found.reason


async def insists(bench: Bench) -> bool | None:
    """Own a device, and try once more by itself if that failed."""
    if await SOUND(bench):
        return True
    bench.tries += 1
    bench.attempts += 1
    bench.network.run(5)
    return await SOUND(bench)


@pytest.mark.parametrize("name", ["closes-session", "refuses-owned", "resets-itself-at-owner"])
def test_a_tool_that_begins_anew_passes(name: str) -> None:
    """Who notices, tries again by itself and owns the device then says what is true."""
    found = outcome(BY_NAME[name], insists)
    assert found.verdict is Verdict.PASSED
    assert found.reason == "it began anew by itself, and owns the device"
