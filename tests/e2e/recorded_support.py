"""The table of differences between this device and the recorded one, and the document made of it.

`python tests/e2e/recorded_support.py` rewrites `docs/differences.md`.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from iotivity_replay import DIFFERENCES, TOOLS
from iotivity_replay import played as tool_played
from pairing_differences import pairing_section
from recorded_compare import ABSENT, Finding
from recorded_replay import probed, replayed
from recorded_stage import recordings
from recorded_table import Difference, rows

DOCUMENT = Path(__file__).parents[2] / "docs" / "differences.md"
STATES = ("unowned", "owned")
CONVERSATIONS = {
    "just works": "discovery, ownership transfer by Just Works, discovery as owner",
    "provisioning": (
        "the same, then access rules of all kinds, a deleted rule, a pairwise credential, restarts "
        "of the device and of the tool, a reset, discovery after it"
    ),
    "pairing": (
        "a second device: ownership, a pairwise credential and its deletion, a reset over IPv6"
    ),
}


DOXM = ("*GET /oic/sec/doxm",)
RES = ("GET /oic/res",)

TABLE = (
    Difference(
        ("*",),
        ("CBOR",),
        "indefinite length",
        "definite length",
        "Both are CBOR for the same value; definite lengths are shorter.",
    ),
    Difference(
        ("*GET *",),
        ("option ETag",),
        ABSENT,
        "(the tag of the representation)",
        "Every representation has an entity tag, also one that fits a single message; "
        "IoTivity-Lite has that since 2023, as an option of its build.",
    ),
    Difference(
        DOXM,
        ("oxms",),
        "[0, 1]",
        "[0]",
        "The list holds the methods that the profile offers.",
    ),
    Difference(
        DOXM,
        ("sct",),
        "329",
        "9",
        "Pairwise keys and certificates are what the device keeps; the recorded one also claims "
        "OSCORE.",
    ),
    Difference(
        ("*GET /oic/sec/doxm",),
        ("deviceuuid",),
        "(a new random UUID after a reset)",
        "(the UUID it left the factory with)",
        "After a reset a test finds its device again. A profile can ask for a new UUID "
        "(`ownership: {uuid: new}`).",
        "rediscover",
    ),
    Difference(
        ("GET /oic/d", "GET /oic/res"),
        ("di", "link /oic/sec/doxm, anchor"),
        "(a new random UUID after a reset)",
        "(the UUID it left the factory with)",
        "The same UUID, where it is shown elsewhere.",
        "rediscover",
    ),
    Difference(
        ("GET /oic/sec/acl2", "GET /oic/sec/cred"),
        ("aclist2, #*, aceid", "creds, #*, credid"),
        "(a random number)",
        "(the smallest number that is free)",
        "Any unused number will do; small ones are easier to read and to type.",
    ),
    Difference(
        ("multicast GET /oic/res",),
        ("type",),
        "CON",
        "NON",
        "A non-confirmable request gets a non-confirmable answer (RFC 7252 5.2.3).",
    ),
    Difference(
        RES,
        ("response",),
        "empty ACK, then CON",
        "piggybacked",
        "The last block is at hand like all the others, so it travels in the ACK, too.",
    ),
    Difference(
        RES,
        ("option Accept", "option 2049"),
        "(repeated from the request, in separate responses)",
        ABSENT,
        "Both options belong to requests.",
    ),
    Difference(
        RES,
        ("*link /oc/wk/introspection",),
        "present",
        ABSENT,
        "It has another path here; clients find it by its type.",
    ),
    Difference(
        RES,
        ("*link /oic/introspection",),
        ABSENT,
        "present",
        "The same resource.",
    ),
    Difference(
        ("GET /oc/wk/introspection",),
        ("code",),
        "4.01",
        "4.04",
        "What does not exist is not found, whoever asks.",
    ),
    Difference(
        RES,
        ("*link /oic/sec/crl",),
        ABSENT,
        "present",
        "The list of revoked certificates is optional.",
    ),
    Difference(
        RES,
        ("*link /oic/mnt",),
        ABSENT,
        "present",
        "The maintenance resource lets a tool reset or restart the device.",
    ),
    Difference(
        RES,
        ("*link /oic/d, p, bm",),
        "1",
        "3",
        "The device resource can be observed: its `di` changes during a transfer.",
    ),
    Difference(
        RES,
        ("*link /oic/res, p, bm",),
        "1",
        "3",
        "The list of resources can be observed; with IoTivity-Lite that is an option of its build.",
    ),
    Difference(
        ("GET /oic/p",),
        ("x.org.iotivity.version",),
        "33686800",
        ABSENT,
        "A property of that stack only.",
    ),
    Difference(
        ("GET /oic/d",),
        ("code",),
        "4.06",
        "2.05",
        "Accept 60, plain CBOR, is answered in that format, as generic CoAP tools expect.",
    ),
    Difference(
        ("GET /.well-known/core",),
        ("code",),
        "4.04",
        "4.06",
        "The resource exists here, in link format only (RFC 6690), and the request wants CBOR.",
    ),
    Difference(
        ("empty CON",),
        ("type",),
        "ACK",
        "RST",
        "An empty confirmable message, a ping, is answered with a Reset (RFC 7252 4.2).",
    ),
)


@cache
def all_findings() -> tuple[Finding, ...]:
    """Return every difference in every recording."""
    from_conversations = [
        finding for name in CONVERSATIONS for finding in replayed(name).comparison.findings
    ]
    from_probes = [
        finding for state in STATES for found in probed(state).values() for finding in found
    ]
    return (*from_conversations, *from_probes)


def unlisted(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that no line of the table covers."""
    return [finding for finding in findings if not any(line.covers(finding) for line in TABLE)]


