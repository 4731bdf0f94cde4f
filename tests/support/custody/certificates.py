"""Certificates for a cluster: an authority, and one certificate for clients, scheduler and workers."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def certificates(folder):
    """Writes ca.pem, node.pem and node.key; returns Dask's settings for them."""
    folder.mkdir()
    authority, node = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name("test authority")
    ca = _signed(issuer, issuer, authority, authority, x509.BasicConstraints(ca=True, path_length=0))
    leaf = _signed(_name("test node"), issuer, node, authority, x509.BasicConstraints(ca=False, path_length=None))
    (folder / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    (folder / "node.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    key = node.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "node.key").write_bytes(key)
    (folder / "node.key").chmod(0o600)
    return settings(folder)


def settings(folder):
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    roles = ("CLIENT", "SCHEDULER", "WORKER")
    files = {f"{tls}CA_FILE": str(folder / "ca.pem")}
    files |= {f"{tls}{role}__CERT": str(folder / "node.pem") for role in roles}
    files |= {f"{tls}{role}__KEY": str(folder / "node.key") for role in roles}
    return {**files, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _signed(subject, issuer, key, signer, constraints):
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
    builder = builder.not_valid_after(now + timedelta(days=1)).add_extension(constraints, critical=True)
    return builder.sign(signer, hashes.SHA256())
