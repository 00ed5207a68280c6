"""Loads the built-in cloud by several clients at once and checks that it kept all of it: `load.py [SECONDS [CLIENTS]]`."""

import collections
import json
import multiprocessing
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import requests
from cs import CloudStack, CloudStackException

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("CAPUCHIN", str(ROOT / "target/release/capuchin"))
MACHINES, PAGE = 10_000, 500
# The lists of pages among all calls, so that they are about half.
LISTS_A_STEP = 3


class Gone(Exception):
    """The server is gone in the middle of a call."""


class Client:
    """One client: makes calls, times them, and writes down what it began and what was acknowledged."""

    def __init__(self, name, access, until, journal):
        self.name, self.until = name, until
        self.cloud = CloudStack(**access, timeout=60)
        self.random = random.Random(name)
        self.journal = open(journal, "w", buffering=1)
        self.times = collections.defaultdict(list)
        self.errors = []
        self.made = 0

    def note(self, what, api, **more):
        self.journal.write(json.dumps({"what": what, "api": api, **more}) + "\n")

    def call(self, api, **params):
        began = time.perf_counter()
        try:
            answer = getattr(self.cloud, api)(**params)
        except CloudStackException as why:
            self.errors.append(f"{api}: {why}")
            raise
        except (requests.ConnectionError, requests.Timeout) as why:
            raise Gone from why
        self.times[api].append(time.perf_counter() - began)
        return answer

    def change(self, api, thing=None, **params):
        """A call that changes something, until its job is done."""
        self.note("begun", api, thing=thing)
        answer = self.call(api, **params)
        thing = answer.get("id", thing)
        self.note("acknowledged", api, thing=thing, job=answer["jobid"])
        while True:
            job = self.call("queryAsyncJobResult", jobid=answer["jobid"])
            if job["jobstatus"] == 1:
                self.note("done", api, thing=thing)
                return thing
            if job["jobstatus"] == 2:
                self.errors.append(f"{api}: {job['jobresult']}")
                raise CloudStackException(api)
            self.list_pages()

    def list_pages(self):
        for _ in range(LISTS_A_STEP):
            page = self.random.randrange(1, MACHINES // PAGE + 1)
            rows = self.call("listVirtualMachines", page=page, pagesize=PAGE)["virtualmachine"]
            if len(rows) != PAGE:
                self.errors.append(f"page {page} has {len(rows)} rows")

    def life(self, seeds):
        """A machine and a volume from their beginning to their end; every second of them stays."""
        self.made += 1
        name = f"{self.name}-{self.made}"
        zone, template, offering, disk, networks = seeds
        machine = self.change("deployVirtualMachine", name=name, zoneid=zone, templateid=template,
                              serviceofferingid=offering, networkids=self.random.choice(networks))
        volume = self.change("createVolume", name=name, zoneid=zone, diskofferingid=disk)
        self.change("attachVolume", volume, id=volume, virtualmachineid=machine)
        self.change("stopVirtualMachine", machine, id=machine)
        if self.made % 2:
            return
        self.change("detachVolume", volume, id=volume)
        self.change("startVirtualMachine", machine, id=machine)
        self.change("destroyVirtualMachine", machine, id=machine, expunge=True)

    def run(self):
        cloud = self.cloud
        first = lambda rows: rows[0]["id"]
        seeds = (first(cloud.listZones()["zone"]), first(cloud.listTemplates(templatefilter="featured")["template"]),
                 first(cloud.listServiceOfferings()["serviceoffering"]), first(cloud.listDiskOfferings()["diskoffering"]),
                 [network["id"] for network in cloud.listNetworks(page=1, pagesize=500)["network"]])
        try:
            while time.time() < self.until:
                self.life(seeds)
        except (Gone, CloudStackException):
            pass
        return dict(self.times), self.errors


def client(name, access, until, journal, out):
    out.put(Client(name, access, until, journal).run())


class Server:
    """`capuchin devcloud serve` as a process of its own."""

    def __init__(self, home):
        self.env = {"HOME": str(home), "PATH": os.environ["PATH"]}
        self.start()

    def start(self):
        command = [PROGRAM, "devcloud", "serve", "-o", "json"]
        self.process = subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        said = json.loads(self.process.stdout.readline())
        self.access = {"endpoint": said["url"], "key": said["apikey"], "secret": said["secretkey"]}

    def stop(self, how):
        self.process.send_signal(how)
        self.process.wait()


def load(server, run, clients, seconds, folder, then=lambda: None):
    """Runs the clients, and gives their times and errors and what they wrote down."""
    out, until = multiprocessing.Queue(), time.time() + seconds
    journals = [folder / f"{run}-{place}" for place in range(clients)]
    processes = [multiprocessing.Process(target=client, args=(journal.name, server.access, until, journal, out))
                 for journal in journals]
    for process in processes:
        process.start()
    then()
    results = [out.get() for _ in processes]
    for process in processes:
        process.join()
    notes = [[json.loads(line) for line in journal.read_text().splitlines()] for journal in journals]
    return results, notes


def whole(cloud, api, name):
    """A whole list, page by page, by the ids in it."""
    rows, page = {}, 1
    while found := getattr(cloud, api)(page=page, pagesize=PAGE).get(name):
        rows |= {row["id"]: row for row in found}
        page += 1
    return rows


def check(server, before, notes):
    """What is wrong with what the server has of what was acknowledged."""
    cloud = CloudStack(**server.access, timeout=60)
    machines, volumes = whole(cloud, "listVirtualMachines", "virtualmachine"), whole(cloud, "listVolumes", "volume")
    wrong, acknowledged = [], 0
    for thing, state in fates(notes).items():
        api, what = state["api"], state["what"]
        shown = machines.get(thing) or volumes.get(thing)
        if api == "destroyVirtualMachine":
            if what == "done" and shown:
                wrong.append(f"{thing} was destroyed and is there")
            continue
        if not shown:
            wrong.append(f"{thing} is gone after {api} was {what}")
            continue
        expected = {"deployVirtualMachine": ("state", "Running"), "startVirtualMachine": ("state", "Running"),
                    "stopVirtualMachine": ("state", "Stopped"), "attachVolume": ("state", "Ready")}.get(api)
        if what == "done" and expected and shown[expected[0]] != expected[1]:
            wrong.append(f"{thing} is {shown[expected[0]]} after {api}")
    for note in (note for one in notes for note in one if note["what"] == "acknowledged"):
        acknowledged += 1
        try:
            cloud.queryAsyncJobResult(jobid=note["job"])
        except CloudStackException as why:
            wrong.append(f"the job of {note['api']} is gone: {why}")
    calls = collections.Counter((note["api"], note["what"]) for one in notes for note in one)
    made = calls["deployVirtualMachine", "acknowledged"]
    ended, ending = calls["destroyVirtualMachine", "done"], calls["destroyVirtualMachine", "begun"]
    # What was begun and not answered may have come to something.
    unsure = calls["deployVirtualMachine", "begun"] - made
    if not before + made - ending <= len(machines) <= before + made + unsure - ended:
        wrong.append(f"{len(machines)} machines: {before} before, {made} made, {ended} to {ending} ended")
    domain = cloud.listDomains()["domain"][0]["id"]
    counted = cloud.updateResourceCount(domainid=domain, account="admin")["resourcecount"]
    counted = {row["resourcetypename"]: row["resourcecount"] for row in counted}
    if (counted["user_vm"], counted["volume"]) != (len(machines), len(volumes)):
        wrong.append(f"limits count {counted}, lists have {len(machines)} machines and {len(volumes)} volumes")
    return wrong, acknowledged, len(machines)


def fates(notes):
    """The last that was acknowledged or done of each thing, unless something else was begun on it."""
    last = {}
    for note in (note for one in notes for note in one):
        thing = note.get("thing")
        if note["what"] == "begun" and thing in last:
            last[thing] = {"api": note["api"], "what": "begun"}
        elif thing:
            last[thing] = note
    return last


def table(results, seconds):
    times = collections.defaultdict(list)
    for one, _ in results:
        for api, taken in one.items():
            times[api] += taken
    calls = sum(map(len, times.values()))
    print(f"{len(results)} clients, {seconds} s: {calls} calls, {calls / seconds:.0f} a second")
    print(f"{'milliseconds':28}{'calls':>8}{'median':>9}{'p99':>9}{'most':>9}")
    ratio = None
    for api, taken in sorted(times.items()):
        taken.sort()
        median, high = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
        print(f"{api:28}{len(taken):8}{median * 1000:9.1f}{high * 1000:9.1f}{taken[-1] * 1000:9.1f}")
        if api == "listVirtualMachines":
            ratio = high / median
    print(f"a page of {PAGE} rows: p99 is {ratio:.1f} times the median")
    return ratio


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    clients = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        server = Server(folder)
        began = time.perf_counter()
        subprocess.run([PROGRAM, "devcloud", "seed", "large"], env=server.env, check=True, stderr=subprocess.DEVNULL)
        print(f"seed large: {time.perf_counter() - began:.1f} s")
        results, notes = load(server, "load", clients, seconds, folder)
        ratio = table(results, seconds)
        wrong, acknowledged, machines = check(server, MACHINES, notes)
        errors = [error for _, errors in results for error in errors]
        print(f"{acknowledged} changes acknowledged; wrong: {len(wrong)}, errors: {len(errors)}", *wrong[:9], *errors[:9], sep="\n")

        def kill():
            time.sleep(seconds / 4)
            server.stop(signal.SIGKILL)

        results, notes = load(server, "killed", clients, seconds, folder, kill)
        server.start()
        lost, acknowledged, _ = check(server, machines, notes)
        print(f"killed after {seconds / 4} s: {acknowledged} changes acknowledged; lost: {len(lost)}", *lost[:9], sep="\n")
        server.stop(signal.SIGINT)
    bad = wrong or errors or lost or ratio > 5
    sys.exit(1 if bad else 0)


main()
