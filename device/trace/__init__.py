"""Everything that crosses a device's border, in its order: what `run --trace` shows.

A device is a machine whose every happening is a call and whose every effect is a value, so that all
of it can be seen from outside. `tracing` stands around a device (`machine.layer`) and sees each
datagram come and leave, each timer, each change of the database. What the datagrams hold is worked
out from them alone, by a decoder that stands beside the conversation and is told the secrets of its
sessions (`dtls`, `coap`); the same decoder reads recordings and captures of other devices, where
there is nothing but datagrams and a file of secrets. What the device says of itself, its events,
comes in between, each where it happened.

    datagram ─► record ─► handshake message
                     └──► message ─► event (decision, answer) ─► change ─► message ─► … ─► datagram

The result is one stream of items (`items`), which is written for people (`text`), for programs
(JSON lines) or into a capture (`pcapng`), and judged by `device.audit`.
"""
