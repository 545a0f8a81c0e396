"""What a database can hold at most."""

import msgspec
import pytest

from onboardee.svrdb import Ace, Credential, Doxm, Pstat
from onboardee.svrdb.model import Crl

LARGEST = 2**32 - 1

DOXM = {"oxms": [0], "deviceuuid": "11111111-2222-4333-8444-555555555555"}
CREDENTIAL = {"credid": 1, "credtype": 1, "subjectuuid": "*"}
ENTRY = {"aceid": 1, "subject": {"conntype": "anon-clear"}, "resources": [], "permission": 2}
NUMBERS = [
    (Doxm, DOXM, "oxmsel", 0),
    (Doxm, DOXM, "sct", 0),
    (Pstat, {}, "cm", 0),
    (Pstat, {}, "tm", 0),
    (Pstat, {}, "om", 0),
    (Pstat, {}, "sm", 0),
    (Credential, CREDENTIAL, "credid", 1),
    (Credential, CREDENTIAL, "credtype", 0),
    (Ace, ENTRY, "aceid", 1),
    (Crl, {}, "crlid", 0),
]


@pytest.mark.parametrize(("model", "values", "name", "least"), NUMBERS)
def test_numbers(
    model: type[msgspec.Struct], values: dict[str, object], name: str, least: int
) -> None:
    """A number is one of 32 bits, as other stacks keep them; an id begins with 1."""
    for number in (least, LARGEST):
        assert msgspec.convert({**values, name: number}, model)
    for number in (least - 1, LARGEST + 1):
        with pytest.raises(msgspec.ValidationError, match=name):
            msgspec.convert({**values, name: number}, model)


def test_methods() -> None:
    """The list of transfer methods has the same bounds."""
    with pytest.raises(msgspec.ValidationError, match="oxms"):
        msgspec.convert({**DOXM, "oxms": [-1]}, Doxm)
