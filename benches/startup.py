"""Times `capuchin list users` and curl on the same signed URL, in turn, and prints the medians; then completion for other
shells, and a thousand calls as lines of one `capuchin batch` against as many of curl."""

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
CAPUCHIN = os.environ.get("CAPUCHIN", str(ROOT / "target/release/capuchin"))
CALLS = 1000
CATALOGUE = (ROOT / "src/cloud/cloudstack/listapis-4.11.json").read_bytes()
USERS = json.dumps({"listusersresponse": {"count": 1, "user": [{"id": "1", "username": "admin"}]}}).encode()


class Cloud(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

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
        capuchin = [CAPUCHIN, "list", "users"]
        curl = ["curl", "-s", signed(url, "SECRET")]
        timed(capuchin, env)
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(timed(capuchin, env))
            theirs.append(timed(curl, env))
        tab = [timed([CAPUCHIN, "complete", "deploy virtualmachine "], env) for _ in range(50)]
        start = time.perf_counter()
        lines = "list users\n" * CALLS
        answers = subprocess.run([CAPUCHIN, "batch"], env=env, check=True, input=lines, capture_output=True, text=True).stdout
        batch = time.perf_counter() - start
        assert answers.count('"ok":true') == CALLS
        each = sum(timed(curl, env) for _ in range(CALLS)) / 1000
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"capuchin {a:.1f} ms, curl {b:.1f} ms, ratio {a / b:.2f} (medians of {runs})")
    print(f"complete: median {statistics.median(tab):.1f} ms, worst {max(tab):.1f} ms of {len(tab)}")
    print(f"{CALLS} calls: capuchin batch {batch:.2f} s, curl {each:.2f} s, ratio {batch / each:.2f}")


main()
