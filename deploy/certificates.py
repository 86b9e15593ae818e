"""Make an authority of one's own, and the certificate by which the broker proves itself over TLS."""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS = dt.timedelta(days=3653)
"""How long the authority holds: partners are handed it once."""
ONE_YEAR = dt.timedelta(days=397)
"""How long the broker's certificate holds."""
SKEW = dt.timedelta(hours=1)
"""How far behind ours a partner's clock may be."""


class Signed(NamedTuple):
    """A private key and the certificate of its public half, both as PEM."""

    key: str
    certificate: str


def authority() -> Signed:
    """Return a new authority that signs servers' certificates and nothing else."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name("Onward broker authority")
    made = (
        _begun(key, name, YEARS)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return _signed(made, key, by=key)


def server(of: Signed, names: Sequence[str]) -> Signed:
    """Return a certificate of authority *of* for a server that is called by each of *names*."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(of.certificate.encode())
    by = serialization.load_pem_private_key(of.key.encode(), None)
    assert isinstance(by, ec.EllipticCurvePrivateKey)
    made = (
        _begun(key, _name("Onward broker"), ONE_YEAR)
        .issuer_name(issuer.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_called(one) for one in names]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
    )
    return _signed(made, key, by=by)


def _begun(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, lasts: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(
    made: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    *,
    by: ec.EllipticCurvePrivateKey,
) -> Signed:
    certificate = made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Signed(key=private.decode(), certificate=certificate.decode())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _called(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
