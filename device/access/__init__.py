"""Who may do what: the peer and its request in one shape, the gate, and the tables of rights.

Nothing else decides about access. `gate.decide` grants or refuses an operation on a resource,
`rights` says which property of a security resource may be written in which onboarding state.
"""
