"""The machine: what turns a datagram, a moment or a press of a button into a step of a device.

A device has no sockets, no clock, no randomness and no disk of its own. Whatever happens to it is
a call with the time; what it wants done comes back as a value, a `Step`: datagrams to send, events
to tell, a database to store. The way of a request is a line:

    datagram ─► session ─► message ─► request ─► decision ─► resource ─► [store] ─► answer
    messaging   wire.dtls  wire.coap  requests   access      resources   the host   wire.coap
                peers

`boot` puts a device together. `device` does one piece of work after the other: most come from
`messaging`, which leads in from both ports and out again, over sessions whose peers `peers` knows
and `admission` has let in, or in the clear, where `groups` has what waits for its leisure and
`challenges` what waits for a proof of address, within the `budget` of the process. A read that
nothing has changed for ends at `repeats`. All other requests go through `service`, which completes
them with the state that they meet, and `requests`, which leads them through resource, interface,
gate and operation. `lifecycle` lets a change take effect once it is durable; `changes` and
`telling` make events of it. What the device shows, and who hears of it, is with `values`. Around a
device may stand a `layer`, or several (`layered`).
"""
