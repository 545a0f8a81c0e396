"""What both sides of a handshake agree on, and the keys that follow (RFC 5246 6.1 and 8.1).

    ServerHello           suite, randoms, whether RFC 7627 and RFC 7366 apply
    ClientKeyExchange     premaster secret --> master secret --> key block

The premaster secret is not kept: whoever reads this device's memory later should find no more than
the sessions that are alive.
"""

from dataclasses import dataclass, field

from onboardee.wire.dtls import keys
from onboardee.wire.dtls.numbers import CipherSuite
from onboardee.wire.dtls.protection import Protection, protections
from onboardee.wire.dtls.suites import SUITES, SuiteParameters
from onboardee.wire.entropy import Entropy


@dataclass(slots=True)
class SecurityParameters:
    """The parameters of one handshake, filled in as its messages come.

    `suite` is not to be read before ServerHello. Randoms have 32 octets, the master secret 48.
    """

    suite: CipherSuite = field(init=False)
    client_random: bytes = b""
    server_random: bytes = b""
    master_secret: bytes = field(default=b"", repr=False)
    """Empty until the keys were exchanged."""
    extended_master_secret: bool = False
    """The transcript is in the master secret (RFC 7627)."""
    encrypt_then_mac: bool = False
    """Records of CBC carry their MAC outside of the encryption (RFC 7366)."""

    @property
    def of_suite(self) -> SuiteParameters:
        """The suite's row of the table."""
        return SUITES[self.suite]

    def derive(self, premaster: bytes, session_hash: bytes) -> None:
        """Compute the master secret; `session_hash` is over all through ClientKeyExchange."""
        # Both sides offered and answered RFC 7627, or the secret rests on the randoms alone.
        if self.extended_master_secret:
            self.master_secret = keys.extended_master_secret(
                premaster, session_hash, self.of_suite.hash
            )
        else:
            self.master_secret = keys.master_secret(
                premaster, self.client_random, self.server_random, self.of_suite.hash
            )

    def keylog_line(self) -> str:
        """Return the line of an SSLKEYLOGFILE with which Wireshark reads the session."""
        return f"CLIENT_RANDOM {self.client_random.hex()} {self.master_secret.hex()}"

    def protections(self, entropy: Entropy) -> tuple[Protection, Protection]:
        """Return what the client writes with and what the server writes with."""
        block = keys.key_block(
            self.master_secret,
            self.client_random,
            self.server_random,
            self.of_suite.key_block_size,
            self.of_suite.hash,
        )
        return protections(self.of_suite, block, entropy, encrypt_then_mac=self.encrypt_then_mac)

    def verify_data(self, label: bytes, transcript_hash: bytes) -> bytes:
        """Return the 12 octets of a Finished over a transcript (RFC 5246 7.4.9)."""
        return keys.verify_data(self.master_secret, label, transcript_hash, self.of_suite.hash)
