"""What firewalls do to a search, as the doctor reads their rules."""

import json

import pytest

from onboardee.device.doctor.finding import Verdict
from onboardee.device.doctor.firewall import from_iptables, from_nft, judged

IPTABLES = {
    "an open one": (":INPUT ACCEPT [0:0]", Verdict.WELL),
    "a closed one": (":INPUT DROP [0:0]", Verdict.FAULT),
    "closed but for the port": (
        ":INPUT DROP [0:0]\n-A INPUT -p udp -m udp --dport 5683 -j ACCEPT",
        Verdict.WELL,
    ),
    "closed but for a range": (
        ":INPUT DROP [0:0]\n-A INPUT -p udp -m multiport --dports 22,5000:6000 -j ACCEPT",
        Verdict.WELL,
    ),
    "closed but for another port": (
        ":INPUT DROP [0:0]\n-A INPUT -p udp -m udp --dport 53 -j ACCEPT",
        Verdict.FAULT,
    ),
    "closed but for answers": (
        ":INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        Verdict.FAULT,
    ),
    "closed but for loopback": (":INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT", Verdict.FAULT),
    "closed but for one network": (
        ":INPUT DROP [0:0]\n-A INPUT -s 192.0.2.0/24 -p udp -j ACCEPT",
        Verdict.HINT,
    ),
    "a rule against multicast": (
        ":INPUT ACCEPT [0:0]\n-A INPUT -m pkttype --pkt-type multicast -j DROP",
        Verdict.FAULT,
    ),
    "a rule against one sender": (
        ":INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.1/32 -j REJECT",
        Verdict.HINT,
    ),
    "a rule against TCP": (":INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j DROP", Verdict.WELL),
    "a rule against all but TCP": (":INPUT ACCEPT [0:0]\n-A INPUT ! -p tcp -j DROP", Verdict.FAULT),
    "a chain that lets it in": (
        ":INPUT DROP [0:0]\n:own - [0:0]\n-A INPUT -j own\n-A own -p udp --dport 5683 -j ACCEPT",
        Verdict.WELL,
    ),
    "a chain that returns": (
        (
            ":INPUT ACCEPT [0:0]\n:own - [0:0]\n-A INPUT -j own\n"
            "-A own -p udp -j RETURN\n-A own -j DROP"
        ),
        Verdict.WELL,
    ),
    "a chain that refuses": (
        ":INPUT ACCEPT [0:0]\n:own - [0:0]\n-A INPUT -g own\n-A own -j REJECT",
        Verdict.FAULT,
    ),
    "chains in a circle": (
        ":INPUT ACCEPT [0:0]\n:own - [0:0]\n-A INPUT -j own\n-A own -j own",
        Verdict.WELL,
    ),
    "another hook": (":INPUT ACCEPT [0:0]\n:OUTPUT DROP [0:0]", Verdict.WELL),
}


@pytest.mark.parametrize("rules", IPTABLES)
def test_rules_of_iptables_are_followed_as_the_kernel_does(rules: str) -> None:
    """A search is let in, dropped, or perhaps dropped where a condition is not understood."""
    said, verdict = IPTABLES[rules]
    assert judged("IPv4", from_iptables(said)).verdict is verdict


def _match(left: object, right: object, op: str = "==") -> dict[str, object]:
    return {"match": {"op": op, "left": left, "right": right}}


UDP_PORT = {"payload": {"protocol": "udp", "field": "dport"}}
STATE = {"ct": {"key": "state"}}
PROTOCOL = {"meta": {"key": "l4proto"}}
MARK_BITS: dict[str, object] = {"&": [{"meta": {"key": "mark"}}, 0x8000]}
TWO_VALUES: dict[str, object] = {"concat": [{"meta": {"key": "iifname"}}, STATE]}
ACCEPT: dict[str, object] = {"accept": None}
DROP: dict[str, object] = {"drop": None}

NFT = {
    "no rule": ("accept", [], Verdict.WELL),
    "a closed chain": ("drop", [], Verdict.FAULT),
    "closed but for the port": ("drop", [[_match(UDP_PORT, 5683), ACCEPT]], Verdict.WELL),
    "closed but for a set": (
        "drop",
        [[_match(UDP_PORT, {"set": [53, 5683]}), ACCEPT]],
        Verdict.WELL,
    ),
    "closed but for a range": (
        "drop",
        [[_match(UDP_PORT, {"range": [5000, 6000]}), ACCEPT]],
        Verdict.WELL,
    ),
    "closed but for a named set": ("drop", [[_match(UDP_PORT, "@open"), ACCEPT]], Verdict.HINT),
    "closed but for answers": (
        "drop",
        [[_match(STATE, {"set": ["established", "related"]}, "in"), ACCEPT]],
        Verdict.FAULT,
    ),
    "all but this port": ("accept", [[_match(UDP_PORT, 5683, "!="), DROP]], Verdict.WELL),
    "UDP refused": ("accept", [[_match(PROTOCOL, "udp"), {"reject": None}]], Verdict.FAULT),
    "counted, then dropped": ("accept", [[{"counter": {}}, DROP]], Verdict.FAULT),
    "limited": ("accept", [[{"limit": {"rate": 5}}, DROP]], Verdict.HINT),
    "dropped by a mark": ("accept", [[_match(MARK_BITS, 0x8000), DROP]], Verdict.HINT),
    "dropped by two values": ("accept", [[_match(TWO_VALUES, ["x", "y"]), DROP]], Verdict.HINT),
    "a chain that lets it in": ("drop", [[{"jump": {"target": "own"}}]], Verdict.WELL),
}


def _ruleset(policy: str, rules: list[list[dict[str, object]]]) -> str:
    place = {"family": "inet", "table": "filter"}
    items: list[dict[str, object]] = [
        {"metainfo": {"version": "1.0.6"}},
        {"chain": {**place, "name": "input", "type": "filter", "hook": "input", "policy": policy}},
        {"chain": {**place, "name": "own"}},
        {"rule": {**place, "chain": "own", "handle": 9, "expr": [_match(UDP_PORT, 5683), ACCEPT]}},
    ]
    items += [
        {"rule": {**place, "chain": "input", "handle": number, "expr": expr}}
        for number, expr in enumerate(rules)
    ]
    return json.dumps({"nftables": items})


@pytest.mark.parametrize("rules", NFT)
def test_rules_of_nftables_are_followed_as_the_kernel_does(rules: str) -> None:
    """A search is let in, dropped, or perhaps dropped where a condition is not understood."""
    policy, chains, verdict = NFT[rules]
    assert judged("IPv6", from_nft(_ruleset(policy, chains), ("ip6", "inet"))).verdict is verdict


def test_what_drops_a_search_is_named() -> None:
    """By the rule as it was read, or as the policy of its chain."""
    rule = "-A INPUT -p udp -j DROP"
    assert rule in judged("IPv4", from_iptables(f":INPUT ACCEPT [0:0]\n{rule}")).says
    assert "policy of chain INPUT" in judged("IPv4", from_iptables(":INPUT DROP [0:0]")).says


def test_rules_that_are_none_count_as_no_firewall() -> None:
    """What the tool printed may be anything."""
    assert judged("IPv4", from_nft("nft: command failed", ("ip",))).verdict is Verdict.WELL
