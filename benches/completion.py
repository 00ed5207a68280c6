"""Times the Tab key at prompts on a pseudo-terminal and curl on the same list call, in turn."""

import base64
import fcntl
import hashlib
import hmac
import json
import os
import pathlib
import pty
import select
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("CAPUCHIN", str(ROOT / "target/release/capuchin"))
CATALOGUE = (ROOT / "src/cloud/cloudstack/listapis-4.11.json").read_bytes()
BELL = b"\x07"


class Catalogue(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(CATALOGUE)))
        self.end_headers()
        self.wfile.write(CATALOGUE)

    def log_message(self, *_):
        pass


class Prompt:
    """A prompt of the program on a terminal of 80 columns and 24 rows."""

    def __init__(self, home, url, key, secret):
        env = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm", "NO_COLOR": "1", "SHELL": "/bin/sh",
               "CLOUDSTACK_ENDPOINT": url, "CLOUDSTACK_KEY": key, "CLOUDSTACK_SECRET": secret}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM, [PROGRAM], env)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.seen(b"> ")
        self.settle()

    def seen(self, *needles):
        """Reads until one of these came, and gives which."""
        text = b""
        while True:
            if not select.select([self.terminal], [], [], 30)[0]:
                sys.exit(f"none of {needles} came: {text[-500:]}")
            text += os.read(self.terminal, 65536)
            for needle in needles:
                if needle in text:
                    return needle

    def settle(self):
        while select.select([self.terminal], [], [], 0.05)[0]:
            os.read(self.terminal, 65536)

    def type(self, text):
        os.write(self.terminal, b"\x15" + text.encode())
        self.settle()

    def tab(self, wanted=BELL):
        """How long Tab holds the line, and how long it takes until that is shown, Tab pressed again while it is not there."""
        start = time.perf_counter()
        held = None
        while True:
            os.write(self.terminal, b"\t")
            text = b""
            while BELL not in text or select.select([self.terminal], [], [], 0.05)[0]:
                text += os.read(self.terminal, 65536)
                taken = (time.perf_counter() - start) * 1000
                if BELL in text:
                    held = held or taken
                if wanted in text:
                    self.settle()
                    return held, taken

    def leave(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


def signed(url, key, secret, **params):
    params |= {"apikey": key, "response": "json"}
    text = "&".join(f"{k}={urllib.parse.quote(v, safe='*')}" for k, v in sorted(params.items()))
    digest = hmac.new(secret.encode(), text.lower().encode(), hashlib.sha1).digest()
    return f"{url}?{text}&signature={urllib.parse.quote(base64.b64encode(digest), safe='')}"


def told(what, times):
    print(f"{what:58} median {statistics.median(times):6.1f} ms, worst {max(times):6.1f} ms of {len(times)}")


def with_catalogue(home, url, key):
    """Keeps the catalogue of 554 APIs as if that cloud had told it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Catalogue)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = {"HOME": home, "PATH": os.environ["PATH"], "CLOUDSTACK_KEY": key, "CLOUDSTACK_SECRET": "SECRET",
           "CLOUDSTACK_ENDPOINT": f"http://127.0.0.1:{server.server_port}/client/api"}
    subprocess.run([PROGRAM, "sync"], env=env, check=True, capture_output=True)
    kept = pathlib.Path(home, ".cache/capuchin/catalogue")
    (made,) = kept.iterdir()
    shutil.move(made, kept / hashlib.sha1(f"{url}\0{key}".encode()).hexdigest())
    server.shutdown()


def on_machines(home, runs):
    env = {"HOME": home, "PATH": os.environ["PATH"]}
    subprocess.run([PROGRAM, "list", "zones"], env=env, check=True, capture_output=True)
    subprocess.run([PROGRAM, "devcloud", "seed", "large"], env=env, check=True, capture_output=True)
    serving = subprocess.Popen([PROGRAM, "devcloud", "serve", "-o", "json"], env=env, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    cloud = json.loads(serving.stdout.readline())
    url, key, secret = cloud["url"], cloud["apikey"], cloud["secretkey"]
    with tempfile.TemporaryDirectory() as other:
        with_catalogue(other, url, key)
        words, held, cold, warm, narrowed, curl = [], [], [], [], [], []
        call = signed(url, key, secret, command="listVirtualMachines", listall="true", page="1", pagesize="250")
        more = b" more: type part"
        for _ in range(runs):
            prompt = Prompt(other, url, key, secret)
            prompt.type("list ")
            words.append(prompt.tab()[1])
            for typed, times in (("id=", cold), ("id=", warm), ("id=vm-01", narrowed)):
                prompt.type(f"stop virtualmachine {typed}")
                first, shown = prompt.tab(more)
                times.append(shown)
                held.append(first)
            prompt.leave()
            start = time.perf_counter()
            subprocess.run(["curl", "-s", "-o", "/dev/null", call], check=True)
            curl.append((time.perf_counter() - start) * 1000)
    serving.terminate()
    serving.wait()
    told("verbs and nouns, 554 APIs", words)
    told("10,000 machines, how long a Tab holds the line", held)
    told("10,000 machines, nothing kept yet", cold)
    told("10,000 machines, from the cache", warm)
    told("10,000 machines, narrowed by the server", narrowed)
    told("curl on the same page of machines", curl)


def on_silence(home, runs):
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/client/api"
    with_catalogue(home, url, "KEY")
    times = []
    for _ in range(runs):
        prompt = Prompt(home, url, "KEY", "SECRET")
        prompt.type("stop virtualmachine id=")
        times.append(prompt.tab()[0])
        prompt.leave()
    told("a server that never answers: how long Tab holds the line", times)


def main():
    runs = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        on_machines(home, runs)
    with tempfile.TemporaryDirectory() as home:
        on_silence(home, max(runs // 5, 1))


main()
