"""What the gate's header tells is what the gate does."""

import re
from collections.abc import Callable

import pytest

from onboardee.device.access import gate

ROW = re.compile(r"^    ([a-z][a-z0-9.-]+) {2,}\S.* {2,}(\S.*)$", re.MULTILINE)


def test_header_lists_the_rules_in_their_order() -> None:
    """A reader of the gate's header finds each rule there, in the order in which it is asked."""
    assert gate.__doc__ is not None
    listed = [name for name, _ in ROW.findall(gate.__doc__) if name != "rule"]
    assert [re.sub("[-.]", "_", name) for name in listed] == [each.__name__ for each in gate.RULES]


@pytest.mark.parametrize("rule", gate.RULES, ids=lambda rule: rule.__name__)
def test_rule_cites_its_clause(rule: Callable[..., object]) -> None:
    """A rule says which clause it stands for, and names it as the header does."""
    assert gate.__doc__ is not None
    clauses = {re.sub("[-.]", "_", name): clause for name, clause in ROW.findall(gate.__doc__)}
    number = re.sub(r"[^0-9.]", "", clauses[rule.__name__])
    assert number in (rule.__doc__ or "")