def document() -> str:
    """Write the table for readers."""
    lines = [
        "# How this device differs from IoTivity-Lite's sample device",
        "",
        "Conversations between IoTivity-Lite's onboarding tool and its sample device",
        "`simpleserver` were recorded. The tests play the tool's part again, octet for octet, to a",
        "simulated device with a profile like the sample's, and compare the answers: message type,",
        "code, options and every value of the payload. What follows is all that differs.",
        "",
        *(f"* {_conversation(name)}" for name in CONVERSATIONS),
        f"* {_probes()}",
        "",
        "Two things are not as recorded: a DELETE names an entry by the number that it has here,",
        "and in *pairing* the tool, which chose Random PIN, chooses Just Works. The recorded steps",
        "that provision certificates are left out.",
        "",
        *rows(TABLE),
        "",
        *_tools(),
        *pairing_section(),
        "`tests/e2e/recorded_support.py` makes this page; an answer that differs in any other way",
        "fails the tests, and so does a line above that no recording needs.",
        "",
    ]
    return "\n".join(lines)


def _tools() -> list[str]:
    counts = [
        f"* **{tool}** ({len(tool_played(tool).answers)} requests), with `compat: {preset}`"
        for tool, preset in TOOLS.items()
    ]
    return [
        "## The provisioning clients of IoTivity",
        "",
        "The requests of two more tools were recorded. Each is played to a light with the preset",
        "of the tool, and answered with the code that the sample server of the same version gave,",
        "and with its effect: ownership, credentials, rules and reset are looked up afterwards.",
        "",
        *counts,
        "",
        "| Tool | Request | Its own server | This device | Why |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {line.tool} | `{line.request}` | `{line.reference}` | `{line.ours}` | "
            f"{line.reason} |"
            for line in DIFFERENCES
        ),
        "",
    ]


def _conversation(name: str) -> str:
    exchanges = replayed(name).exchanges
    count = sum(len(exchange.requests) for exchange in exchanges)
    return f"**{name}** ({count} datagrams of the tool): {CONVERSATIONS[name]}"


def _probes() -> str:
    count = len(recordings()["probes"]["unowned"]["answers"])
    return f"**probes** ({count} requests, twice): plain requests, before and after the transfer"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
