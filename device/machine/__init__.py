"""The machine: what turns a datagram, a moment or a press of a button into a step of a device.

A device has no sockets, no clock, no randomness and no disk of its own. Whatever happens to it is
a call with the time; what it wants done comes back as a value, a `Step`: datagrams to send, events
to tell, a database to store. The way of a request is a line:

    datagram ─► session ─► message ─► request ─► decision ─► resource ─► [store] ─► answer
               peers      wire.coap  requests   access      resources   the rim    wire.coap

`boot` builds a device, `device` puts the stages behind each other, `queue` does one piece of work
after the other, `peers` knows the sessions, `groups` the requests that wait for their leisure,
`requests` leads a request through resource, interface, gate and operation, `service` completes it
with the state that it meets, `lifecycle` lets a change take effect, and `outbound` is what leaves.
"""
