"""What the four orders put on the wire: payloads, options and hellos of the tools they imitate."""

from typing import Any

import pytest
from obt_support import OWNER, FakeDevice, scene, scene_with_light

from onboardee.obt import CR3006, IOT2, LITE, PLGD, Order, run, take_ownership
from onboardee.obt.cbor import RawText, decode, encode_indefinite, encode_sorted
from onboardee.obt.errors import PayloadError
from onboardee.wire.coap import Method, Request
from onboardee.wire.dtls.hello import ClientHello
from onboardee.wire.dtls.numbers import ExtensionType

OWNER_HEX = str(OWNER).encode().hex()


def talk(order: Order) -> FakeDevice:
    """Let a tool own a device that takes notes."""
    made = scene()
    device = FakeDevice(made.network)
    made.own(order)
    return device


def script_of(device: FakeDevice) -> list[tuple[str, str, str]]:
    """Return method, path and kind of link of each request after the discovery."""
    return [
        (request.method.name, request.path, "secured" if secured else "plain")
        for request, secured in device.requests[2:]
    ]


def posts(device: FakeDevice) -> list[Request]:
    """Return the updates in order."""
    return [request for request, _ in device.requests if request.method is Method.POST]


def test_lite_payloads_are_of_indefinite_length() -> None:
    """IoTivity-Lite's tool leaves the length of maps and arrays open."""
    device = talk(LITE)
    payloads = [request.payload.hex() for request in posts(device)]
    assert "bf666f786d73656c00ff" in payloads
    assert "bf63646f73bf617302ffff" in payloads
    assert (
        "bf6563726564739fbf68637265647479706501"
        f"6b7375626a65637475756964 7824{OWNER_HEX}"
        "6b7072697661746564617461bf68656e636f64696e67746f69632e7365632e656e636f64696e672e726177"
        "6464617461 40ffffff"
        f"6a726f776e657275756964 7824{OWNER_HEX}ff"
    ).replace(" ", "") in payloads


@pytest.mark.parametrize("order", [LITE, IOT2, CR3006], ids=lambda order: order.name)
def test_options_of_careful_tools(order: Order) -> None:
    """All but one tool say which format and version they want and send; all use CON."""
    for request, _ in talk(order).requests:
        assert request.confirmable
        assert len(request.token) == 8
        assert (request.accept, request.accept_version) == (10000, 2048)
        expected = (10000, 2048) if request.payload else (None, None)
        assert (request.content_format, request.content_version) == expected


def test_options_of_plgd() -> None:
    """Plgd's tool names the format of what it sends and nothing else."""
    for request, _ in talk(PLGD).requests[2:]:
        assert (request.accept, request.accept_version, request.content_version) == (None,) * 3
        assert request.content_format == (10000 if request.payload else None)


def test_iotivity_2_adds_common_properties_everywhere() -> None:
    """IoTivity 2.x repeats `rt` and `if` in each update, and leaves the ids at zero."""
    device = talk(IOT2)
    for request in posts(device):
        body: Any = decode(request.payload)
        assert body["rt"] == [f"oic.r.{request.path.rpartition('/')[2]}"]
        assert body["if"] == ["oic.if.baseline"]
    (rules,) = device.posts("/oic/sec/acl2")
    assert rules["aclist2"][0]["aceid"] == 0
    assert rules["aclist2"][0]["resources"] == [{"href": "*", "rt": ["*"], "if": ["*"]}]
    (credentials,) = device.posts("/oic/sec/cred")
    assert credentials["creds"][0]["credid"] == 0
    assert credentials["creds"][0]["privatedata"] == {
        "data": "",
        "encoding": "oic.sec.encoding.base64",
    }
    assert device.posts("/oic/sec/pstat")[-2]["tm"] == 0


def test_plgd_sends_octets_as_text() -> None:
    """Plgd's tool sends its key as a text string that is no UTF-8, and null for no rules."""
    device = talk(PLGD)
    (credentials,) = [request for request in posts(device) if request.path == "/oic/sec/cred"]
    assert b"\x64data\x70" + device.key in credentials.payload
    assert device.posts("/oic/sec/acl2")[0]["aclist2"] is None
    (uuid,) = [body for body in device.posts("/oic/sec/doxm") if "deviceuuid" in body]
    assert uuid == {"deviceuuid": device.doxm["deviceuuid"]}


