"""The dashboard: devices in a browser, and an HTTP interface for scripts (`run --web`).

It knows what the control socket and the event bus know, and nothing else: a command is carried out
by the same `Performer`, an event is the same one that `ctl watch` prints. What a browser shows is
asked of the device at that moment, or told by it.

    devices    the devices of the process, as long as they run
    views      what is told of a device: a card, all of it, its security resources without secrets
    feed       events to many browsers, of which each may be slow
    ladder     what crosses a device's border, to who looks at it
    changes    what each step changed in a device's database
    faults     of the protocol: those there are, and ready ones
    turns      long work in slices, so that devices go on between them
    snapshots  the database kept, compared and put back
    answers    JSON and streams of events
    api        the paths; openapi describes them to programs
    guard      who may ask at all: host, origin, token, rate, size
    assets     the pages, from memory
    http_server  HTTP on one socket, in the loop of the devices
    serving    the dashboard of one process
    fleet      that of a fleet in several processes, which asks theirs (asking)
    static/    the pages themselves: plain modules without a build step

It is an extra of the package (`onboardee[web]`), and is imported only where it is asked for.
"""
