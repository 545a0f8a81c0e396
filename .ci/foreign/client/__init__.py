"""A client of OCF devices, as a project has it that tests with onboardee."""

import cbor2
from aiocoap import POST, Context, Message  # type: ignore[import-untyped]


async def switch_on(device: str) -> None:
    """Switch a light on."""
    context = await Context.create_client_context()
    body = cbor2.dumps({"value": True})
    await context.request(Message(code=POST, uri=f"{device}/light/switch", payload=body)).response
    await context.shutdown()
