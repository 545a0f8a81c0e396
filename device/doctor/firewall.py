"""Firewalls: whether their rules let a tool's search in.

The rules of nftables (`nft --json list ruleset`, libnftables-json(5)) and of older iptables
(`iptables-save`) become one shape, and a search is led through them: a new UDP datagram from
elsewhere to a multicast group, port 5683. A condition that is not understood counts as unknown, so
that the answer is one of three: it passes, it is dropped, or it may be dropped.
"""

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from onboardee.device.doctor.finding import Finding, fault, hint, well

PORT: Final = 5683
DEEPEST: Final = 16
"""Jumps from chain to chain that are followed."""

Applies: TypeAlias = bool | None
"""Whether a condition holds for a search; `None` where that is not known."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens under which conditions: `verdict` is accept, drop, return, jump or goto."""

    applies: Applies
    verdict: str
    target: str = ""
    shown: str = ""


@dataclass(slots=True)
class Chain:
    """A chain of rules. `policy` is what happens at its end, `hooked` whether packets enter it."""

    name: str
    policy: str = "accept"
    hooked: bool = False
    rules: list[Rule] = field(default_factory=list)


Chains: TypeAlias = dict[str, Chain]


@dataclass(frozen=True, slots=True)
class Way:
    """What becomes of a search: accept, drop, perhaps, or nothing; and the rule that decides."""

    end: str
    rule: str = ""


def look() -> Iterator[Finding]:
    """Read this machine's rules, as far as this user may, and yield what they do to a search."""
    seen = False
    for version, chains in _read():
        seen = True
        yield judged(version, chains)
    if not seen:
        yield hint(
            "firewall",
            "its rules cannot be read: only root may, and nft or iptables-save must be there",
            "sudo onboardee doctor",
        )


def judged(version: str, chains: Chains) -> Finding:
    """Say what chains do to a search by one version of IP."""
    about = f"firewall, {version}"
    open_it = (
        f"nft insert rule inet TABLE CHAIN udp dport {PORT} accept (or the like in your firewall)"
    )
    for chain in chains.values():
        if not chain.hooked:
            continue
        way = followed(chain, chains)
        if way.end == "drop":
            return fault(about, f"drops searches for devices: {way.rule}", open_it)
        if way.end == "perhaps":
            return hint(about, f"may drop searches for devices: {way.rule}", open_it)
    return well(about, "lets searches for devices in")


def followed(chain: Chain, chains: Mapping[str, Chain], depth: int = 0) -> Way:
    """Lead a search through a chain."""
    perhaps = ""
    for rule in chain.rules if depth < DEEPEST else ():
        if rule.applies is False:
            continue
        way = _of_rule(rule, chains, depth)
        if way.end == "":
            continue
        if rule.applies is None or way.end == "perhaps":
            perhaps = perhaps or (way.rule if way.end != "accept" else "")
            if way.end == "accept" and _ends_in_drop(chain):
                perhaps = perhaps or rule.shown
            continue
        if way.end == "return":
            break
        return Way("perhaps", perhaps) if perhaps else way
    if perhaps:
        return Way("perhaps", perhaps)
    if not chain.hooked:
        return Way("")
    return Way(chain.policy, f"policy of chain {chain.name}")


def _ends_in_drop(chain: Chain) -> bool:
    return chain.hooked and chain.policy == "drop"


def _of_rule(rule: Rule, chains: Mapping[str, Chain], depth: int) -> Way:
    if rule.verdict in {"jump", "goto"}:
        if rule.target not in chains:
            return Way("")
        way = followed(chains[rule.target], chains, depth + 1)
        return Way("return") if rule.verdict == "goto" and not way.end else way
    return Way(rule.verdict, rule.shown)


def _read() -> Iterator[tuple[str, Chains]]:
    if (said := _output("nft", "--json", "list", "ruleset")) is not None:
        yield "IPv4", from_nft(said, ("ip", "inet"))
        yield "IPv6", from_nft(said, ("ip6", "inet"))
        return
    for version, program in (("IPv4", "iptables-save"), ("IPv6", "ip6tables-save")):
        if (said := _output(program, "-t", "filter")) is not None:
            yield version, from_iptables(said)


def _output(program: str, *arguments: str) -> str | None:
    path = shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin")
    if path is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a fixed list of words
            [path, *arguments], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


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
    return f"{item['family']} {item['table']} {chain}"


def _nft_rule(rule: Mapping[str, Any]) -> Rule | None:
    applies: Applies = True
    for part in rule["expr"]:
        ((kind, what),) = part.items()
        if kind == "match":
            applies = both(applies, _nft_match(what))
        elif kind in {"accept", "drop", "reject", "return"}:
            shown = f"rule {rule.get('handle', '')} of chain {rule['chain']}"
            return Rule(applies, "drop" if kind == "reject" else kind, shown=shown)
        elif kind in {"jump", "goto"}:
            return Rule(applies, kind, _nft_name(rule, what["target"]))
        elif kind not in {"counter", "log", "comment", "mangle"}:
            applies = both(applies, None)
    return None


def _nft_match(match: Mapping[str, Any]) -> Applies:
    left, right = match["left"], match["right"]
    wanted = right.get("set", [right]) if isinstance(right, dict) else [right]
    wanted = right if isinstance(right, list) else wanted
    ((kind, what),) = left.items() if isinstance(left, dict) else (("", {}),)
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


def _iptables_rule(words: list[str], line: str) -> Rule | None:
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


def _iptables_verdict(word: str, target: str, applies: Applies, line: str) -> Rule | None:
    fixed = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "drop", "RETURN": "return"}
    if target in fixed:
        return Rule(applies, fixed[target], shown=line)
    if target == "LOG":
        return None
    return Rule(applies, "goto" if word == "-g" else "jump", target)


def _values(word: str, value: str) -> list[Any]:
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
