"""What a device proves and lets others prove: ownership, sessions, certificates, PIN, roles.

    onboarding_states     which onboarding state may follow which
    offers, sessions      who is offered a DTLS session; who the peer of one is
    owner                 the owner credential, derived from the session of the transfer
    pin, tries            the random PIN, the key made of it, how often it may be tried
    device_certificates   the device's own key pair and certificates
    trust                 whose certificates are believed
    asserted_roles        roles that peers asserted
    direct_pairing,       Direct Pairing as it goes on, one attempt, and its keys (IoTivity 1.1)
      pairing_attempt, pairing_keys
    audit_log             auditable events

Who may do what with a resource is decided elsewhere (`onboardee.device.access`); here is what such
a decision rests on. All of it is values and functions over the database and the time. What is kept
in memory (roles, tries, the PIN, the audit log) belongs to one device.
"""
