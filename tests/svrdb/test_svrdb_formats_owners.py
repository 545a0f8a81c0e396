"""Multiple ownership in the databases of IoTivity, under the names of each version."""

from typing import Any
from uuid import UUID

import pytest
from test_svrdb_formats_iotivity import exported, imported, sample

from onboardee.svrdb.model import Owners
from onboardee.svrdb.model.owners import PREFIX

SUB_OWNER = UUID("5375624f-776e-6572-436c-69656e743030")
MARKED = "eowneruuid"


def _raw(prefix: str) -> Any:
    raw = sample("mfg")
    raw["doxm"] |= {f"{prefix}mom": 1, f"{prefix}subowneruuid": [str(SUB_OWNER)]}
    raw["cred"]["creds"][0][prefix + MARKED] = str(SUB_OWNER)
    raw["acl"]["aclist2"][0][prefix + MARKED] = str(SUB_OWNER)
    return raw


@pytest.mark.parametrize("prefix", ["", PREFIX])
def test_sub_owners_are_read_from_either_name(prefix: str) -> None:
    """Mode, sub-owners and whose entries are whose; none of it is foreign."""
    database = imported(_raw(prefix))
    assert database.owners == Owners(mode=1, sub_owners=(SUB_OWNER,))
    assert database.cred.credentials[0].entry_owner == SUB_OWNER
    assert database.acl2.entries[0].entry_owner == SUB_OWNER
    assert not any("owner" in part.place[-1] for part in database.foreign)


def test_sub_owners_are_written_as_iotivity_1_3_reads_them() -> None:
    """What was imported comes out as it came in; a device without them has no such property."""
    raw = _raw(PREFIX)
    again = exported(imported(raw))
    for name in ("mom", "subowneruuid"):
        assert again["doxm"][PREFIX + name] == raw["doxm"][PREFIX + name]
        assert PREFIX + name not in exported(imported(sample("mfg")))["doxm"]
    assert again["cred"]["creds"][0][PREFIX + MARKED] == str(SUB_OWNER)
    assert again["acl"]["aclist2"][0][PREFIX + MARKED] == str(SUB_OWNER)
