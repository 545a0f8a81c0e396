"""What a device serves: core resources, security resources and those of its profile.

A resource is a `Target`, which is all that the gate knows of it, and up to four operations over
immutable values (`base.Resource`). An operation gets a `Call`, decided and with its interface and
query read, and returns a representation or an `Outcome`; it changes nothing itself. If the outcome
has a database, that is stored before the answer leaves, and until then everybody else sees the old
one. A resource that refuses raises `RefusedError` with the code for the peer and a sentence for the
log.

    base           `Resource`, `Outcome`, the errors
    all            everything a device serves, in its order
    core           /oic/d, /oic/p, /oic/mnt; configuration: /oic/con
    discovery      /oic/res, /.well-known/core; links: the links in both, and in collections
    introspection  the description of the profile's resources; openapi: its text
    appliance      a resource of a profile; collection, batch: one that links to others
    units          values in the unit that a client names
    payload        CBOR, as peers write it
    secure/        below /oic/sec
    oic_1_1/       OIC 1.1 as a view of the same; iotivity_1_3: one deviation of that client

To add a security resource see docs/architecture.md; one of an appliance needs a profile only.

Codes are decided at three places: 4.01, and 4.03 or 5.03 in a state in which nobody may, by the
gate; 4.05 by `ReadOnly` for an operation that a resource does not have; all others by the resource
itself.
"""
