"""What plgd's simulator lacks of this device, or lets earlier: settings of the profile."""

from msgspec.structs import replace
from resource_support import (
    PLAIN,
    PLAIN_PORT,
    STRANGER,
    TRANSFER,
    World,
    in_state,
    owned,
)

from onboardee.device.simulation.profile import CoreResources, load
from onboardee.svrdb.model import State
from onboardee.wire.coap import Code, Method

MNT, CRL, CLOUD = "/oic/mnt", "/oic/sec/crl", "/CoapCloudConfResURI"
DEVSIM = load("devsim")


def test_no_reboot() -> None:
    """`rb` is refused and not shown; a factory reset is taken."""
    world = World(owned(State.RFNOP), TRANSFER, DEVSIM)
    assert world.get(MNT) == {"fr": False}
    assert world.post(MNT, {"rb": True}) is Code.BAD_REQUEST
    assert world.post(MNT, {"fr": False, "rb": True}) is Code.BAD_REQUEST
    assert world.ask(Method.POST, MNT, {"fr": True, "rb": True}) == (Code.CHANGED, {"fr": False})
    assert world.database.state is State.RESET


def test_no_revocation_list() -> None:
    """/oic/sec/crl is neither there nor listed; with the setting it is both."""
    for has_list in (True, False):
        profile = replace(load("light"), core=CoreResources(revocation_list=has_list))
        owner = World(owned(State.RFNOP), TRANSFER, profile)
        assert (owner.get(CRL) is Code.NOT_FOUND) is not has_list
        anybody = World(owned(State.RFNOP), PLAIN, profile, path=PLAIN_PORT)
        assert (CRL in {link["href"] for link in anybody.get("/oic/res")}) is has_list


def test_the_cloud_is_set_while_it_is_provisioned() -> None:
    """Whoever takes ownership writes it in RFPRO; for others it is no application resource."""
    wanted = {"apn": "plgd", "cis": "coaps+tcp://example.com:5684", "at": "t", "sid": "s"}
    for state in (State.RFPRO, State.RFNOP):
        assert World(owned(state), TRANSFER, DEVSIM).post(CLOUD, wanted) is Code.CHANGED
        # a stranger's entry is one for all that wildcards mean
        assert World(owned(state), STRANGER, DEVSIM).post(CLOUD, wanted) is Code.UNAUTHORIZED
    assert World(in_state(State.RFOTM), PLAIN, DEVSIM, path=PLAIN_PORT).get(CLOUD) is (
        Code.UNAUTHORIZED
    )
    assert World(owned(State.RFPRO), TRANSFER, DEVSIM).get("/light/1") is Code.UNAUTHORIZED


LINKS = {
    "/oic/p": ("oic.wk.p", "r baseline"),
    "/oic/d": ("oic.d.cloudDevice oic.wk.d", "r baseline"),
    "/oic/res": ("oic.wk.res", "ll b baseline"),
    "/oic/mnt": ("oic.wk.mnt", "rw baseline"),
    "/oc/con": ("oic.wk.con", "rw baseline"),
    "/oc/wk/introspection": ("oic.wk.introspection", "r baseline"),
    "/oc/swu": ("oic.r.softwareupdate", "rw baseline"),
    "/x.plgd.dev/time": ("x.plgd.dev.time", "rw baseline"),
    "/CoapCloudConfResURI": ("oic.r.coapcloudconf", "rw baseline"),
    "/light/1": ("core.light", "rw baseline"),
    "/switches": ("oic.wk.col", "ll create b baseline"),
    **{
        f"/oic/sec/{name}": (f"oic.r.{name}", "rw baseline")
        for name in ("acl2", "ael", "cred", "csr", "doxm", "pstat", "roles", "sdi", "sp")
    },
}
"""By path: types and interfaces, as `test/config.go` of plgd's client has them."""


def test_the_links_that_plgds_tests_expect() -> None:
    """Discovery lists these, with these types and interfaces in this order, and nothing else."""
    anybody = World(in_state(State.RFOTM), PLAIN, DEVSIM, path=PLAIN_PORT, has_session=False)
    found = {link["href"]: (link["rt"], link["if"]) for link in anybody.get("/oic/res")}
    assert found == {
        href: (types.split(), [f"oic.if.{name}" for name in interfaces.split()])
        for href, (types, interfaces) in LINKS.items()
    }


def test_who_it_is() -> None:
    """Name, versions and maker are those of cloud_server."""
    anybody = World(in_state(State.RFOTM), PLAIN, DEVSIM, path=PLAIN_PORT, has_session=False)
    device = anybody.get("/oic/d")
    assert {name: device[name] for name in ("n", "icv", "dmv", "dmno", "sv")} == {
        "n": "CloudServer",
        "icv": "ocf.2.0.5",
        "dmv": "ocf.res.1.3.0",
        "dmno": "CS-0",
        "sv": "1.0.1-rc1",
    }
    assert anybody.get("/oic/p")["mnmn"] == "ocfcloud.com"


def test_the_time_that_nobody_told() -> None:
    """It is empty and has no status, as on a cloud_server that was not synchronised."""
    mine = World(owned(State.RFNOP), TRANSFER, DEVSIM)
    shown = mine.get("/x.plgd.dev/time")
    assert shown == {"time": "", "lastSyncedTime": ""}
