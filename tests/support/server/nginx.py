"""nginx with the shipped configuration, in front of a server."""

import contextlib
import os
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
CONFIGURATION = DEPLOY / "nginx" / "pilookup.conf"
MIRROR = DEPLOY / "nginx" / "mirror.conf"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def make_certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "check.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("check.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    form = serialization.PrivateFormat.PKCS8
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))


def place(path, places):
    """The text of a configuration in which every key of `places` is replaced."""
    text = path.read_text()
    for old, new in places.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


class Nginx:
    """nginx with a shipped configuration, of which only addresses and directories are replaced.

    It is in front of the server at the port `upstream`, or is a mirror that serves the files of `root`.
    """

    def __init__(self, folder, upstream=None, *, tls=True, root=None):
        self.folder, self.port = folder, free_port()
        make_certificate(folder)
        (folder / "cache").mkdir()
        text = place(MIRROR if root else CONFIGURATION, self._places(upstream, root, tls=tls))
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.getuid() == 0 else ""
        (folder / "pilookup.conf").write_text(text)
        (folder / "nginx.conf").write_text(
            f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/start.log;\nevents {{}}\n"
            f"http {{\n{temporary}include {folder}/pilookup.conf;\n}}\n"
        )
        self.process = subprocess.Popen(
            ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "start.log"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _places(self, upstream, root, *, tls):
        """What stands in a shipped configuration, and what replaces it."""
        own = (
            {"/var/lib/pilookup-mirror": str(root)}
            if root
            else {"127.0.0.1:8080": f"127.0.0.1:{upstream}", "/var/cache/nginx/pilookup": str(self.folder / "cache")}
        )
        return {
            "    listen [::]:443 ssl http2;\n": "",
            "    listen [::]:80;\n": "",
            "listen 443 ssl http2": f"listen 127.0.0.1:{self.port}{' ssl http2' * tls}",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "/etc/pilookup/tls": str(self.folder),
            "/var/log/nginx": str(self.folder),
            **own,
        }

    def wait(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            time.sleep(0.05)
        raise AssertionError((self.folder / "start.log").read_text())

    def processes(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def client(self):
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        context.check_hostname = False  # it is called by its address
        return httpx2.Client(base_url=f"https://127.0.0.1:{self.port}", verify=context, timeout=30)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def log(self, name="pilookup.log", *, skipped=0, lines=0):
        """The access log without the first `skipped` lines, once it has `lines` more."""
        for _ in range(200):
            found = (self.folder / name).read_text().splitlines()[skipped:]
            if len(found) >= lines:
                return found
            time.sleep(0.05)
        raise AssertionError(found)
