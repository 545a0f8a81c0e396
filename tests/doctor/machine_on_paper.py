"""A machine on paper: what its kernel would tell, below a directory."""

from pathlib import Path

from onboardee.device.net.interfaces import Interface

ETH0 = Interface("eth0", 2, ("192.0.2.5",), ("fe80::5",))
LO = Interface("lo", 1, ("127.0.0.1",), ("::1",))
UP = "0x1003"
"""Up, with broadcast and multicast."""


def write(root: Path, path: str, text: str) -> None:
    """Let a file of the kernel say something."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def link(root: Path, name: str, flags: str = UP, kind: str = "") -> None:
    """Add an interface."""
    write(root, f"sys/class/net/{name}/flags", f"{flags}\n")
    write(root, f"sys/class/net/{name}/uevent", f"{kind}INTERFACE={name}\n")
    write(root, "proc/sys/net/ipv6/conf/all/disable_ipv6", "0\n")
