"""Faults, where one wants them: a device that misbehaves at one step and is honest elsewhere.

The device knows nothing of it. `Faulty` stands around it (`machine.layer`): it sees each datagram,
and with the secrets of the sessions what is in it, so that a fault can wait for a step of the
transfer by its name, for a resource, a handshake message, a state or a time (`terms`, `steps`), and
then act on what goes in or comes out (`effects`). A request that is to be accepted without effect
becomes a harmless one before the device sees it, and its answer becomes the one that was wanted:
the record is sealed anew, under the same number, with the keys of the session (`rewriting`). So no
part of the device is sprinkled with conditions, and each effect combines with all others.
"""