def test_order_of_lite() -> None:
    """IoTivity-Lite's tool writes ownership first and asks for the key after that."""
    expected = [
        ("GET", "/oic/sec/doxm", "plain"),
        ("POST", "/oic/sec/doxm", "plain"),
        *(
            ("POST", f"/oic/sec/{name}", "secured")
            for name in [
                "pstat",
                "doxm",
                "doxm",
                "doxm",
                "acl2",
                "pstat",
                "cred",
                "sdi",
                "doxm",
                "pstat",
            ]
        ),
        ("DELETE", "/oic/sec/acl2", "secured"),
        ("POST", "/oic/sec/acl2", "secured"),
        ("POST", "/oic/sec/pstat", "secured"),
    ]
    assert script_of(talk(LITE))[: len(expected)] == expected


def test_order_of_iotivity_2() -> None:
    """IoTivity 2.x reads more than the others, and has its rules in place before RFPRO."""
    expected = [
        ("GET", "/oic/d", "plain"),
        ("POST", "/oic/sec/doxm", "plain"),
        ("GET", "/oic/sec/doxm", "secured"),
        ("GET", "/oic/sec/pstat", "secured"),
        ("POST", "/oic/sec/pstat", "secured"),
        ("POST", "/oic/sec/doxm", "secured"),
        ("GET", "/oic/sec/doxm", "secured"),
        *(
            ("POST", f"/oic/sec/{name}", "secured")
            for name in ["cred", "acl2", "doxm", "pstat", "pstat", "pstat"]
        ),
    ]
    assert script_of(talk(IOT2))[: len(expected)] == expected


def test_order_of_plgd() -> None:
    """Plgd's tool hands over the key before it names the owner."""
    expected = [
        ("GET", "/oic/res", "plain"),
        ("GET", "/oic/sec/doxm", "plain"),
        ("POST", "/oic/sec/doxm", "plain"),
        ("GET", "/oic/sec/pstat", "secured"),
        *(("POST", f"/oic/sec/{name}", "secured") for name in ["pstat", "doxm", "cred", "doxm"]),
        ("GET", "/oic/sec/doxm", "secured"),
        *(("POST", f"/oic/sec/{name}", "secured") for name in ["pstat", "acl2", "doxm", "pstat"]),
        ("DELETE", "/oic/sec/acl2", "secured"),
        ("POST", "/oic/sec/acl2", "secured"),
        ("POST", "/oic/sec/pstat", "secured"),
    ]
    assert script_of(talk(PLGD))[: len(expected)] == expected


def test_hellos() -> None:
    """Each tool is known by its ClientHello too."""
    hellos = {}
    for order in (LITE, IOT2, PLGD):
        made, _ = scene_with_light()
        made.own(order)
        first = next(data for _, path, data in made.network.log if path.peer_port == 5684)
        hellos[order.name] = ClientHello.decode(first[25:])
    lite, iot2, plgd = hellos["lite"], hellos["iot2"], hellos["plgd"]
    assert list(lite.suites) == list(iot2.suites) == [0xFF00, 0x00FF]
    assert list(plgd.suites) == [0xFF00]
    etm, renegotiation = ExtensionType.ENCRYPT_THEN_MAC, ExtensionType.RENEGOTIATION_INFO
    assert [etm in dict(hello.extensions) for hello in (lite, iot2, plgd)] == [False, True, False]
    assert renegotiation in dict(plgd.extensions)
    assert renegotiation not in dict(lite.extensions)


def test_plgd_holds_two_sessions_at_once() -> None:
    """Plgd's second session begins, from a port of its own, before the first one ends."""
    made, device = scene_with_light()
    most = 0

    def count(_: object) -> None:
        nonlocal most
        most = max(most, len(device.sessions))

    found = made.find()
    run(take_ownership(made.transport, found, OWNER, order=PLGD, on_step=count))
    assert most == 2


def test_codec() -> None:
    """Keys are sorted at every depth, indefinite forms nest, and only one value is read."""
    assert encode_sorted({"b": [{"d": 1, "c": None}], "a": RawText(b"\xff")}).hex() == (
        "a2616161ff616281a26163f6616401"
    )
    assert encode_indefinite({"a": [{}]}).hex() == "bf61619fbfffffff"
    for bad in (b"", b"\xa1\x61", b"\x01\x01", b"\x61\xff", b"\xa2\x01\x02\x01\x03"):
        with pytest.raises(PayloadError):
            decode(bad)
