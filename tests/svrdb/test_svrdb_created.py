"""Resources that clients created, as the database keeps and checks them."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from msgspec.structs import replace
from svrdb_samples import owned

from onboardee.svrdb import CBOR, JSON, Codec, advise, repair
from onboardee.svrdb.editor import append, get, put, remove
from onboardee.svrdb.editor.errors import MalformedError
from onboardee.svrdb.findings import ProblemCode
from onboardee.svrdb.model import MAX_CREATED, Created, CreatedResource, Database
from onboardee.svrdb.repairs import RepairMeans

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def made(number: int, **changes: object) -> CreatedResource:
    """Make one of a collection."""
    resource = CreatedResource(
        href=f"/lamps/{number}",
        collection="/lamps",
        types=("oic.r.light.dimming",),
        interfaces=("oic.if.a", "oic.if.baseline"),
        policies=3,
        instance=number,
        values={"dimmingSetting": 40, "range": [0, 100], "step": 0.5, "on": True},
    )
    return replace(resource, **changes)


def having(*resources: CreatedResource) -> Database:
    """Make an owned device in which these were created."""
    return replace(owned(), created=Created(resources=resources))


@pytest.mark.parametrize("codec", [JSON, CBOR])
def test_both_forms_keep_all_of_it(codec: Codec) -> None:
    """What is written is read back the same, values of each type included."""
    database = having(made(1), made(2, name="Hall", aceid=7, policies=0))
    assert codec.decode(codec.encode(database)) == database


BAD = [
    (made(1), "has the path of another one"),
    (made(2, instance=1), "has the number 1 of another link of /lamps"),
    (made(2, href="/other/2"), "is not below its collection /lamps"),
    (made(2, href="/oic/2", collection="/oic"), "has a path that belongs to the device itself"),
    (made(2, values={"text": "x" * 2049}), "has values of more than 2048 octets"),
]


@pytest.mark.parametrize(("bad", "why"), BAD)
def test_check_names_what_cannot_be_served(bad: CreatedResource, why: str) -> None:
    """`svr check` says what is wrong with one, and repairs it by removing that one."""
    database = having(made(1), bad)
    (found,) = (each for each in advise(database, NOW) if each.code is ProblemCode.BAD_CREATED)
    assert found.sentence == f"The created resource {bad.href} {why}."
    mended = repair(database, RepairMeans(NOW, uuid4), {ProblemCode.BAD_CREATED})
    assert mended.created.resources == (made(1),)


def test_the_editor_knows_them() -> None:
    """People read, change and remove one by its number, and add no more than there is room for."""
    database = having(made(1))
    path = "created.resources[ins=1]"
    assert get(database, f"{path}.rep")["range"] == [0, 100]
    assert put(database, f"{path}.n", "Hall").created.resources == (made(1, name="Hall"),)
    assert remove(database, path).created.resources == ()
    full = having(*(made(number) for number in range(1, MAX_CREATED + 1)))
    with pytest.raises(MalformedError):
        append(
            full,
            "created.resources",
            '{"href": "/lamps/0", "collection": "/lamps", '
            '"rt": ["x.y"], "if": ["oic.if.a"], "bm": 3, "ins": 999}',
        )
