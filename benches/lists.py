"""Times lists of machines in every output form beside curl and jq: `lists.py [RUNS]`, `lists.py large`."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = str(ROOT / "target/release/capuchin")
PAGE = 500


def serve():
    """A cloud of one list: /whole/N gives N machines at once, /paged/N 500 at a time."""
    import json
    import uuid
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from urllib.parse import parse_qs, urlparse

    catalogue = (ROOT / "src/cloud/cloudstack/listapis-4.11.json").read_bytes()
    for line in (ROOT / "tests/recorded/lists.jsonl").read_text().splitlines():
        exchange = json.loads(line)
        if exchange["name"] == "listVirtualMachines.json":
            machine = json.loads(exchange["body"])["listvirtualmachinesresponse"]["virtualmachine"][-1]
    machine["tags"] = [{"key": key, "value": "x" * 40, "resourcetype": "UserVm", "account": "admin", "domain": "ROOT"}
                       for key in ("region", "owner", "team")]
    text = json.dumps(machine, separators=(",", ":"))
    own, name = machine["id"], machine["name"]

    def row(number):
        other = str(uuid.UUID(int=number * 0x1F3D5B79_A2C4E6F8_13579BDF % (1 << 128)))
        return text.replace(own, other).replace(f'"{name}"', f'"machine-{number}"')

    def element(tag, value):
        if isinstance(value, list):
            return "".join(element(tag, item) for item in value)
        if isinstance(value, dict) and tag != "details":
            return f"<{tag}>{''.join(element(field, inner) for field, inner in value.items())}</{tag}>"
        if isinstance(value, dict):
            value = "{" + ", ".join(f"{field}={inner}" for field, inner in value.items()) + "}"
        value = str(value).lower() if isinstance(value, bool) else str(value)
        return f"<{tag}>{value.replace('&', '&amp;').replace('<', '&lt;')}</{tag}>"

    bodies = {}

    def body(first, last, count, form):
        known = bodies.get((first, last, count, form))
        if known:
            return known
        rows = [row(number) for number in range(first, last)]
        if form == "xml":
            rows = "".join(element("virtualmachine", json.loads(one)) for one in rows)
            made = (f'<listvirtualmachinesresponse cloud-stack-version="4.11.1.0"><count>{count}</count>{rows}'
                    "</listvirtualmachinesresponse>")
        else:
            made = f'{{"listvirtualmachinesresponse":{{"count":{count},"virtualmachine":[{",".join(rows)}]}}}}'
        made = made.encode()
        if first == 0 and last == count:
            bodies[(first, last, count, form)] = made
        return made

    class Cloud(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            address = urlparse(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            if asked.get("command") == "listApis":
                return self.answer(catalogue)
            _, manner, count, *_ = address.path.split("/")
            count, number = int(count), int(asked.get("page", 1))
            size = int(asked.get("pagesize", count if manner == "whole" else PAGE))
            first = min((number - 1) * size, count)
            self.answer(body(first, min(first + size, count), count, asked.get("response", "json")))

        def answer(self, content):
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
    print(server.server_port, flush=True)
    server.serve_forever()


def measured(command, env):
    """Seconds, processor seconds and peak megabytes of a command and what it starts."""
    start = time.perf_counter()
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if child.returncode != 0:
        sys.exit(f"{command} ended with {child.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def median(values):
    return sorted(values)[len(values) // 2]


def table(title, size, commands, runs, home, port):
    """Runs the commands in turn and prints a line for each; the first is what the others are held against."""
    seen = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, (path, command) in commands.items():
            env = {"HOME": home, "PATH": os.environ["PATH"], "CLOUDSTACK_KEY": "KEY", "CLOUDSTACK_SECRET": "SECRET",
                   "CLOUDSTACK_ENDPOINT": f"http://127.0.0.1:{port}/{path}/client/api"}
            result = measured(command, env)
            # The first turn fills caches: the catalogue, and the server's answers.
            if turn > 0:
                seen[name].append(result)
    floor = measured(["true"], {})[2]
    print(f"{title} ({size:.1f} MB, medians of {runs}; no line can be below the {floor:.0f} MB of what starts them)")
    print(f"{'':28}{'seconds':>9}{'x first':>9}{'of cpu':>9}{'MB':>9}{'x size':>9}")
    base = None
    for name, results in seen.items():
        seconds, cpu, memory = (median([result[place] for result in results]) for place in (0, 1, 2))
        base = base or seconds
        print(f"{name:28}{seconds:9.3f}{seconds / base:9.2f}{cpu:9.3f}{memory:9.1f}{memory / size:9.2f}", flush=True)
    print()


def length(port, path):
    """The megabytes of the answer in JSON."""
    counted = subprocess.run(["sh", "-c", curl(port, path) + " | wc -c"], stdout=subprocess.PIPE, text=True, check=True)
    return int(counted.stdout) / 1e6


def capuchin(path, form, *words):
    return path, [PROGRAM, "list", "virtualmachines", "-o", form, *words]


def curl(port, path):
    return f"curl -s 'http://127.0.0.1:{port}/{path}/client/api?command=listVirtualMachines&response=json'"


FORMS = ("json", "jsonl", "csv", "text", "table", "raw")


def main():
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        with tempfile.TemporaryDirectory() as home:
            if sys.argv[1:] == ["large"]:
                count = 92_000
                for manner, title in (("whole", "one answer"), ("paged", f"pages of {PAGE}")):
                    path = f"{manner}/{count}"
                    commands = {f"capuchin {form}": capuchin(path, form) for form in FORMS if form != "raw"}
                    if manner == "whole":
                        commands = {"curl": (path, ["sh", "-c", curl(port, path)]), **commands,
                                    "capuchin raw": capuchin(path, "raw")}
                    table(f"{count:,} machines in {title}", length(port, f"whole/{count}"), commands, 1, home, port)
                return
            runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
            path = "whole/10000"
            commands = {"curl": (path, ["sh", "-c", curl(port, path)]),
                        "curl | jq .": (path, ["sh", "-c", curl(port, path) + " | jq ."])}
            commands |= {f"capuchin {form}": capuchin(path, form) for form in FORMS}
            commands |= {f"capuchin {form} of XML": capuchin(path, form, "response=xml") for form in ("json", "text")}
            commands["capuchin csv filter=id,name"] = capuchin(path, "csv", "filter=id,name")
            commands["capuchin jsonl in pages"] = capuchin("paged/10000", "jsonl")
            table("10,000 machines", length(port, path), commands, runs, home, port)
    finally:
        server.terminate()
        server.wait()


serve() if sys.argv[1:] == ["serve"] else main()
