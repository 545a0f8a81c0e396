"""Decisions that are remembered are those that the gate would make now."""

from datetime import UTC, datetime

import pytest
from gate_support import Situation, call, peer
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from msgspec.structs import replace as replace_struct
from test_gate_rules import LIGHT, PEER, questions, situation, situations

from onboardee.device.access import remembered_decisions
from onboardee.device.access.gate import decide
from onboardee.device.access.remembered_decisions import RememberedDecisions
from onboardee.device.access.target import Operation
from onboardee.svrdb.model import Ace, AceResource, State, Subject, TimePattern

DAY = TimePattern(period="20260601T080000Z/20260601T180000Z")
RULE = Ace(
    aceid=1,
    subject=Subject(uuid=str(PEER)),
    resources=(AceResource(wildcard="*"),),
    permission=31,
)


@given(st.lists(situations(), min_size=1, max_size=3), st.lists(questions, max_size=12), st.data())
def test_whatever_was_asked_before(
    here: list[Situation], asked: list[tuple[object, ...]], data: st.DataObject
) -> None:
    """Each answer is the gate's, in whatever order databases, peers and operations alternate."""
    decisions = RememberedDecisions()
    for question in [*asked, *asked]:
        meets = data.draw(st.sampled_from(here))
        one = call(*question, meets)  # type: ignore[arg-type]
        for each in (one, replace(one, has_session=not one.has_session)):
            assert decisions.decide(each) == decide(each)


def test_an_entry_that_ends_at_night_ends_at_night() -> None:
    """Where entries have a validity, the time of day decides at each request."""
    who = peer(secured=True, uuid=PEER)
    here = situation_with(replace_struct(RULE, validity=(DAY,)))
    noon, night = (datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in (12, 23))
    decisions = RememberedDecisions()
    asked = call(Operation.RETRIEVE, LIGHT, who, here)
    granted = [decisions.decide(replace(asked, wall_time=at)).granted for at in (noon, night, noon)]
    assert granted == [True, False, True]


def test_they_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many peers fill no memory."""
    monkeypatch.setattr(remembered_decisions, "MAX_REMEMBERED", 4)
    decisions, here = RememberedDecisions(), situation_with(RULE)
    for operation in Operation:
        for secured in (True, False):
            decisions.decide(call(operation, LIGHT, peer(secured=secured), here))
    assert len(decisions._decisions) <= 4


def situation_with(rule: Ace) -> Situation:
    """Make a device in operation with one entry."""
    return situation(rule, state=State.RFNOP)
