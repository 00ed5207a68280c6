"""Times `capuchin list users` and curl on the same signed URL, in turn, and prints the medians."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parent.parent
CATALOGUE = (ROOT / "src/cloud/cloudstack/listapis-4.11.json").read_bytes()
USERS = json.dumps({"listusersresponse": {"count": 1, "user": [{"id": "1", "username": "admin"}]}}).encode()


class Cloud(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = CATALOGUE if "command=listApis" in self.path else USERS
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def signed(url, secret):
    params = {"apikey": "KEY", "command": "listUsers", "response": "json"}
    text = "&".join(f"{k}={urllib.parse.quote(v, safe='*')}" for k, v in sorted(params.items()))
    digest = hmac.new(secret.encode(), text.lower().encode(), hashlib.sha1).digest()
    return f"{url}?{text}&signature={urllib.parse.quote(base64.b64encode(digest), safe='')}"


def timed(command, env):
    start = time.perf_counter()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def main():
    runs = int(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/client/api"
    with tempfile.TemporaryDirectory() as home:
        env = {"HOME": home, "PATH": os.environ["PATH"], "CLOUDSTACK_ENDPOINT": url,
               "CLOUDSTACK_KEY": "KEY", "CLOUDSTACK_SECRET": "SECRET"}
        capuchin = [str(ROOT / "target/release/capuchin"), "list", "users"]
        curl = ["curl", "-s", signed(url, "SECRET")]
        timed(capuchin, env)
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(timed(capuchin, env))
            theirs.append(timed(curl, env))
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"capuchin {a:.1f} ms, curl {b:.1f} ms, ratio {a / b:.2f} (medians of {runs})")


main()
