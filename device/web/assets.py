"""The pages, read once into memory: a path is a name in a table, and leads nowhere else."""

import hashlib
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Of the files that are served; others are not."""


class Asset(NamedTuple):
    """A file with what is said of it."""

    content: bytes
    media_type: str
    tag: str
    """Changes with the content, so that a browser asks and does not fetch again."""


def load() -> dict[str, Asset]:
    """Return the pages by their paths; `/` is the first of them."""
    found: dict[str, Asset] = {}
    for file in files(__package__).joinpath("static").iterdir():
        name = file.name
        media_type = TYPES.get(name[name.rfind(".") :])
        if media_type is not None:
            content = file.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            found[f"/{name}"] = Asset(content, media_type, tag)
    found["/"] = found.pop("/index.html")
    return found


def routes() -> list[Route]:
    """Return a route for each page."""
    return [Route(path, _answering(asset)) for path, asset in load().items()]


def _answering(asset: Asset) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        headers = {"etag": asset.tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == asset.tag:
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    return answer
