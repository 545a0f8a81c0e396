"""Devices of OIC 1.1 as IoTivity's servers of that time are: what they say, and what they lack."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import cbor2
import msgspec
import pytest
from obt_support import FAKE, HOST, NIL, OWNER, PLAIN, SECURED, FakeDevice, Scene, scene

from onboardee.device.testing import MemoryNetwork
from onboardee.obt import (
    CR3006,
    IOT2,
    OnboardingError,
    Order,
    Rule,
    Subject,
    Target,
    Unowned,
    find_unowned,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.fitting import fitting_order
from onboardee.obt.orders import OIC11, OIC110
from onboardee.obt.plans.giving import delete_credentials
from onboardee.wire.coap import Code, ContentFormat, Request, Response, message
from onboardee.wire.coap.model import Type
from onboardee.wire.dtls import CipherSuite, Offer
from onboardee.wire.path import Outgoing, Path


class OldFakeDevice(FakeDevice):
    """A device that believes everything, in the words of OIC 1.1."""

    def __init__(self, network: MemoryNetwork) -> None:
        super().__init__(network, self._old_answer)
        self.pstat = {
            "isop": False,
            "cm": 2,
            "tm": 0,
            "om": 3,
            "sm": 3,
            "deviceuuid": str(FAKE),
            "rowneruuid": NIL,
        }
        self.links: list[dict[str, Any]] = [
            {
                "href": "/oic/sec/doxm",
                "rt": ["oic.r.doxm"],
                "if": ["oic.if.baseline"],
                "p": {"bm": 1, "sec": True, "port": 5684},
            }
        ]

    def offer(self, _: object, /) -> Offer:
        """Offer the pairwise key as soon as there is one."""
        if not self.key:
            return Offer((CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,))
        uuid = UUID(self.doxm["deviceuuid"]).bytes
        psk = (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
        return Offer(psk, psk_hint=uuid, psk=lambda _: self.key)

    def _old_answer(self, _: FakeDevice, request: Request) -> Response | None:
        if request.method == 1 and request.accept == 10000:
            return Response(Code.NOT_ACCEPTABLE)
        known: dict[str, Any] = {
            "/oic/sec/doxm": self.doxm,
            "/oic/sec/pstat": self.pstat,
            "/oic/res": [{"di": str(FAKE), "links": self.links}],
        }
        if request.method == 1:
            value = known.get(request.path)
            if value is None:
                return Response(Code.NOT_FOUND)
            return Response(Code.CONTENT, cbor2.dumps(value), ContentFormat.CBOR)
        if request.path == "/oic/sec/pstat":
            self.pstat |= cbor2.loads(request.payload)
            return Response(Code.CHANGED)
        return None


class StrictOldFakeDevice(OldFakeDevice):
    """The same, with IoTivity's answer to a group that asks in today's form."""

    def receive(self, datagram: bytes, path: Path, now: float) -> list[Outgoing]:
        """Refuse what comes to a group, which our server would pass over in silence."""
        if not path.multicast:
            return super().receive(datagram, path, now)
        token = message.parse(datagram).token
        refusal = message.build(Type.NON, Code.NOT_ACCEPTABLE, 7, token, b"", b"")
        return [Outgoing(refusal, replace(path, local_host=HOST, multicast=False))]


class OldestFakeDevice(OldFakeDevice):
    """The same as IoTivity 1.1.0 has it, with what its server dies of."""

    def __init__(self, network: MemoryNetwork) -> None:
        super().__init__(network)
        self.links[0] |= {"href": "/a/led", "rt": ["core.led"]}
        self.rules: list[dict[str, Any]] = []
        self.deleted: list[tuple[str, ...]] = []

    def _old_answer(self, device: FakeDevice, request: Request) -> Response | None:
        if request.method == 1:
            if request.path == "/oic/res" and request.query:
                return Response(Code.NOT_FOUND)
            return super()._old_answer(device, request)
        if request.method == 4:
            self.deleted.append((request.path, *request.query))
            codes = (Code.DELETED, Code.NOT_FOUND, Code.BAD_REQUEST)
            return Response(codes[len(self.deleted) % 3])
        is_put = request.method == 3
        if is_put != (request.path in {"/oic/sec/doxm", "/oic/sec/pstat", "/oic/sec/cred"}):
            return Response(Code.METHOD_NOT_ALLOWED)
        body = cbor2.loads(request.payload)
        if request.path == "/oic/sec/doxm":
            self.doxm |= body if "dpc" in body else {**body, "owned": False}
            return Response(Code.CHANGED)
        if request.path == "/oic/sec/cred":
            assert isinstance(body["creds"][0]["privatedata"]["data"], bytes)
            return None
        if request.path == "/oic/sec/acl":
            self.rules += body["aclist"]["aces"]
            assert all(
                isinstance(value, str)
                for rule in self.rules
                for target in rule["resources"]
                for value in target.values()
            )
            return Response(Code.CREATED)
        return super()._old_answer(device, request)


def old_scene() -> tuple[Scene, OldFakeDevice]:
    """Make a tool and an old device."""
    made = scene()
    return made, OldFakeDevice(made.network)


def find(made: Scene) -> Unowned:
    """Ask the device as tools of OIC 1.1 do."""
    return run(find_unowned_at(made.transport, PLAIN, style=OIC11.style))


@pytest.mark.parametrize(("modes", "chosen"), [(3, 3), (4, 4), (5, 4), (7, 4)])
def test_the_mode_of_a_client(modes: int, chosen: int) -> None:
    """In IoTivity 1.1 `sm` is the number 3 of a list, which is then what `om` becomes."""
    made, device = old_scene()
    device.pstat["sm"] = modes
    owned = run(take_ownership(made.transport, find(made), OWNER, order=OIC11))
    assert owned.ownership.key == device.key
    assert [body["om"] for body in device.posts("/oic/sec/pstat")] == [chosen] * 3
    assert device.pstat["isop"]


@pytest.mark.parametrize("modes", [0, 1, 2, 8])
def test_no_mode_for_a_client(modes: int) -> None:
    """A device that no client may direct is not touched."""
    made, device = old_scene()
    device.pstat["sm"] = modes
    with pytest.raises(OnboardingError, match=r"expected the bit 4 in sm, or the number 3"):
        run(take_ownership(made.transport, find(made), OWNER, order=OIC11))
    assert not device.posts("/oic/sec/pstat")


def test_found_in_the_form_of_today() -> None:
    """A device of OIC 1.1 answers a search in today's form, and is then asked in its own."""
    made = scene()
    StrictOldFakeDevice(made.network)
    (found,) = run(find_unowned(made.transport))
    assert (found.uuid, found.secured, found.order) == (FAKE, (SECURED,), "oic11")
    assert fitting_order(found, "core.1.1.0") is OIC11


