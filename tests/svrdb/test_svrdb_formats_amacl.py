"""Access managers in the databases of IoTivity 1.1 and 1.2."""

from uuid import UUID

import cbor2
from msgspec.structs import replace
from svrdb_samples import owned
from test_svrdb_formats_iotivity import exported, imported, sample

from onboardee.svrdb.formats import iotivity
from onboardee.svrdb.model.amacl import Amacl, ManagedResource

ASCII = UUID("31393139-3139-3139-3139-313931393139")
OTHER = UUID("ffeeddcc-0000-4000-8000-000000000001")
RAW = {
    "resources": {"rlist": [{"href": "/a/led", "rt": "", "if": ""}]},
    "ams": ["1919191919191919"],
    "rowneruuid": str(ASCII),
}
READ = Amacl(resources=(ManagedResource(href="/a/led"),), managers=(ASCII,), resource_owner=ASCII)


def test_access_managers_are_read_and_written_as_iotivity_keeps_them() -> None:
    """A UUID is a text of 16 octets there."""
    database = imported(sample("mfg") | {"amacl": RAW})
    assert database.amacl == READ
    assert exported(database)["amacl"] == RAW
    assert imported(exported(database)) == database


def test_a_uuid_whose_octets_are_no_text_is_named_as_lost() -> None:
    """IoTivity would copy 36 characters into 16 octets."""
    database = replace(owned(), amacl=replace(READ, managers=(ASCII, OTHER)))
    content, warnings = iotivity.encode(database, version="1.2")
    assert cbor2.loads(cbor2.loads(content)["amacl"])["ams"] == RAW["ams"]
    assert any(str(OTHER) in each for each in warnings)
