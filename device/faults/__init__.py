"""Faults, where one wants them: a device that misbehaves at one step and is honest elsewhere.

The device knows nothing of it. `Faulty` stands around it (`machine.layer`): it sees each datagram,
and with the secrets of the sessions what is in it, so that a fault can wait for a step of the
transfer by its name, for a resource, a handshake message, a state or a time (`terms`, `steps`), and
then act on what goes in or comes out (`effects`). A request that is to be accepted without effect
becomes a harmless one before the device sees it, and its answer becomes the one that was wanted:
the record is sealed anew, under the same number, with the keys of the session (`rewriting`). So no
part of the device is sprinkled with conditions, and each effect combines with all others.

    terms, steps       how a fault is written, and the steps that it may wait for
    checking           whether it can act at all, on any device and on this one
    certificates       the wrong certificate that it shows, made before the device begins
    building           makes a device that has faults, or may get them while it runs
    layer              what comes in, what the device does of itself, what is stored
      roster, triggers   which faults there are, and whether it is their turn
      leaving, effects   what leaves: armed for an answer, and written anew
      passing            what a network does, either way
      handles            clock, certificate and secrets, which the device gets from outside
      disk, crowd        the disk; devices that are not there
      happenings         faults that come and go are things that happen, so they are recorded
    rewriting          looks into datagrams, and seals others in their places

A device without faults has none of this around it. `onboardee run` makes its devices in a way that
they can get faults later (`building.Maker`): the clock and the terms of sessions go through
`handles`, which costs nothing that can be measured, and the layer comes with the first fault.
"""
