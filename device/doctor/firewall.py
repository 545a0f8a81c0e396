"""Firewalls: whether their rules let a tool's search in.

A search is led through the chains of rules that this machine has (`firewall_rules`), as the kernel
would lead it. What is not known of a condition stays unknown to the end, so that the answer is one
of three: it passes, it is dropped, or it may be dropped.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from onboardee.device.doctor.finding import CheckResult, fault, hint, well
from onboardee.device.doctor.firewall_rules import (
    PORT,
    Chain,
    Chains,
    FirewallRule,
    from_iptables,
    from_nft,
)

DEEPEST: Final = 16
"""Jumps from chain to chain that are followed."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What becomes of a search: accept, drop, perhaps, or nothing; and the rule that decides."""

    end: str
    """`accept`, `drop`, `perhaps`, `return`, or "" where the chain says nothing."""
    rule: str = ""
    """What decides, as the firewall's own program prints it."""


def look() -> Iterator[CheckResult]:
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


def judged(version: str, chains: Chains) -> CheckResult:
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


def followed(chain: Chain, chains: Mapping[str, Chain], depth: int = 0) -> Passage:
    """Lead a search through a chain, and through those that it jumps to.

    The first rule that applies for certain decides. One that may apply makes the answer
    "perhaps", unless what follows comes to the same; at its end a chain that packets enter has a
    policy, and any other one returns to where the jump came from.
    """
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
        return Passage("perhaps", perhaps) if perhaps else way
    if perhaps:
        return Passage("perhaps", perhaps)
    if not chain.hooked:
        return Passage("")
    return Passage(chain.policy, f"policy of chain {chain.name}")


def _ends_in_drop(chain: Chain) -> bool:
    """Tell whether what no rule accepts is lost."""
    return chain.hooked and chain.policy == "drop"


def _of_rule(rule: FirewallRule, chains: Mapping[str, Chain], depth: int) -> Passage:
    """Return what becomes of a search by one rule that applies.

    Who goes to another chain (`goto`) does not come back: its end is the end.
    """
    if rule.verdict in {"jump", "goto"}:
        if rule.target not in chains:
            return Passage("")
        way = followed(chains[rule.target], chains, depth + 1)
        return Passage("return") if rule.verdict == "goto" and not way.end else way
    return Passage(rule.verdict, rule.shown)


def _read() -> Iterator[tuple[str, Chains]]:
    """Yield the chains for each version of IP, of nftables where that is there."""
    if (said := _output("nft", "--json", "list", "ruleset")) is not None:
        yield "IPv4", from_nft(said, ("ip", "inet"))
        yield "IPv6", from_nft(said, ("ip6", "inet"))
        return
    for version, program in (("IPv4", "iptables-save"), ("IPv6", "ip6tables-save")):
        if (said := _output(program, "-t", "filter")) is not None:
            yield version, from_iptables(said)


def _output(program: str, *arguments: str) -> str | None:
    """Return what a program prints, None if it is not there or may not be asked."""
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
