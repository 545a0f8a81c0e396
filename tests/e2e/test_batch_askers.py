"""What one client was shown of `/oic/res` is no ground for what another one is told."""

import base64

from growing_scene import BATCH, GUEST, STRANGER, Panel

from onboardee.svrdb import Database
from onboardee.svrdb.editor import add_ace
from onboardee.svrdb.model import AceResource, Subject
from onboardee.wire.coap import Code, Method


def may_read_main(database: Database) -> Database:
    """Let the stranger read one switch, and discover."""
    return add_ace(
        database,
        subject=Subject(uuid=str(STRANGER)),
        resources=[AceResource(href="/main"), AceResource(href="/oic/res")],
        permission=2,
        aceid=77,
    )


def test_a_tag_stands_for_what_its_asker_was_shown() -> None:
    """Who names the switch's tag gets all else that it may read, and hears of nothing else."""
    panel = Panel(prepared=may_read_main)
    panel.create()
    panel.ask(Method.POST, "/main", {"value": False})
    # with the tag of the switch, which has changed last, the guest has all of this
    tags = {
        each["href"].partition("/main")[1]: each["etag"] for each in panel.get("/oic/res", BATCH)
    }
    query = "incChanges=" + base64.urlsafe_b64encode(tags["/main"]).decode().rstrip("=")
    assert panel.ask(Method.GET, "/oic/res", None, BATCH, query, uuid=GUEST)[0] is Code.VALID
    code, items = panel.ask(Method.GET, "/oic/res", None, BATCH, query, uuid=STRANGER)
    assert code is Code.CONTENT
    assert {each["href"].rpartition("/oic")[2] for each in items} == {"/p", "/d"}
    assert all(each["rep"] for each in items)
