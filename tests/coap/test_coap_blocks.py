"""Bodies in blocks, as a server sends and receives them (RFC 7959)."""

from typing import Any

import pytest
from aiocoap.message import Message
from coap_peer import CON, GET, NON, POST, World, message

from onboardee.wire.coap import Code, Limits, Request, Response
from onboardee.wire.coap.blocks import Block, cut

SIZES = [0, 1, 1023, 1024, 1025, 20000]


def body(size: int) -> bytes:
    """Return a body whose blocks all differ."""
    return bytes(i * 7 % 251 for i in range(size))


def download(
    world: World, exponent: int | None = None, **kwargs: Any
) -> tuple[bytes, list[Message]]:
    """Get /oic/d block by block, as a client does."""
    block2 = None if exponent is None else (0, False, exponent)
    answers = [world.ask(mid=100, block2=block2, **kwargs)]
    while answers[-1].opt.block2 is not None and answers[-1].opt.block2.more:
        number, _, size = answers[-1].opt.block2
        mid = 101 + number
        answers.append(world.ask(mid=mid, block2=(number + 1, False, size), **kwargs))
    return b"".join(answer.payload for answer in answers), answers


def upload(
    world: World, data: bytes, exponent: int = 6, mid: int = 200, **kwargs: Any
) -> list[Message]:
    """Post a body block by block until the last one is answered."""
    size = 16 << exponent
    answers = []
    for number in range(max(1, -(-len(data) // size))):
        piece = data[number * size : (number + 1) * size]
        more = (number + 1) * size < len(data)
        answers.append(world.ask(CON, POST, mid + number, payload=piece,
                                 block1=(number, more, exponent), **kwargs))  # fmt: skip
        if answers[-1].code != Code.CONTINUE:
            break
    return answers


@pytest.mark.parametrize("size", SIZES)
def test_download(size: int) -> None:
    """A body of any size arrives whole, with one tag, its size told once, one handler call."""
    world = World(Response(Code.CONTENT, body(size), 10000, 2048))
    received, answers = download(world)
    assert received == body(size)
    assert len(answers) == max(1, -(-size // 1024))
    if size > 1024:
        assert len({answer.opt.etag for answer in answers}) == 1
        assert [answer.opt.size2 for answer in answers] == [size] + [None] * (len(answers) - 1)
        assert {int(answer.opt.content_format) for answer in answers} == {10000}
    else:
        assert answers[0].opt.block2 is None
    assert len(world.asked) == 1


@pytest.mark.parametrize("exponent", range(7))
def test_download_in_the_size_the_peer_asks_for(exponent: int) -> None:
    """The peer's block size is kept for the whole transfer."""
    world = World(Response(Code.CONTENT, body(3000)))
    received, answers = download(world, exponent)
    assert received == body(3000)
    assert {answer.opt.block2.size_exponent for answer in answers} == {exponent}


@pytest.mark.parametrize("option", ["block1", "block2"])
def test_a_reserved_size_is_refused(option: str) -> None:
    """SZX 7 in a request is answered with 4.00 (RFC 7959 2.2), and nobody is asked."""
    world = World(Response(Code.CONTENT, body(3000)))
    answer = world.ask(**{option: (0, False, 7)})
    assert answer.code == Code.BAD_REQUEST
    assert world.asked == []


def test_a_small_answer_to_a_request_for_blocks() -> None:
    """A peer that names a block size learns that this block is the last."""
    answer = World().ask(block2=(0, False, 6))
    assert (answer.opt.block2, answer.payload, answer.opt.etag) == ((0, False, 6), b"state", None)


def test_an_own_smaller_block_size() -> None:
    """A server for small blocks answers the same place in the body in its own size."""
    world = World(Response(Code.CONTENT, body(3000)), limits=Limits(max_block_exponent=4))
    assert download(world)[0] == body(3000)
    answer = world.ask(mid=999, block2=(1, False, 6))
    assert (answer.opt.block2, answer.payload) == ((4, True, 4), body(3000)[1024:1280])


def test_blocks_out_of_the_body_are_refused() -> None:
    """A block behind the end of the body is 4.00."""
    world = World(Response(Code.CONTENT, body(2048)))
    assert world.ask(mid=1, block2=(2, False, 6)).code == Code.BAD_REQUEST
    assert world.ask(mid=2, block2=(0xFFFFF, False, 6)).code == Code.BAD_REQUEST
    assert World().ask(mid=3, block2=(1, False, 0)).code == Code.BAD_REQUEST


def test_blocks_come_from_one_state() -> None:
    """A change between two blocks does not tear the body; a new request sees the change."""
    state = [body(3000)]
    world = World(lambda _: Response(Code.CONTENT, state[0]))
    first = world.ask(mid=1)
    state[0] = bytes(3000)
    second = world.ask(mid=2, block2=(1, False, 6))
    assert (second.payload, second.opt.etag) == (body(3000)[1024:2048], first.opt.etag)
    assert world.ask(mid=3).opt.etag != first.opt.etag


def test_the_first_block_is_of_the_present_state() -> None:
    """Whoever asks for block 0 begins anew, and a group may be asked for it."""
    state = [body(3000)]
    world = World(lambda _: Response(Code.CONTENT, state[0]))
    world.ask(mid=1, block2=(0, False, 6))
    state[0] = bytes(3000)
    assert world.ask(mid=2, block2=(0, False, 6)).payload == bytes(1024)
    (answer,) = world.send(message(NON, block2=(0, False, 6)), multicast=True)
    assert answer.payload == bytes(1024)


def test_a_lost_snapshot_is_made_anew() -> None:
    """A block asked for much later comes from the present state, under that state's tag."""
    state = [body(3000)]
    world = World(lambda _: Response(Code.CONTENT, state[0]))
    first = world.ask(mid=1)
    world.now += 61.0
    same = world.ask(mid=2, block2=(1, False, 6))
    assert (same.payload, same.opt.etag) == (body(3000)[1024:2048], first.opt.etag)
    assert len(world.asked) == 2
    state[0] = bytes(3000)
    world.now += 61.0
    assert world.ask(mid=3, block2=(2, False, 6)).opt.etag != first.opt.etag


def test_a_later_block_that_is_forbidden_now() -> None:
    """The handler's refusal of a re-made block is answered as it is."""
    world = World(Response(Code.UNAUTHORIZED))
    assert world.ask(block2=(3, False, 6)).code == Code.UNAUTHORIZED


def test_no_block_leaves_to_another_peer() -> None:
    """A snapshot serves its own peer only; another one is the handler's to judge."""
    world = World(Response(Code.CONTENT, body(3000)))
    world.ask(mid=1)
    world.answer = Response(Code.UNAUTHORIZED)
    assert world.ask(mid=2, block2=(1, False, 6), remote="other").code == Code.UNAUTHORIZED
    assert world.ask(mid=2, block2=(1, False, 6)).code == Code.CONTENT
    world.server.forget("peer")
    assert world.ask(mid=2, block2=(1, False, 6)).code == Code.UNAUTHORIZED


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("exponent", [2, 6])
def test_upload(size: int, exponent: int) -> None:
    """A body of any size reaches the handler once, joined."""
    world = World(Response(Code.CHANGED))
    answers = upload(world, body(size), exponent)
    assert [request.payload for request in world.asked] == [body(size)]
    assert {answer.code for answer in answers[:-1]} <= {Code.CONTINUE}
    assert answers[-1].code == Code.CHANGED
    for number, answer in enumerate(answers):
        assert answer.opt.block1 == (number, number < len(answers) - 1, exponent)
    assert len(world.server.engine.known.uploads) == 0


def test_upload_and_download_in_one_exchange() -> None:
    """A large POST with a large answer: the answer's blocks do not execute the POST again."""
    world = World(Response(Code.CHANGED, body(3000)))
    last = upload(world, body(2500))[-1]
    assert (last.opt.block1, last.opt.block2) == ((2, False, 6), (0, True, 6))
    rest = b""
    for number in (1, 2):
        rest += world.ask(CON, POST, 300 + number, block2=(number, False, 6)).payload
    assert last.payload + rest == body(3000)
    assert len(world.asked) == 1


def test_a_post_is_never_executed_for_a_later_block() -> None:
    """When the answer of a POST is no longer known, its next block is 4.08."""
    world = World(Response(Code.CHANGED, body(3000)))
    answer = world.ask(CON, POST, block2=(1, False, 6))
    assert answer.code == Code.REQUEST_ENTITY_INCOMPLETE
    assert not world.asked


def test_a_repeated_block_is_tolerated() -> None:
    """A block that comes twice with the same content changes nothing."""
    world = World(Response(Code.CHANGED))
    data = body(2000)
    for mid, number in enumerate((0, 0, 0)):
        answer = world.ask(CON, POST, mid, payload=data[:1024], block1=(number, True, 6))
        assert answer.code == Code.CONTINUE
    answer = world.ask(CON, POST, 9, payload=data[1024:], block1=(1, False, 6))
    assert answer.code == Code.CHANGED
    assert world.asked[0].payload == data


def test_a_repeated_later_block_is_tolerated() -> None:
    """The same holds for a block in the middle, but not if it says something else."""
    world = World(Response(Code.CHANGED))
    data = body(3000)
    world.ask(CON, POST, 1, payload=data[:1024], block1=(0, True, 6))
    for mid in (2, 3):
        answer = world.ask(CON, POST, mid, payload=data[1024:2048], block1=(1, True, 6))
        assert answer.code == Code.CONTINUE
    answer = world.ask(CON, POST, 4, payload=bytes(1024), block1=(1, True, 6))
    assert answer.code == Code.REQUEST_ENTITY_INCOMPLETE


@pytest.mark.parametrize(("number", "size", "code"), [
    (1, 1024, Code.REQUEST_ENTITY_INCOMPLETE),
    (0, 1000, Code.BAD_REQUEST),
    (0, 1025, Code.BAD_REQUEST),
])  # fmt: skip
def test_a_first_block_that_fits_nowhere(number: int, size: int, code: Code) -> None:
    """A block without those before it is 4.08; one of a wrong length is 4.00."""
    world = World()
    answer = world.ask(CON, POST, payload=bytes(size), block1=(number, True, 6))
    assert answer.code == code
    assert not world.asked


def test_a_gap_ends_the_upload() -> None:
    """After a lost block the peer has to begin again (RFC 7959 2.9.2)."""
    world = World(Response(Code.CHANGED))
    world.ask(CON, POST, 1, payload=bytes(1024), block1=(0, True, 6))
    for mid, number in ((2, 2), (3, 1)):
        answer = world.ask(CON, POST, mid, payload=bytes(1024), block1=(number, True, 6))
        assert answer.code == Code.REQUEST_ENTITY_INCOMPLETE
    assert upload(world, body(2000), mid=10)[-1].code == Code.CHANGED


def test_an_upload_has_a_largest_size() -> None:
    """Above the limit a peer is told the limit: at once if it announced the size."""
    world = World(limits=Limits(max_request_size=4096))
    answers = upload(world, body(5000))
    assert len(answers) == 5
    assert answers[-1].code == Code.REQUEST_ENTITY_TOO_LARGE
    assert answers[-1].opt.size1 == 4096
    (answer,) = upload(world, body(5000), mid=300, size1=5000)
    assert (answer.code, answer.opt.size1) == (Code.REQUEST_ENTITY_TOO_LARGE, 4096)
    assert upload(world, body(4096), mid=400, size1=4096)[-1].code == Code.CONTENT
    assert len(world.server.engine.known.uploads) == 0


def test_an_idle_upload_is_forgotten() -> None:
    """A peer that pauses for longer than MAX_TRANSMIT_WAIT has to begin again."""
    world = World()
    world.ask(CON, POST, 1, payload=bytes(1024), block1=(0, True, 6))
    world.now += 94
    answer = world.ask(CON, POST, 2, payload=b"x", block1=(1, False, 6))
    assert answer.code == Code.REQUEST_ENTITY_INCOMPLETE


def test_uploads_of_peers_and_paths_do_not_mix() -> None:
    """Two peers, or one peer with two paths, upload at the same time."""
    world = World(Response(Code.CHANGED))
    for remote, path, fill in (("a", "x", b"1"), ("a", "y", b"2"), ("b", "x", b"3")):
        world.ask(CON, POST, ord(path), payload=fill * 1024, block1=(0, True, 6), path=path,
                  remote=remote)  # fmt: skip
    for remote, path in (("a", "x"), ("a", "y"), ("b", "x")):
        world.ask(CON, POST, 1, payload=b"end", block1=(1, False, 6), path=path, remote=remote)
    assert [request.payload[:1] for request in world.asked] == [b"1", b"2", b"3"]


def test_the_policy_refuses_an_upload_before_it_costs_anything() -> None:
    """A peer that may not upload is refused at its first block, by the code of the policy."""

    def refuse(request: Request, remote: object) -> Code | None:
        return None if remote == "known" else Code.UNAUTHORIZED

    world = World(Response(Code.CHANGED), accept_upload=refuse)
    (answer,) = upload(world, body(2000))
    assert answer.code == Code.UNAUTHORIZED
    assert len(world.server.engine.known.uploads) == 0
    assert upload(world, body(2000), remote="known")[-1].code == Code.CHANGED
    assert upload(world, body(20), mid=900)[-1].code == Code.CHANGED


def test_a_server_for_small_blocks_says_so_at_once() -> None:
    """The first 2.31 names the block size the server prefers (RFC 7959 2.3)."""
    world = World(limits=Limits(max_block_exponent=4))
    answer = world.ask(CON, POST, payload=bytes(1024), block1=(0, True, 6))
    assert answer.opt.block1 == (0, True, 4)
    answer = world.ask(CON, POST, 2, payload=bytes(256), block1=(4, False, 4))
    assert answer.code == Code.CONTENT
    assert len(world.asked[0].payload) == 1280


def test_blocks_in_non_confirmable_messages() -> None:
    """NON requests get their blocks in NON answers."""
    world = World(Response(Code.CONTENT, body(1500)))
    first = world.ask(NON, GET, 1)
    second = world.ask(NON, GET, 2, block2=(1, False, 6))
    assert first.payload + second.payload == body(1500)


def test_an_error_with_a_long_text_is_one_message() -> None:
    """A diagnostic text is cut, not sent in blocks."""
    answer = World(Response(Code.BAD_REQUEST, b"x" * 3000)).ask()
    assert (answer.code, len(answer.payload), answer.opt.block2) == (Code.BAD_REQUEST, 1024, None)


def test_cut() -> None:
    """Every byte of a body is in exactly one block."""
    for exponent in range(7):
        data, pieces, wanted = body(5000), b"", Block(0, False, exponent)
        while True:
            found = cut(data, wanted)
            assert found is not None
            pieces += found[0]
            if not found[1].more:
                break
            wanted = wanted._replace(number=wanted.number + 1)
        assert pieces == data
        assert cut(data, wanted._replace(number=wanted.number + 1)) is None


def test_messages_fit_an_ipv6_packet() -> None:
    """The largest message leaves room for DTLS, UDP and IPv6 in 1280 bytes."""
    world = World(Response(Code.CHANGED, body(3000), 10000, 2048))
    world.server.receive(message(CON, POST, token=b"12345678", block1=(0, False, 6)), "peer", 1.0)
    ((_, datagram),) = world.server.take_outgoing()
    assert len(datagram) <= 1024 + 60


def test_the_policy_is_asked_at_each_block() -> None:
    """Who may no longer upload is refused in the middle, and what was gathered is dropped."""
    allowed = [True]

    def refuse(_request: Request, _remote: object) -> Code | None:
        return None if allowed[0] else Code.UNAUTHORIZED

    world = World(Response(Code.CHANGED), accept_upload=refuse)
    blocks = [{"payload": bytes(1024), "block1": (number, True, 6)} for number in range(3)]
    assert world.ask(CON, POST, 1, **blocks[0]).code == Code.CONTINUE
    assert world.ask(CON, POST, 2, **blocks[1]).code == Code.CONTINUE
    allowed[0] = False
    assert world.ask(CON, POST, 3, **blocks[2]).code == Code.UNAUTHORIZED
    assert len(world.server.engine.known.uploads) == 0


@pytest.mark.parametrize(("idle", "asked"), [(60.0, 1), (60.1, 2)])
def test_how_long_the_rest_of_an_answer_is_kept(idle: float, asked: int) -> None:
    """For 60 idle seconds, and no longer, later blocks come without asking the resource again."""
    world = World(Response(Code.CONTENT, body(3000)))
    world.ask(mid=1)
    world.now += idle
    world.ask(mid=2, block2=(1, False, 6))
    assert len(world.asked) == asked
