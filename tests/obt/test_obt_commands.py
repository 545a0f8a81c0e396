"""The commands of `onboardee obt` on several devices, as a person or a script types them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as with_fields
from obt_home import Home, peers, subjects

from onboardee.device.simulation.profile import OwnerTransferMethod, Profile, load
from onboardee.device.testing.threaded import DeviceThread


def test_link_and_unlink(home: Home) -> None:
    """Two devices get a key and rules; the status tells; unlinked they have nothing of it."""
    kitchen, hall = (each["uuid"] for each in home.json("ls"))
    said = home.obt("link", "kit", "hall", "--on", "/light/switch", "--permit", "RU")
    assert "kitchen and" in said.stdout
    assert "4/4 add rule" in said.stderr
    assert hall in peers(home, "kitchen")
    assert kitchen in peers(home, "hall")
    assert hall in subjects(home, "kitchen")
    (rule,) = (
        each for each in home.json("rules", "hall") if each["subject"].get("uuid") == kitchen
    )
    assert (rule["permission"], rule["resources"]) == (6, [{"href": "/light/switch"}])
    assert home.json("linked", "kitchen")["linked_with"] == [hall]
    assert "hall" in home.obt("linked", "kitchen").stdout
    assert home.json("ls")[0]["linked_with"] == [hall]
    assert "linked already" in home.obt("link", "kitchen", "hall", code=1).output
    assert home.json("unlink", "kitchen", "hall")["unlinked"] == [kitchen, hall]
    assert hall not in peers(home, "kitchen") + subjects(home, "kitchen")
    assert kitchen not in peers(home, "hall") + subjects(home, "hall")
    assert "linked with nobody" in home.obt("linked", "kitchen").stdout
    assert "not linked" in home.obt("unlink", "kitchen", "hall", code=1).output
    kinds = [(each["kind"], each["result"]) for each in home.json("history")]
    assert kinds == [("unlink", "done"), ("link", "done"), ("own", "done"), ("own", "done")]


def test_credentials_only(home: Home) -> None:
    """Without rules, and with a key of 256 bits."""
    home.obt("link", "kitchen", "hall", "--credentials-only", "--bits", "256")
    _, hall = (each["uuid"] for each in home.json("ls"))
    sides = home.json("linked", "hall")["credentials"]
    assert [each["bits"] for each in sides] == [256, 256]
    assert all(each["credid"] for each in sides)
    assert hall not in subjects(home, "kitchen")
    assert (
        "exclude"
        in home.obt("link", "kitchen", "hall", "--credentials-only", "--on", "/x", code=2).output
    )


def test_remove(home: Home) -> None:
    """A removed device is forgotten, and the other one has nothing for it."""
    home.obt("link", "kitchen", "hall")
    kitchen, _ = (each["uuid"] for each in home.json("ls"))
    said = home.obt("remove", "kitchen")
    assert "is removed" in said.stdout
    assert [each["name"] for each in home.json("ls")] == ["hall"]
    assert kitchen not in peers(home, "hall") + subjects(home, "hall")


def test_reset(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that is reset has no owner, and the other one nothing for it."""
    home.obt("link", "kitchen", "hall")
    kitchen, _ = (each["uuid"] for each in home.json("ls"))
    home.obt("reset", "kitchen")
    assert kitchen not in peers(home, "hall") + subjects(home, "hall")
    # it is silent for a while
    monkeypatch.setattr("onboardee.device.cli.reaching.PATIENCE", 10.0)
    assert "ours" in home.obt("own", home.lights[0].coap).output
    assert "already owned" in home.obt("own", home.lights[0].coap, code=1).output


