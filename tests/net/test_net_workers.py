"""Workers whose devices have an address each, in a network of its own, where one can be made."""

from pathlib import Path

from network_support import needs_a_network, seen_in

SCENARIO = Path(__file__).with_name("workers_scenario.py")


@needs_a_network
def test_workers_share_the_addresses_of_a_prefix() -> None:
    """Each device answers at its own address, and once to a search, whichever worker has it."""
    addresses = [f"fd00:db8::{number}" for number in range(1, 7)]
    assert seen_in(SCENARIO) == {"asked": addresses, "searched": addresses}
