"""The TLS proxy a real school stands behind, as small as it can be, with a certificate of its own."""

import datetime as dt
import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "kvs.localhost"  # browsers take every name under localhost for this machine (RFC 6761)
OF_ONE_HOP = {"connection", "content-length", "transfer-encoding"}


def certificate(path: Path) -> None:
    """A key and a certificate for HOST, of a day, signed by nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]), dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


class Front(BaseHTTPRequestHandler):
    """Hands a request on, and says that it came over TLS and from where."""

    protocol_version = "HTTP/1.1"
    behind = 0  # port of the school

    def do_GET(self) -> None:
        """Any request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": self.client_address[0]}
        school = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=60)
        school.request(self.command, self.path, body, {**dict(self.headers), **told})
        answer = school.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OF_ONE_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        school.close()

    do_POST = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def tls_front(port: int, folder: Path) -> Iterator[str]:
    """The https address of the school at this port."""
    certificate(folder / "proxy.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "proxy.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), type("FrontOfOne", (Front,), {"behind": port})) as server:
        # The handshake is for the thread of the connection: browsers open some that they never use.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://{HOST}:{server.server_port}"
        server.shutdown()