def test_a_device_that_is_away(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it still has is remembered; the command that deletes it is named, and does."""
    home.obt("link", "kitchen", "hall")
    kitchen, _ = (each["uuid"] for each in home.json("ls"))
    with home.database() as database:
        record = database.devices.find("hall")
        away = type(record.secured[0])("127.0.0.1", 9)

        database.devices.put(replace(record, secured=(away,), plain=away))
    with monkeypatch.context() as hurried:
        hurried.setattr("onboardee.device.cli.reaching.PATIENCE", 0.3)
        said = home.obt("remove", "kitchen", code=3)
        assert "`onboardee obt resume 4` does what remains" in said.stderr
        assert [each["state"] for each in home.json("ls")] == ["removing", "owned"]
        assert "operation 4 (remove" in home.obt("read", "kitchen", "/light/switch").stderr
        assert "remain unfinished" in home.obt("resume", code=3).stderr
    with home.database() as database:
        database.devices.put(record)
    assert home.json("resume")[0]["result"] == "done"
    assert [each["name"] for each in home.json("ls")] == ["hall"]
    assert kitchen not in peers(home, "hall") + subjects(home, "hall")
    assert "has ended: done" in home.obt("resume", "4", code=1).output


def test_forget(home: Home) -> None:
    """A vanished device is forgotten, but not while others have something for it."""
    home.obt("link", "kitchen", "hall")
    assert "`onboardee obt remove" in home.obt("forget", "kitchen", code=1).output
    home.obt("forget", "kitchen", "--force")
    assert [each["name"] for each in home.json("ls")] == ["hall"]
    assert home.json("linked", "hall")["credentials"] == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--anonymous"], {"subject": {"conntype": "anon-clear"}}),
        (["--authenticated"], {"subject": {"conntype": "auth-crypt"}}),
        (["--role", "cook@home"], {"subject": {"role": "cook", "authority": "home"}}),
        (
            ["--anonymous", "--validity", "20260101T080000Z/P1D", "--recurrence", "FREQ=DAILY"],
            {"validity": [{"period": "20260101T080000Z/P1D", "recurrence": ["FREQ=DAILY"]}]},
        ),
        (
            ["--anonymous", "--rt", "oic.r.switch.binary"],
            {"resources": [{"wc": "*", "rt": ["oic.r.switch.binary"]}]},
        ),
    ],
)
def test_allow(home: Home, options: list[str], expected: dict[str, Any]) -> None:
    """Rules for everybody, a role or a connection, with filters and times, arrive as meant."""
    home.obt("allow", "kitchen", *options, "--on", "*", "--permit", "RN")
    rule = home.json("rules", "kitchen")[-1]
    assert rule["permission"] == 18
    assert {name: rule[name] for name in expected} == expected
    again = home.obt("allow", "kitchen", *options, "--on", "*", "--permit", "RN", code=1)
    assert "this rule already" in again.output


def test_given_up(home: Home) -> None:
    """Whoever does not answer the question for the PIN leaves nothing unfinished."""
    light = home.stack.enter_context(DeviceThread(with_pin()))
    said = home.obt("own", light.coap, code=1, given="")
    assert "PIN shown by the device" in said.stderr
    assert home.json("history")[0]["message"] == "it was given up"
    assert "unfinished" not in home.obt("db", "check").output


def with_pin() -> Profile:
    """Return a light that is owned with a PIN only."""
    light = load("light")
    methods = (OwnerTransferMethod.RANDOM_PIN,)
    return with_fields(light, ownership=with_fields(light.ownership, methods=methods))


def test_names(home: Home) -> None:
    """A device is called as its owner calls it; no two have the same name."""
    home.obt("name", "hall", "Gästebad")
    assert home.json("read", "gäste", "/light/switch") == {"value": False}
    assert "is called kitchen" in home.obt("name", "gäste", "Kitchen", code=1).output
    assert "visible characters" in home.obt("name", "gäste", "a\nb", code=2).output


def test_queries(home: Home) -> None:
    """A query behind a path reaches the device."""
    plain = home.json("read", "kitchen", "/light/switch")
    baseline = home.json("read", "kitchen", "/light/switch?if=oic.if.baseline")
    assert "rt" not in plain
    assert "oic.r.switch.binary" in baseline["rt"]
    home.obt("update", "kitchen", "/light/switch?if=oic.if.a", '{"value": true}')
    assert home.json("read", "kitchen", "/light/switch") == {"value": True}
    assert "4.0" in home.obt("read", "kitchen", "/light/switch?if=nonsense", code=1).output


def test_observe(home: Home) -> None:
    """The first state is the present one; it ends when it was asked to."""
    said = home.obt("observe", "kitchen", "/light/switch", "--count", "1")
    assert json.loads(said.stdout) == {"value": False}
    said = home.obt("observe", "kitchen", "/light/switch", "--for", "0.5")
    assert len(said.stdout.splitlines()) == 1


def test_nothing_was_given(home: Home) -> None:
    """An error is one sentence and names what is wrong."""
    assert (
        "one of --device" in home.obt("allow", "hall", "--on", "*", "--permit", "R", code=2).output
    )
    assert (
        "none of the letters"
        in home.obt("allow", "hall", "--anonymous", "--on", "*", "--permit", "X", code=2).output
    )
    assert "knows no device" in home.obt("link", "attic", "hall", code=1).output
    assert "name a TARGET" in home.obt("own", code=2).output
    assert "4.04" in home.obt("read", "hall", "/nothing", code=1).output
