"""Devices in an event loop: their sockets, their time, their disk, and what people ask of them.

A device is asked and answers with values (`device/machine`). Whoever hosts it does the asking, and
what the answers want. Here that is an asyncio loop with one thread, which is enough for a thousand
devices, because none of them ever waits in it:

    socket, alarm,           one thing            datagrams ─► socket
    control socket, ─► HostedDevice ─► Device ─► Step: events ─► bus
    button             after the other            database ─► thread of the disk, then on

`hub` has all devices of a process and what they share: the groups (`multicast`), the threads that
wait for disks, and the turns in which many devices that have something to do at once take it
(`turns`). `hosted` is one device. `binding` and `udp` are its sockets, which know on which of our
addresses a datagram arrived, as its answer has to leave there. `waiting` holds what happens while
the disk works. `control` is the socket on which people and scripts ask.

No task and no thread belongs to a device, and nothing is awaited on its behalf. So the order of
what happens to one is simply the order of the calls, a device that fails cannot take the loop with
it (`fault_reporter`), and a test can do all of this with another clock.
"""
