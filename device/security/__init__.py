"""What a device proves and lets others prove: ownership, sessions, certificates, PIN, roles.

    states     which onboarding state may follow which
    sessions   who is offered a DTLS session now, and who its peer then is
    owner      the owner credential, derived from the session of the transfer
    pin        the random PIN, and the key made of it
    tries      how often a PIN may be tried
    identity   the device's own key pair and certificates
    trust      whose certificates are believed
    roles      roles that peers asserted
    audit      auditable events

Who may do what with a resource is decided elsewhere (`onboardee.device.access`); here is what such
a decision rests on. All of it is values and functions over the database and the time. What is kept
in memory (roles, tries, the PIN, the audit log) belongs to one device.
"""
