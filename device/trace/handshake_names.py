"""What people want to know of handshake messages and alerts: names, suites, extensions.

The numbers are those of RFC 5246 and its extensions. One that nobody here knows stays a number, as
a trace tells of strangers' programs; a message that is broken is told as such, with what is wrong.
"""

from typing import Any

from onboardee.wire.dtls import CipherSuite
from onboardee.wire.dtls.errors import Alert as DtlsError
from onboardee.wire.dtls.framing import HandshakeMessage
from onboardee.wire.dtls.hello import ClientHello, HelloVerifyRequest, ServerHello
from onboardee.wire.dtls.messages import CertificateChain, ClientKeyExchange, ServerKeyExchange
from onboardee.wire.dtls.numbers import AlertDescription, ExtensionType, HandshakeType
from onboardee.wire.dtls.suites import SUITES


def known_suite(number: int) -> CipherSuite | None:
    """Return a suite by its number, None for one that the DTLS engine has not."""
    try:
        return CipherSuite(number)
    except ValueError:
        return None


def name_of(message: HandshakeMessage) -> str:
    """Return the name of a handshake message as RFC 5246 writes it."""
    try:
        return "".join(word.capitalize() for word in HandshakeType(message.type).name.split("_"))
    except ValueError:
        return f"handshake type {message.type}"


def alert_name(description: int) -> str:
    """Return the name of an alert as RFC 5246 writes it."""
    try:
        return AlertDescription(description).name.lower()
    except ValueError:
        return f"alert {description}"


def suite_name(number: int) -> str:
    """Return the name of a cipher suite, or its number in hex."""
    suite = known_suite(number)
    return f"0x{number:04X}" if suite is None else suite.name


def fields_of(message: HandshakeMessage, suite: CipherSuite | None) -> dict[str, Any]:
    """Return what people want to know of a handshake message; of one that is broken, nothing."""
    try:
        match message.type:
            case HandshakeType.CLIENT_HELLO:
                return _client_hello(ClientHello.decode(message.body))
            case HandshakeType.HELLO_VERIFY_REQUEST:
                return {"cookie": len(HelloVerifyRequest.decode(message.body).cookie)}
            case HandshakeType.SERVER_HELLO:
                hello = ServerHello.decode(message.body)
                return {"suite": suite_name(hello.suite), "extensions": _names(hello.extensions)}
            case HandshakeType.CERTIFICATE:
                return {"certificates": len(CertificateChain.decode(message.body).chain)}
            case HandshakeType.SERVER_KEY_EXCHANGE if suite is not None:
                hint = ServerKeyExchange.decode(message.body, SUITES[suite].exchange).hint
                return {"hint": hint.hex()} if hint else {}
            case HandshakeType.CLIENT_KEY_EXCHANGE if suite is not None:
                identity = ClientKeyExchange.decode(message.body, SUITES[suite].exchange).identity
                return {"identity": identity.hex()} if identity else {}
    except DtlsError as error:
        return {"malformed": str(error)}
    return {}


def _client_hello(hello: ClientHello) -> dict[str, Any]:
    """Return what a client offers, by names."""
    return {
        "version": f"0x{hello.version:04X}",
        "suites": [suite_name(number) for number in hello.suites],
        "cookie": len(hello.cookie),
        "extensions": _names(hello.extensions),
    }


def _names(extensions: Any) -> list[str]:
    """Return the names of extensions, and the numbers of those that have none here."""
    known = {int(each): each.name.lower() for each in ExtensionType}
    return [known.get(number, str(number)) for number in extensions or ()]