def test_devices_of_today_are_asked_once() -> None:
    """A device that answers in today's form, or fails otherwise, hears nothing of the old one."""
    made = scene()
    device = FakeDevice(made.network)
    device.link["anchor"] = "x"
    assert run(find_unowned(made.transport, rounds=1)) == []
    assert len([each for each, _ in device.requests if each.path == "/oic/res"]) == 1


def test_a_uuid_of_before_a_reset() -> None:
    """After a reset IoTivity 1.2 tells its old UUID in `/oic/res`; doxm has the new one."""
    made, device = old_scene()
    device.doxm["deviceuuid"] = str(OWNER)
    assert find(made).uuid == OWNER


def test_reset_in_the_mode_of_the_device() -> None:
    """A device with `sm` 3 is reset with `om` 3, as it refuses another."""
    made, device = old_scene()
    owned = run(take_ownership(made.transport, find(made), OWNER, order=OIC11))
    run(owned.reset())
    assert device.posts("/oic/sec/pstat")[-1] == {
        "isop": False,
        "cm": 1,
        "tm": 2,
        "om": 3,
        "rt": ["oic.r.pstat"],
        "if": ["oic.if.baseline"],
    }


def test_the_oldest_devices() -> None:
    """IoTivity 1.1.0 is found without a link to doxm, and owned and permitted with PUT."""
    made = scene()
    device = OldestFakeDevice(made.network)
    found = run(find_unowned_at(made.transport, PLAIN))
    assert (found.secured, found.order) == ((SECURED,), "oic110")
    assert fitting_order(found, "core.1.0.0") is OIC110
    owned = run(take_ownership(made.transport, found, OWNER, order=OIC110))
    assert owned.ownership.key == device.key
    assert device.doxm["owned"]
    use = Rule(subject=Subject(uuid=str(OWNER)), targets=(Target(href="/a/led"),), permission=6)
    run(owned.add_rules([use]))
    assert device.rules[-1]["resources"] == [{"href": "/a/led"}]


def test_the_oldest_devices_have_no_reset() -> None:
    """IoTivity 1.1.0 answers 2.04 to a reset and remains as it is, so none is sent."""
    made = scene()
    OldestFakeDevice(made.network)
    found = run(find_unowned_at(made.transport, PLAIN))
    owned = run(take_ownership(made.transport, found, OWNER, order=OIC110))
    with pytest.raises(OnboardingError, match=r"IoTivity 1\.1\.0 is reset at the device only"):
        run(owned.reset())


@pytest.mark.parametrize(
    ("version", "order"), [("ocf.1.1.0", IOT2), ("ocf.2.0.1", CR3006), ("", CR3006)]
)
def test_the_order_for_a_device_of_today(version: str, order: Order) -> None:
    """Devices of OCF 1 keep their rules, which they need after a reset."""
    made = scene()
    FakeDevice(made.network)
    assert fitting_order(made.find(), version) is order


def test_the_order_for_iotivity_lites_samples() -> None:
    """They say that they are of OCF 1, and would refuse what IoTivity's client sends."""
    made = scene()
    FakeDevice(made.network)
    found = made.find()
    lites = replace(found, doxm=msgspec.structs.replace(found.doxm, credential_types=329))
    assert fitting_order(lites, "ocf.1.0.0") is CR3006


def test_the_oldest_devices_show_nothing() -> None:
    """IoTivity 1.1.0 shows nobody its keys: they are deleted unseen. Its rules stay."""
    made = scene()
    device = OldestFakeDevice(made.network)
    found = run(find_unowned_at(made.transport, PLAIN))
    owned = run(take_ownership(made.transport, found, OWNER, order=OIC110))
    rule = Rule(subject=Subject(uuid=str(FAKE)), targets=(Target(href="/a/led"),), permission=6)
    assert run(owned.find_rules(rule)) == []
    for _ in range(3):
        run(owned.delete_rules_of(FAKE))
        run(delete_credentials(owned, FAKE))
    assert device.deleted == [("/oic/sec/cred", f"subjectuuid={FAKE}")] * 3
    with pytest.raises(OnboardingError, match="shows them to nobody"):
        run(owned.delete_rules_like(rule))
