"""Who has port 5683, as the doctor sees it."""

from pathlib import Path

from machine_on_paper import write

from onboardee.device.doctor import ports
from onboardee.device.doctor.finding import Verdict

HEAD = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"


def _line(host: str, port: int, inode: int) -> str:
    return f" 1: {host}:{port:04X} 00000000:0000 07 0:0 00:0 0 0 0 {inode} 2 0 0\n"


def _program(root: Path, number: int, name: str, inode: int) -> None:
    write(root, f"proc/{number}/comm", f"{name}\n")
    folder = root / f"proc/{number}/fd"
    folder.mkdir()
    (folder / "7").symlink_to(f"socket:[{inode}]")


def test_a_port_that_nobody_has_is_free(tmp_path: Path) -> None:
    """Sockets of other ports and of single addresses do not matter."""
    write(tmp_path, "proc/net/udp", HEAD + _line("0" * 8, 53, 1) + _line("0100007F", 5683, 2))
    assert [each.says for each in ports.look(tmp_path)] == ["is free on all addresses"] * 2


def test_the_program_that_has_the_port_is_named(tmp_path: Path) -> None:
    """By its name and number."""
    write(tmp_path, "proc/net/udp6", HEAD + _line("0" * 32, 5683, 42))
    _program(tmp_path, 77, "onboardee", 42)
    assert [each.says for each in ports.look(tmp_path)][1] == "belongs to onboardee (process 77)"


def test_a_shared_port_is_told_with_all_who_share_it(tmp_path: Path) -> None:
    """A request to one address reaches only one of them; programs of others have no name here."""
    write(tmp_path, "proc/net/udp", HEAD + _line("0" * 8, 5683, 42) + _line("0" * 8, 5683, 43))
    _program(tmp_path, 77, "simpleserver", 42)
    found = next(ports.look(tmp_path))
    assert found.verdict is Verdict.HINT
    assert "another user's program, simpleserver (process 77)" in found.says
