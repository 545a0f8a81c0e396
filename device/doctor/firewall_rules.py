"""The rules of a firewall, read from what its own programs print, in one shape.

nftables (`nft --json list ruleset`, libnftables-json(5)) and older iptables (`iptables-save`) say
the same in different words. Here both become chains of rules, each with the one thing that matters:
whether it applies to a search, which is a new UDP datagram from elsewhere to a group, port 5683. A
condition that is not understood counts as unknown, never as met or as not met.
"""

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

PORT: Final = 5683
"""CoAP's port (RFC 7252 12.6), to which searches go."""

Applies: TypeAlias = bool | None
"""Whether a condition holds for a search; `None` where that is not known."""


@dataclass(frozen=True, slots=True)
class FirewallRule:
    """What happens under which conditions: `verdict` is accept, drop, return, jump or goto."""

    applies: Applies
    verdict: str
    target: str = ""
    """The chain that is jumped to."""
    shown: str = ""
    """How the rule is called in a sentence."""


@dataclass(slots=True)
class Chain:
    """A chain of rules. `policy` is what happens at its end, `hooked` whether packets enter it."""

    name: str
    policy: str = "accept"
    """What becomes of a packet that no rule decides about."""
    hooked: bool = False
    """Whether packets that come in enter here; else only jumps lead here."""
    rules: list[FirewallRule] = field(default_factory=list)


Chains: TypeAlias = dict[str, Chain]
"""Chains by name, with family and table in front where names repeat."""


def from_nft(said: str, families: Iterable[str]) -> Chains:
    """Read what `nft --json list ruleset` prints. What is no such output has no chains."""
    try:
        items = json.loads(said)["nftables"]
    except (ValueError, KeyError, TypeError):
        return {}
    chains: Chains = {}
    for item in items:
        if (chain := item.get("chain")) and chain["family"] in families:
            hooked = chain.get("hook") in {"input", "prerouting"} and chain.get("type") != "nat"
            name = _nft_name(chain, chain["name"])
            chains[name] = Chain(chain["name"], chain.get("policy", "accept"), hooked)
        elif (rule := item.get("rule")) and rule["family"] in families:
            made = _nft_rule(rule)
            if made is not None:
                chains[_nft_name(rule, rule["chain"])].rules.append(made)
    return chains


def _nft_name(item: Mapping[str, Any], chain: str) -> str:
    """Return a chain's name with its table, as names are used again in other tables."""
    return f"{item['family']} {item['table']} {chain}"


def _nft_rule(rule: Mapping[str, Any]) -> FirewallRule | None:
    """Return a rule that decides something, None for one that only counts or logs."""
    applies: Applies = True
    for part in rule["expr"]:
        ((kind, what),) = part.items()
        if kind == "match":
            applies = both(applies, _nft_match(what))
        elif kind in {"accept", "drop", "reject", "return"}:
            shown = f"rule {rule.get('handle', '')} of chain {rule['chain']}"
            return FirewallRule(applies, "drop" if kind == "reject" else kind, shown=shown)
        elif kind in {"jump", "goto"}:
            return FirewallRule(applies, kind, _nft_name(rule, what["target"]))
        elif kind not in {"counter", "log", "comment", "mangle"}:
            applies = both(applies, None)
    return None


def _nft_match(match: Mapping[str, Any]) -> Applies:
    """Tell whether a condition holds for a search."""
    left, right = match["left"], match["right"]
    wanted = right.get("set", [right]) if isinstance(right, dict) else [right]
    wanted = right if isinstance(right, list) else wanted
    ((kind, what),) = left.items() if isinstance(left, dict) else (("", {}),)
    if not isinstance(what, dict):
        return None  # bits of a value, or several values as one
    key = f"{what.get('protocol', kind)} {what.get('field') or what.get('key', '')}"
    holds = condition(key, wanted)
    return holds if holds is None or match.get("op") != "!=" else not holds


def condition(key: str, wanted: Iterable[Any]) -> Applies:
    """Tell whether a property of a search is among those wanted."""
    values = list(wanted)
    if key in {"udp dport", "th dport"}:
        return _has_port(values)
    if key in {"meta l4proto", "ip protocol", "ip6 nexthdr"}:
        return "udp" in values or 17 in values
    if key.startswith(("tcp ", "icmp ", "icmpv6 ", "sctp ")):
        return False
    if key == "ct state":
        return "new" in values
    if key == "meta pkttype":
        return "multicast" in values
    if key in {"meta iifname", "meta iif"}:
        return False if values == ["lo"] else None
    return None


def _has_port(values: Iterable[Any]) -> Applies:
    """Tell whether the port is among numbers and ranges; of a named set nobody knows."""
    for value in values:
        if isinstance(value, dict) and "range" in value:
            low, high = value["range"]
            if low <= PORT <= high:
                return True
        elif value == PORT:
            return True
        elif not isinstance(value, int):
            return None  # a named set
    return False


def both(one: Applies, other: Applies) -> Applies:
    """Tell whether two conditions hold."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def from_iptables(said: str) -> Chains:
    """Read what `iptables-save` prints."""
    chains: Chains = {}
    for line in said.splitlines():
        if line.startswith(":"):
            name, policy = line[1:].split()[:2]
            chains[name] = Chain(
                name, policy.lower() if policy != "-" else "accept", name == "INPUT"
            )
        elif line.startswith("-A "):
            name, *words = shlex.split(line)[1:]
            if name in chains and (rule := _iptables_rule(words, line)):
                chains[name].rules.append(rule)
    return chains


_OPTIONS: Final = {
    "-p": "meta l4proto",
    "--dport": "udp dport",
    "--dports": "udp dport",
    "-i": "meta iifname",
    "--state": "ct state",
    "--ctstate": "ct state",
    "--pkt-type": "meta pkttype",
}
"""Conditions of iptables by the words of nftables."""


def _iptables_rule(words: list[str], line: str) -> FirewallRule | None:
    """Return a rule that decides something, None for one that does not."""
    applies: Applies = True
    negated = False
    rest = iter(words)
    for word in rest:
        if word == "!":
            negated = True
            continue
        if word in {"-j", "-g"}:
            target = next(rest, "")
            return _iptables_verdict(word, target, applies, line)
        value = next(rest, "")
        if word in {"-m", "--comment"}:
            continue
        holds = condition(_OPTIONS[word], _values(word, value)) if word in _OPTIONS else None
        applies = both(applies, not holds if negated and holds is not None else holds)
        negated = False
    return None


def _iptables_verdict(word: str, target: str, applies: Applies, line: str) -> FirewallRule | None:
    """Return what a rule does; a chain of another name is jumped to."""
    fixed = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "drop", "RETURN": "return"}
    if target in fixed:
        return FirewallRule(applies, fixed[target], shown=line)
    if target == "LOG":
        return None
    return FirewallRule(applies, "goto" if word == "-g" else "jump", target)


def _values(word: str, value: str) -> list[Any]:
    """Return the values of a condition; ports as numbers and ranges."""
    if word not in {"--dport", "--dports"}:
        return [each.lower() for each in value.split(",")]
    values: list[Any] = []
    for each in value.split(","):
        low, colon, high = each.partition(":")
        if not (low or "0").isdigit() or not (high or "0").isdigit():
            values.append(each)
        else:
            values.append({"range": [int(low or 0), int(high or 65535)]} if colon else int(low))
    return values
