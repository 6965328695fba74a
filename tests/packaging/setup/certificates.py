"""A certificate of our own to sign programs with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

PASSWORD = "pass word № 1"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate; returns it with its key as PKCS #12 under `PASSWORD`, and alone as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "FREESPORT test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private, public = folder / "signing.pfx", folder / "signing.pem"
    locked = BestAvailableEncryption(PASSWORD.encode())
    private.write_bytes(pkcs12.serialize_key_and_certificates(b"test", key, certificate, None, locked))
    public.write_bytes(certificate.public_bytes(Encoding.PEM))
    return private, public
