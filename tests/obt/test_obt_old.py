"""Devices of OIC 1.1 as IoTivity's servers of that time are: what they say, and what they lack."""

from typing import Any
from uuid import UUID

import cbor2
import pytest
from obt_support import FAKE, NIL, OWNER, PLAIN, FakeDevice, Scene, scene

from onboardee.device.testing import MemoryNetwork
from onboardee.obt import OnboardingError, Unowned, find_unowned_at, run, take_ownership
from onboardee.obt.orders import OIC11
from onboardee.wire.coap import Code, ContentFormat, Request, Response
from onboardee.wire.dtls import CipherSuite, Offer


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
