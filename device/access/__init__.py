"""Who may do what: the peer and its request in one shape, the gate, and the tables of rights.

Nothing else decides about access. A request passes three questions, in this order, and each is
asked in one place:

    Call --> gate.decide           may this peer do this with this resource, now?     4.01
             gate.out_of_season    can anybody do it in this onboarding state?        4.03, 5.03
             rights.why_not_writable
                                   may this property be written, over this connection? 4.00

The first is about the peer, and tells it no more than that it is refused. The other two are about
the device alone: whoever hears of them was let in. The other way round, a stranger would learn from
the code what state a device is in.

    peer.Peer        who talks: address, session, UUID, roles
    target.Target    the resource, as far as access is concerned
    call.Call        the two with the operation, the database and the time
    rules            what the gate asks, in the order that gate.py explains
    facts            what follows for a resource from the state, the database and the profile
    aces             which access control entries are about a call
    concessions      what a profile lets pass beyond OCF, for tools that depend on it
    remembered_decisions
                     decisions that are still true, so that they are not made again
"""
