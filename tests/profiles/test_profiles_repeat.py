"""Everything that happens repeats: all devices of the catalogue, each watched by a client."""

from functools import cache

from onboardee.device.simulation.profile import built_in_names
from onboardee.device.testing import Heard, MemoryNetwork, PlainClient, memory_device

TIME = 300.0


@cache
def watched(seed: int, seconds: float) -> list[list[Heard]]:
    """Let time pass for all devices; return what their clients heard."""
    network = MemoryNetwork()
    clients = []
    for number, name in enumerate(built_in_names()):
        host = f"10.0.1.{number}"
        device = memory_device(network, name, host=host, seed=f"{seed} {name}", open_to_all=True)
        clients.append(PlainClient(network, host=host, own_host=f"10.0.2.{number}"))
        clients[-1].observe(device.appliances)
    network.run(seconds)
    return [client.heard for client in clients]


def test_the_same_seed_gives_the_same_notifications() -> None:
    """Twice the same seed is twice the same, moment and payload; another seed is another life."""
    first = watched(1, TIME)
    assert first == watched.__wrapped__(1, TIME)
    assert first != watched(2, TIME)
    assert all(heard for heard in first)


def test_notifications_are_told_once() -> None:
    """A client never hears the same representation twice in a row."""
    for heard in watched(2, TIME):
        last: dict[str, bytes] = {}
        for notification in heard:
            assert last.get(notification.href) != notification.payload
            last[notification.href] = notification.payload
