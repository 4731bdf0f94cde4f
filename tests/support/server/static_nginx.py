"""nginx with the shipped configuration of a static host."""

import os
import socket
import subprocess
import time
from base64 import b64encode
from contextlib import suppress
from hashlib import sha1
from pathlib import Path

from tests.support.server.nginx import free_port

CONFIGURATION = Path(__file__).resolve().parents[3] / "deploy" / "nginx" / "platform-mirror.conf"
USER, PASSWORD = "mirror", "a password of the host's own"


class StaticNginx:
    """Serves the directories of channels below `folder`; only addresses, TLS and directories differ from the shipped."""

    def __init__(self, folder, channels):
        self.folder, self.port = folder, free_port()
        digest = b64encode(sha1(PASSWORD.encode()).digest()).decode()
        (folder / "users").write_text(f"{USER}:{{SHA}}{digest}\n")
        text = CONFIGURATION.read_text()
        for old, new in {
            "    listen [::]:443 ssl http2;\n": "",
            "listen 443 ssl http2": f"listen 127.0.0.1:{self.port}",
            "    ssl_certificate     /etc/pilookup/tls/fullchain.pem;  # CHANGE\n": "",
            "    ssl_certificate_key /etc/pilookup/tls/privkey.pem;  # CHANGE\n": "",
            "/etc/pilookup/mirror-users": str(folder / "users"),
            "/srv/pilookup": str(channels),
            "/var/log/nginx": str(folder),
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.getuid() == 0 else ""
        (folder / "mirror.conf").write_text(text)
        (folder / "nginx.conf").write_text(
            f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/start.log;\nevents {{}}\n"
            f"http {{\n{temporary}include {folder}/mirror.conf;\n}}\n"
        )
        self.process = subprocess.Popen(
            ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "start.log"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def wait(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            time.sleep(0.05)
        raise AssertionError((self.folder / "start.log").read_text())

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
