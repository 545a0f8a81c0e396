"""Which property may be written in which state, cell by cell, over which connection."""

import pytest

from onboardee.device.access.rights import OCF, why_not_writable
from onboardee.device.resources.oic_1_1 import OIC_1_1
from onboardee.svrdb.model import Right, State

TABLE = """
property               RESET RFOTM RFPRO RFNOP SRESET
doxm.oxms              R     R     R     R     R
doxm.oxmsel            R     RW    R     R     R
doxm.sct               R     R     R     R     R
doxm.owned             R     RW    R     R     R
doxm.deviceuuid        R     RW    R     R     R
doxm.devowneruuid      R     RW    R     R     R
doxm.rowneruuid        R     RW    R     R     RW
pstat.dos              R     RW    RW    RW    RW
pstat.isop             R     R     R     R     R
pstat.cm               R     R     R     R     R
pstat.tm               R     RW    RW    RW    RW
pstat.om               R     RW    RW    RW    RW
pstat.sm               R     R     R     R     R
pstat.rowneruuid       R     RW    R     R     RW
cred.creds             R     RW    RW    R     RW
cred.rowneruuid        R     RW    R     R     RW
acl2.aclist2           R     RW    RW    R     RW
acl2.rowneruuid        R     RW    R     R     RW
crl.crlid              R     RW    RW    R     RW
crl.thisupdate         R     RW    RW    R     RW
crl.crldata            R     RW    RW    R     RW
ael.categoryfilter     R     RW    RW    R     RW
ael.priorityfilter     R     RW    RW    R     RW
sp.currentprofile      R     RW    RW    R     RW
sp.supportedprofiles   R     RW    RW    R     RW
sdi.uuid               R     RW    R     R     R
sdi.name               R     RW    RW    R     RW
sdi.priv               R     RW    RW    R     RW
pconf.edp              R     RW    RW    RW    RW
pconf.prm              R     RW    RW    RW    RW
pconf.pin              R     RW    RW    RW    RW
pconf.pdacl            R     RW    RW    RW    RW
pconf.pddev            R     R     R     R     R
pconf.rowneruuid       R     RW    R     R     RW
"""

HEADER, *ROWS = [line.split() for line in TABLE.splitlines() if line]
CELLS = [
    (row[0], State[state], cell)
    for row in ROWS
    for state, cell in zip(HEADER[1:], row[1:], strict=True)
]


def test_the_table_knows_all_writable_properties() -> None:
    """No property is writable that the table here does not list."""
    writable = {f"{name}.{key}" for name, rights in OCF.rights.items() for key in rights}
    assert writable == {row[0] for row in ROWS if "RW" in row}


@pytest.mark.parametrize(("name", "state", "cell"), CELLS)
def test_every_cell_of_the_table(name: str, state: State, cell: str) -> None:
    """Over the right connection, exactly the RW cells may be written."""
    resource, _, key = name.partition(".")
    is_selection = name == "doxm.oxmsel"
    why = why_not_writable(
        resource, key, state, secured=not is_selection, owns_transfer=not is_selection
    )
    assert (why is None) is (cell == "RW")


@pytest.mark.parametrize("name", [row[0] for row in ROWS if row[2] == "RW"])
@pytest.mark.parametrize(
    ("connection", "secured", "owns_transfer"),
    [("plain", False, False), ("secured", True, False), ("ownership", True, True)],
)
def test_while_there_is_no_owner_the_connection_matters(
    name: str, connection: str, secured: bool, owns_transfer: bool
) -> None:
    """In RFOTM the method is chosen in plain, everything else over the ownership connection."""
    resource, _, key = name.partition(".")
    why = why_not_writable(resource, key, State.RFOTM, secured=secured, owns_transfer=owns_transfer)
    expected = "plain" if name == "doxm.oxmsel" else "ownership"
    assert (why is None) is (connection == expected)


@pytest.mark.parametrize("name", [row[0] for row in ROWS if row[5] == "RW"])
def test_later_any_authorised_peer_may_repair(name: str) -> None:
    """In SRESET the gate alone decides who writes."""
    resource, _, key = name.partition(".")
    why = why_not_writable(resource, key, State.SRESET, secured=True, owns_transfer=False)
    assert why is None


WIDER = """
property          RESET RFOTM  RFPRO RFNOP SRESET
pstat.om          R     EITHER RW    RW    RW
cred.creds        R     RW     RW    RW    RW
acl.aclist        R     RW     RW    RW    RW
acl.rowneruuid    R     RW     R     R     RW
amacl.resources   R     RW     RW    RW    RW
amacl.ams         R     RW     RW    RW    RW
amacl.rowneruuid  R     RW     R     R     RW
"""
WIDER_CELLS = [
    (row[0], State[state], cell)
    for row in (line.split() for line in WIDER.splitlines()[2:])
    for state, cell in zip(HEADER[1:], row[1:], strict=True)
]


def listed(rights: object) -> dict[str, Right]:
    """Return rights by resource and property."""
    assert isinstance(rights, dict)
    return {f"{name}.{key}": right for name, row in rights.items() for key, right in row.items()}


def test_oic_1_1_widens_what_the_table_here_lists() -> None:
    """Everything else is as for the tools of today."""
    today, old = listed(OCF.rights), listed(OIC_1_1.rights)
    changed = {name for name, right in old.items() if today.get(name) != right}
    assert changed == {name for name, _, _ in WIDER_CELLS}
    assert today.keys() <= old.keys()


@pytest.mark.parametrize(("name", "state", "cell"), WIDER_CELLS)
@pytest.mark.parametrize("owns_transfer", [True, False], ids=["transfer", "unsecured"])
def test_every_cell_of_oic_1_1(name: str, state: State, cell: str, *, owns_transfer: bool) -> None:
    """In RFOTM the mode alone may also be written in the clear."""
    resource, _, key = name.partition(".")
    why = why_not_writable(
        resource,
        key,
        state,
        secured=owns_transfer,
        owns_transfer=owns_transfer,
        rights=OIC_1_1.rights,
    )
    is_closed = cell == "R" or (state is State.RFOTM and cell == "RW" and not owns_transfer)
    assert (why is not None) is is_closed


def test_a_session_of_another_chooses_no_mode_before_the_transfer() -> None:
    """Secured and not the ownership connection is neither of the two ways."""
    rights = OIC_1_1.rights
    why = why_not_writable(
        "pstat", "om", State.RFOTM, secured=True, owns_transfer=False, rights=rights
    )
    assert why is not None
