"""Operations that meet: what an earlier one left, devices that were owned anew, old devices."""

from contextlib import nullcontext
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace
from obt_house import Crash, House, Tool, resume_all, rule_for
from obt_support import OWNER, scene, scene_with_light

from onboardee.device.simulation.compatibility import PRESETS, Preset
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing import memory_device
from onboardee.obt import (
    IOT2,
    ORDERS,
    Address,
    ObtError,
    OnboardingError,
    OwnedDevice,
    Ownership,
    Rule,
    Subject,
    Target,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.obt.database import (
    DatabaseError,
    DeviceRecord,
    DeviceState,
    DirectPairing,
    PairingRecord,
    PlanStep,
    StepState,
)
from onboardee.obt.database.checking import check
from onboardee.obt.model import CRED
from onboardee.obt.plans import (
    OperationRefusedError,
    UnfinishedError,
    allow,
    confirm,
    forget,
    link,
    own,
    remove,
    unlink,
)
from onboardee.obt.plans.owning import Keep
from onboardee.wire.wall_clock import utc_now


def test_owned_anew(tmp_path: Path) -> None:
    """A device that was reset and owned again is neither reset nor forgotten by what remained."""
    house = House(tmp_path, 3, ((0, 1),))
    one, two, three = house.uuids
    house.unplug(two)
    tool = house.start()
    with pytest.raises(UnfinishedError):
        run(remove(tool.database, tool, one, reset=True))
    assert tool.database.devices.require(one).key is None
    record = house.records[0]
    tool.database.devices.put(record)
    house.plug(two)
    tool.database.close()
    tool = house.start()
    assert resume_all(tool) == []
    assert tool.database.devices.require(one).key == record.key
    assert house.holds(two, one) == 0
    assert house.holds(three, one) == 0
    tool.database.close()


def test_reset_and_owned_anew(tmp_path: Path) -> None:
    """An interrupted reset does not reset the device of its next owner, who is us."""
    house = House(tmp_path, 1)
    (one,) = house.uuids
    tool = house.start()
    steps = [PlanStep(action="reset", device=one), PlanStep(action="forget", device=one)]
    tool.database.operations.begin("reset", (one,), steps)
    assert resume_all(tool) == []
    assert house.state(one) == 3
    assert tool.database.devices.require(one).state == "owned"
    tool.database.close()


def test_not_while_another_is_unfinished(tmp_path: Path) -> None:
    """Two devices are not linked while something else remains to be done between them."""
    house = House(tmp_path, 2, ((0, 1),))
    one, two = house.uuids
    house.unplug(two)
    tool = house.start()
    with pytest.raises(UnfinishedError):
        run(unlink(tool.database, tool, one, two))
    with pytest.raises(OperationRefusedError, match="`onboardee obt resume 1` completes it"):
        run(link(tool.database, tool, one, two))
    house.plug(two)
    assert run(unlink(tool.database, tool, one, two)).result == "done"
    assert tool.database.operations.require(1).result == "superseded"
    assert run(link(tool.database, tool, one, two)).result == "done"
    assert house.disagreements(tool.database) == []
    tool.database.close()


def test_unlinked_after_a_crash(tmp_path: Path) -> None:
    """Instead of completing a link one can delete what there is of it."""
    at = 0
    while True:
        at += 3
        house = House(tmp_path / f"{at}", 2)
        one, two = house.uuids
        tool = house.start(at)
        try:
            run(link(tool.database, tool, one, two, rules=(rule_for(two), rule_for(one))))
        except Crash:
            tool.database.close()
        else:
            tool.database.close()
            break
        tool = house.start()
        try:
            run(unlink(tool.database, tool, one, two))
        except OperationRefusedError as error:
            assert "not linked" in str(error)  # noqa: PT017 - both ways are right
            assert resume_all(tool) == []
            run(unlink(tool.database, tool, one, two))
        assert tool.database.operations.unfinished() == []
        assert house.holds(one, two) + house.holds(two, one) == 0
        assert house.rules(one, two) + house.rules(two, one) == 0
        assert house.state(one) == house.state(two) == 3
        tool.database.close()
    assert at > 20


def test_forgotten_while_pending(tmp_path: Path) -> None:
    """A device that vanished in the middle of its transfer can be forgotten, and is then done."""
    house = House(tmp_path, 1)
    tool = house.start()
    gone = DeviceRecord(
        uuid=UUID(int=9),
        owner=house.records[0].owner,
        key=bytes(16),
        state=DeviceState.PENDING,
        secured=house.records[0].secured,
        plain=Address("10.99.0.1", 5683),
    )
    tool.database.devices.put(gone)
    steps = [PlanStep(action="confirm ownership", device=gone.uuid)]
    tool.database.operations.begin("own", (gone.uuid,), steps)
    assert len(resume_all(tool)) <= 1
    forget(tool.database, gone.uuid)
    assert tool.database.operations.unfinished() == []
    assert tool.database.devices.get(gone.uuid) is None
    tool.database.close()


def test_what_is_refused(tmp_path: Path) -> None:
    """Nothing is asked of any device where the database knows better."""
    house = House(tmp_path, 2, ((0, 1),))
    one, two = house.uuids
    tool = house.start()
    before = tool.transport.fuse.moments
    for work, words in (
        (link(tool.database, tool, one, two), "linked already"),
        (link(tool.database, tool, one, one), "with itself"),
        (link(tool.database, tool, one, two, bits=64), "128 or 256 bits"),
    ):
        with pytest.raises(OperationRefusedError, match=words):
            run(work)
    assert tool.database.operations.history() == []
    assert tool.transport.fuse.moments == before
    tool.database.close()


def test_refused_by_the_device(tmp_path: Path) -> None:
    """A rule that the device refuses is not in the database either, and no key is left."""
    house = House(tmp_path, 2)
    one, two = house.uuids
    tool = house.start()
    subject = Subject(uuid=str(two))
    broken = Rule(subject=subject, targets=(Target(href="/light/switch"),), permission=77)
    with pytest.raises(ObtError, match=r"4\.00"):
        run(link(tool.database, tool, one, two, rules=(rule_for(two), broken)))
    assert house.holds(one, two) + house.holds(two, one) + house.rules(one, two) == 0
    assert tool.database.credentials.all() == []
    assert tool.database.rules.all() == []
    with pytest.raises(ObtError, match=r"4\.00"):
        run(allow(tool.database, tool, one, broken))
    assert tool.database.rules.all() == []
    assert [each.result for each in tool.database.operations.history()] == ["undone", "undone"]
    assert house.disagreements(tool.database) == []
    tool.database.close()


def old_light() -> Profile:
    """Return a light that serves OIC 1.1."""
    return replace(load("light"), compat=PRESETS[Preset.OIC_1_1])


def test_old_devices(tmp_path: Path) -> None:
    """Devices of OIC 1.1 are linked, unlinked and removed in their own words."""
    house = House(tmp_path, 3, profile=old_light(), order="oic11")
    one, two, three = house.uuids
    tool = house.start()
    database = tool.database
    for first, second in ((one, two), (one, three)):
        run(link(database, tool, first, second, rules=(rule_for(second), rule_for(first))))
    assert house.key(one, two) == house.key(two, one) is not None
    assert house.rules(one, two) == house.rules(two, one) == 1
    assert house.disagreements(database) == []
    run(unlink(database, tool, one, two))
    assert house.holds(one, two) + house.rules(one, two) + house.rules(two, one) == 0
    assert house.rules(one, three) == 1
    assert house.disagreements(database) == []
    run(remove(database, tool, three))
    assert house.holds(one, three) + house.rules(one, three) == 0
    assert house.disagreements(database) == []
    database.close()


def test_no_words(tmp_path: Path) -> None:
    """A rule that OIC 1.1 has no words for is refused, and the devices are not linked."""
    house = House(tmp_path, 2, profile=old_light(), order="oic11")
    one, two = house.uuids
    tool = house.start()
    rule = Rule(subject=Subject(role="cook"), targets=(Target(href="/light"),), permission=2)
    with pytest.raises(OperationRefusedError, match=r"OIC 1\.1"):
        run(link(tool.database, tool, one, two, rules=(rule, None)))
    assert house.holds(one, two) + house.holds(two, one) == 0
    assert house.disagreements(tool.database) == []
    tool.database.close()


def test_old_devices_and_a_crash(tmp_path: Path) -> None:
    """With them, too, what was interrupted is completed."""
    at = 0
    while True:
        at += 2
        house = House(tmp_path / f"{at}", 2, profile=old_light(), order="oic11")
        one, two = house.uuids
        tool = house.start(at)
        try:
            run(link(tool.database, tool, one, two, rules=(rule_for(two), rule_for(one))))
        except Crash:
            tool.database.close()
        else:
            tool.database.close()
            break
        tool = house.start()
        assert resume_all(tool) == []
        assert house.disagreements(tool.database) == []
        tool.database.close()
    assert at > 20


def test_a_uuid_of_ours(tmp_path: Path) -> None:
    """A device that says it has the UUID of one of ours does not cost us the key of that one."""
    house = House(tmp_path, 1)
    house.add_unowned()
    (record,) = house.records
    database = house.unowned.database
    doxm = replace(database.doxm, device_uuid=record.uuid)
    house.unowned.store.current = replace(database, doxm=doxm)
    tool = house.start()
    kept = tool.database.devices.require(record.uuid)
    transport = tool.transport
    device = run(find_unowned_at(transport, Address("10.0.9.9", 5683)))
    assert device.uuid == record.uuid

    async def take(keep: Keep) -> OwnedDevice:
        owner = tool.database.owner
        return await take_ownership(transport, device, owner, order=IOT2, keep=keep)

    with pytest.raises(OperationRefusedError, match="--replace"):
        run(own(tool.database, tool, device, take, order="iot2"))
    assert tool.database.devices.all() == [kept]
    assert tool.database.operations.history() == []
    taken = run(own(tool.database, tool, device, take, order="iot2", replace=True))
    assert taken.key != record.key
    tool.database.close()


@pytest.mark.parametrize("name", [*ORDERS])
def test_the_key_first(name: str) -> None:
    """What the owner must not lose is kept before the device is asked for the credential."""
    made, _ = scene_with_light()
    told: list[str] = []
    device = made.find()
    taking = take_ownership(
        made.transport,
        device,
        OWNER,
        order=ORDERS[name],
        keep=lambda ownership: told.append(f"keep {len(ownership.key)}"),
        on_step=lambda step: told.append(step.purpose),
    )
    run(taking)
    credential = {"have the owner credential derived", "hand over the owner credential"}
    (sent,) = (index for index, purpose in enumerate(told) if purpose in credential)
    assert told[sent - 1] == "keep 16"


def test_a_key_that_cannot_be_kept() -> None:
    """Then the device is not asked for it, and remains nobody's."""
    made, light = scene_with_light()
    device = made.find()

    def full(_: Ownership) -> None:
        raise DatabaseError("the disk is full")

    with pytest.raises(DatabaseError, match="full"):
        run(take_ownership(made.transport, device, OWNER, keep=full))
    made.network.run(60)
    assert not light.database.doxm.owned
    assert made.find().doxm.owner_uuid.int == 0


def paired_with(tool: Tool, device: UUID) -> None:
    """Note that we paired with a device that is ours, and let others pair with it."""
    at = Address("10.0.1.1", 5684)
    tool.database.pairings.put(
        PairingRecord(
            device=device, identity=OWNER, key=bytes(16), is_certain=True, secured=at, plain=at
        )
    )
    tool.database.direct_pairings.put(DirectPairing(device=device, enabled=True))


def pairings_of(tool: Tool, device: UUID) -> int:
    """Count what is left of both."""
    ours = [each for each in tool.database.pairings.all() if each.device == device]
    return len(ours) + (tool.database.direct_pairings.get(device) is not None)


def test_reset_ends_pairing(tmp_path: Path) -> None:
    """A device that was reset knows nobody that paired with it, and we claim no pairing either."""
    house = House(tmp_path, 2)
    tool = house.start()
    for each in house.uuids:
        paired_with(tool, each)
    run(remove(tool.database, tool, house.uuids[0], reset=True))
    assert [pairings_of(tool, each) for each in house.uuids] == [0, 2]
    tool.database.close()


def test_forget_ends_pairing(tmp_path: Path) -> None:
    """Of a device that is forgotten no Direct Pairing is left in the database."""
    house = House(tmp_path, 2)
    tool = house.start()
    for each in house.uuids:
        paired_with(tool, each)
    forget(tool.database, house.uuids[0])
    assert [pairings_of(tool, each) for each in house.uuids] == [0, 2]
    tool.database.close()


def test_replacing_ends_pairing(tmp_path: Path) -> None:
    """A device that was reset without us and is owned anew has no pairing of before."""
    house = House(tmp_path, 1)
    (one,) = house.uuids
    tool = house.start()
    paired_with(tool, one)
    house.add_unowned()
    light = house.unowned
    doxm = replace(light.database.doxm, device_uuid=one)
    light.store.current = replace(light.database, doxm=doxm)

    async def work() -> None:
        device = await find_unowned_at(tool.transport, Address("10.0.9.9", 5683))

        async def take(keep: Keep) -> OwnedDevice:
            return await take_ownership(tool.transport, device, OWNER, order=IOT2, keep=keep)

        await own(tool.database, tool, device, take, order="iot2", replace=True)

    run(work())
    assert pairings_of(tool, one) == 0
    tool.database.close()


class Liar:
    """Answers on a device's plain port in its place: it has no owner, it says."""

    def __init__(self, house: House, uuid: UUID) -> None:
        self._house, self._uuid = house, uuid
        host = house.lights[uuid].endpoints[0].host
        unplugged = house.lights[uuid]
        house.unplug(uuid)
        self.light = memory_device(house.network, host=host, seed="liar")
        doxm = replace(self.light.database.doxm, device_uuid=uuid)
        self.light.store.current = replace(self.light.database, doxm=doxm)
        self.told = unplugged

    def end(self) -> None:
        """Let the device answer again."""
        self._house.network.detach(self.light)
        self._house.plug(self._uuid)


def test_a_lie_about_a_transfer(tmp_path: Path) -> None:
    """A stranger who says that a device of ours has no owner does not cost us its key."""
    house = House(tmp_path, 1)
    (one,) = house.uuids
    tool = house.start()
    key = house.records[0].key
    tool.database.devices.set_state(one, DeviceState.PENDING)
    steps = [PlanStep(action="confirm ownership", device=one)]
    tool.database.operations.begin("own", (one,), steps)
    liar = Liar(house, one)
    assert resume_all(tool) == []
    assert tool.database.operations.history()[0].result == "undone"
    record = tool.database.devices.require(one)
    assert (record.state, record.key) == ("pending", key)
    assert "obt confirm" in check(tool.database)[0].command
    with pytest.raises(OperationRefusedError, match="did not take us as its owner"):
        run(confirm(tool.database, tool, one))
    liar.end()
    # what a session says counts
    assert run(confirm(tool.database, tool, one)).state == "owned"
    assert check(tool.database) == []
    with pytest.raises(OperationRefusedError, match="nothing to be found out"):
        run(confirm(tool.database, tool, one))
    tool.database.close()


def test_a_lie_about_a_reset(tmp_path: Path) -> None:
    """Nor does one who says so after a reset that never reached the device."""
    house = House(tmp_path, 1)
    (one,) = house.uuids
    tool = house.start()
    tool.database.devices.set_state(one, DeviceState.REMOVING)
    steps = [PlanStep(action=each, device=one) for each in ("reset", "forget")]
    operation = tool.database.operations.begin("reset", (one,), steps)
    begun = tool.database.operations.steps(operation.id)[0]
    tool.database.operations.mark(operation.id, begun, StepState.BEGUN)
    liar = Liar(house, one)
    assert resume_all(tool) == []
    record = tool.database.devices.require(one)
    assert (record.state, record.key) == ("pending", house.records[0].key)
    liar.end()
    run(confirm(tool.database, tool, one))
    assert run(remove(tool.database, tool, one, reset=True)).result == "done"
    house.network.run(5)
    assert house.state(one) == 1
    assert tool.database.devices.all() == []
    tool.database.close()


def test_owned_anew_after_doubt(tmp_path: Path) -> None:
    """A device that says it has no owner is owned without --replace: by sessions of its own."""
    house = House(tmp_path, 0)
    house.add_unowned()
    tool = house.start()

    async def work(*, breaks: bool) -> DeviceRecord:
        device = await find_unowned_at(tool.transport, Address("10.0.9.9", 5683))

        async def take(keep: Keep) -> OwnedDevice:
            async def kept(ownership: Ownership) -> None:
                await keep(ownership)
                if breaks:
                    raise ObtError("it broke off")

            return await take_ownership(tool.transport, device, OWNER, order=IOT2, keep=kept)

        return await own(tool.database, tool, device, take, order="iot2")

    with pytest.raises(ObtError, match="it broke off"):
        run(work(breaks=True))
    (before,) = tool.database.devices.all()
    assert before.state == "pending"
    house.network.run(300)
    owned = run(work(breaks=False))
    assert owned.state == "owned"
    assert (owned.uuid == before.uuid) == (owned.key != before.key)
    tool.database.close()


@pytest.mark.parametrize("preset", [Preset.IOTIVITY_1_3, Preset.IOTIVITY_2, Preset.OCF])
def test_removal_in_operation(preset: Preset) -> None:
    """IoTivity 1.3's tool unlinks without leading a device into RFPRO: in its preset it may."""
    made = scene()
    profile = replace(load("light"), compat=PRESETS[preset])
    light = memory_device(made.network, profile, wall_clock=utc_now)
    owned = made.own()
    peer = UUID(int=7)
    run(owned.add_pairwise_key(peer, bytes(16)))
    held = light.database.cred.credentials
    credid = next(each.credid for each in held if each.subject == str(peer))
    is_theirs = preset is Preset.IOTIVITY_1_3
    with nullcontext() if is_theirs else pytest.raises(OnboardingError, match=r"4\.03"):
        run(owned._delete("delete a credential", CRED, f"credid={credid}"))
    assert len(light.database.cred.credentials) == len(held) - is_theirs
    assert light.database.pstat.dos.state == 3
