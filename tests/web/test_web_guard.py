"""Who may ask the dashboard: strangers, other pages and too much of it are turned away."""

from collections.abc import AsyncIterator

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp
from web_support import HOST, PORT, Shown, ask, shown

from onboardee.device.web.guard import ADDRESSES, BURST, MAX_BODY, Guard, Rates

TOKEN = "a-token-that-nobody-guesses"
DEVICES = "/api/v1/devices"


@pytest.fixture
async def light() -> AsyncIterator[Shown]:
    """Show a light on loopback."""
    async with shown() as found:
        yield found


@pytest.fixture
async def far() -> AsyncIterator[Shown]:
    """Show a light at an address that others reach."""
    async with shown(token=TOKEN) as found:
        yield found


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "https://127.0.0.1:8080"},
        {"origin": "http://127.0.0.1:8081"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_a_page_of_another_origin_gets_nothing(light: Shown, headers: dict[str, str]) -> None:
    """Not even a question is answered to it, and no header lets it read the refusal."""
    answer = await ask(light.app, DEVICES, headers=headers)
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    pressed = await ask(light.app, f"{DEVICES}/one/commands", {"do": "reset"}, headers=headers)
    assert pressed.status == 403
    assert not light.hosted.device.is_resetting


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", f"[::1]x:{PORT}"],
)
async def test_a_name_that_is_not_ours_gets_nothing(light: Shown, host: str) -> None:
    """A page behind a DNS name that now leads here is told that this server has no such name."""
    for path in ("/", DEVICES):
        answer = await ask(light.app, path, headers={"host": host})
        assert answer.status == 421


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}", f"[::1]:{PORT}", f"LOCALHOST:{PORT}"])
async def test_the_own_page_is_served(light: Shown, host: str) -> None:
    """By each name that this machine has on loopback, with and without an origin."""
    for headers in ({}, {"origin": f"http://{host}"}, {"sec-fetch-site": "same-origin"}):
        answer = await ask(light.app, DEVICES, headers={"host": host, **headers})
        assert answer.status == 200


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer x"],
)
async def test_without_the_token_nothing_is_told(far: Shown, given: str) -> None:
    """The page itself comes, what it would show does not."""
    assert (await ask(far.app, "/", headers={"host": f"192.0.2.7:{PORT}"})).status == 200
    for path in (DEVICES, "/api/v1/events", "/api/v1/openapi.json", "/api/nothing"):
        answer = await ask(far.app, path, headers={"authorization": given})
        assert answer.status == 401
        assert TOKEN.encode() not in answer.body


async def test_the_token_opens_the_interface(far: Shown) -> None:
    """At the address of this machine; not at a name that somebody else may have given it."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert (await ask(far.app, DEVICES, headers=headers)).status == 200
    named = {**headers, "host": f"192.0.2.7:{PORT}"}
    assert (await ask(far.app, DEVICES, headers=named)).status == 200
    assert (
        await ask(far.app, DEVICES, headers={**headers, "host": "a.example:8080"})
    ).status == 421
    in_query = await ask(far.app, f"{DEVICES}?token={TOKEN}")
    assert in_query.status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/..%2f..%2fetc/passwd",
        "/static/../guard.py",
        "//etc/passwd",
        "/guard.py",
        "/index.html/",
        "/app.js\x00.html",
        "/.",
        f"{DEVICES}/../../../etc/passwd",
        f"{DEVICES}/..",
        f"{DEVICES}/one/snapshots/../../x",
    ],
)
async def test_a_path_leads_to_no_file(light: Shown, path: str) -> None:
    """Only the pages that are there have paths."""
    answer = await ask(light.app, path)
    assert answer.status == 404


async def test_every_answer_has_the_strict_policy(light: Shown) -> None:
    """Pages, data and refusals alike: no script but ours, no frame, nothing from elsewhere."""
    for path in ("/", DEVICES, "/nothing"):
        headers = (await ask(light.app, path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in headers


@pytest.mark.parametrize("chunks", [[bytes(MAX_BODY + 1)], [bytes(MAX_BODY), b"x"]])
async def test_an_oversized_body_is_refused(light: Shown, chunks: list[bytes]) -> None:
    """Whatever its header says; the connection ends."""
    answer = await ask(light.app, f"{DEVICES}/one/commands", chunks=chunks)
    assert (answer.status, answer.headers["connection"]) == (413, "close")


async def test_an_announced_oversized_body_is_not_read(light: Shown) -> None:
    """Its length is enough to refuse it."""
    headers = {"content-length": str(MAX_BODY + 1)}
    answer = await ask(light.app, f"{DEVICES}/one/commands", chunks=[b""], headers=headers)
    assert answer.status == 413


async def test_an_address_asks_only_so_often(light: Shown) -> None:
    """Beyond it the answer is 429, and nothing is done."""
    codes = [(await ask(light.app, "/")).status for _ in range(int(BURST) + 1)]
    assert codes[-2:] == [200, 429]


def test_the_rate_of_one_address_is_not_that_of_another() -> None:
    """An address gets its requests back with time; those that are forgotten are the oldest."""
    now = 0.0
    rates = Rates(lambda: now)
    assert all(rates.is_within("a") for _ in range(int(BURST)))
    assert not rates.is_within("a")
    assert rates.is_within("b")
    now = 1.0
    assert rates.is_within("a")
    for number in range(ADDRESSES * 2):
        rates.is_within(str(number))
    assert len(rates._left) == ADDRESSES


async def test_an_error_of_the_program_costs_one_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The browser learns that there was one, and not what."""

    async def broken(*_: object) -> None:
        raise RuntimeError("a secret")

    answer = await ask(Guard(broken, port=PORT, token=None), "/")
    assert answer.status == 500
    assert b"a secret" not in answer.body
    assert "a secret" in caplog.text


async def test_what_is_no_request_over_http_is_left_alone() -> None:
    """A WebSocket is not opened."""
    inner: ASGIApp = PlainTextResponse("here")
    told: list[object] = []

    async def tell(message: object) -> None:
        told.append(message)

    async def nothing() -> dict[str, object]:
        return {}

    await Guard(inner, port=PORT, token=None)({"type": "websocket"}, nothing, tell)  # type: ignore[arg-type]
    assert not told
