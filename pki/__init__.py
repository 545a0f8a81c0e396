"""Certificates, for everybody who has to do with them: X.509 as OCF uses it (OCF Security 9.4).

* `pem`: PEM text and DER octets, without any reading of what they say
* `key_pairs`: private keys, and a key with the chain that is about it
* `certificate`: one certificate, read; who it is about
* `ocf_profile`: what OCF requires of a device's, a role's and an authority's certificate
* `chains`: from a certificate to somebody who is trusted
* `revocations`: lists of certificates that their issuers withdrew
* `signing_requests`: certificate requests, made and read
* `issuing`: authorities, and the certificates and lists that they sign
* `printing`: a certificate as people read it

Nothing here knows a device, a database, a session or a clock. The X.509 library costs 5 MB of
memory: all modules but `pem`, `key_pairs` and `errors` are to be imported where a certificate is at
hand.

A certificate goes through these in the order of the list: octets, reading, profile, chain. Each
stage raises the errors of `errors`, of which each has its own alert in a handshake, so that a
peer hears what is wrong with what it showed. Who trusts whom, and at which moment, is always an
argument (`chains.Trust`).
"""
