"""Libraries of which a process of ours imports a part do all the same what they are asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.hangs import HANGS

TYPED = """
import threading, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from kubernetes.client import ApiClient, Configuration, CoreV1Api

class Endpoint(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"metadata": {"name": "a", "creationTimestamp": "2026-12-01T06:00:00Z"}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Endpoint)
threading.Thread(target=server.serve_forever, daemon=True).start()
core = CoreV1Api(ApiClient(Configuration(host=f"http://127.0.0.1:{server.server_port}")))
found = core.read_namespace_with_http_info("a")
status = found[1] if isinstance(found, tuple) else found.status_code  # a client before 37 returns a tuple
print(json.dumps([core.read_namespace("a").metadata.creation_timestamp.isoformat(), status]))
"""
OTHERS = """
from kubernetes.client import ApiClient
before = [name for name in ("pydantic", "dateutil.parser") if name in sys.modules]
import pydantic, dateutil.parser, importlib.metadata, re
after = [pydantic.BaseModel, dateutil.parser.parse, importlib.metadata.version, type(re.compile("a"))]
print(json.dumps([before, *(one.__module__ for one in after)]))
"""
EXPRESSIONS = """
import yaml
from cryptography import x509
from urllib3.util.url import parse_url
hosts = [parse_url(one).host for one in ("http://[::1]:80/a", "http://127.0.0.1/", "http://Api.Example/%7e")]
try:
    yaml.safe_load("a: \\x07")
except yaml.reader.ReaderError as error:
    hosts.append(error.reason)
print(json.dumps([*hosts, x509.Name.from_rfc4514_string("CN=a\\\\,b,O=c").rfc4514_string()]))
"""
VERSIONS = """
import importlib.metadata
import kubernetes
print(json.dumps([kubernetes.__version__ == importlib.metadata.version("kubernetes"), hasattr(kubernetes, "config")]))
"""


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (TYPED, ["2026-12-01T06:00:00+00:00", 200]),
        (OTHERS, [[], "pydantic.main", "dateutil.parser._parser", "importlib.metadata", "re"]),
        (EXPRESSIONS, ["[::1]", "127.0.0.1", "api.example", "special characters are not allowed", "CN=a\\,b,O=c"]),
        (VERSIONS, [True, True]),
    ],
    ids=["typed", "others", "expressions", "versions"],
)
def test_a_library_does_what_it_is_asked_for(code: str, wanted: list[object]) -> None:
    begin = "import json, sys; from conformance.core.startup.libraries import import_what_is_used as go; go(); go()\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + code], check=False, capture_output=True, text=True, timeout=HANGS
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == wanted
