"""Starts, stops and deletions at the same time, at a real hub with real accounts: what was acknowledged as gone has left no
process, no port and no route, and what is said to run does, once. With a cgroup for each server and without."""
import concurrent.futures
import os
import random
import subprocess
import tempfile
import time

import pytest
import requests
from harness.hub import COMMAND
from harness.waiting import until

TOKEN = "token-of-the-administrator"
SECONDS = 8  # of random operations in each mode
CONFIG = f"""
c.Authenticator.allow_all = True
c.JupyterHub.allow_named_servers = True
c.JupyterHub.services = [{{"name": "ops", "api_token": "{TOKEN}"}}]
c.JupyterHub.load_roles = [{{"name": "ops", "services": ["ops"], "scopes": ["admin:users", "admin:servers", "proxy"]}}]
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 1, "slow_stop_timeout": 15}}
c.Spawner.http_timeout = 10
c.Spawner.interrupt_timeout = 1
c.Spawner.term_timeout = 1
c.Spawner.cmd = ["sh", "-c", "exec python3 -SE $HOME/server"]
"""
# Answers everything, and has a child in its session, a daemon in none, and one that ignores every polite signal.
SERVER = """
import http.server, os, signal, urllib.parse
for leave, ignore in ((False, False), (True, False), (True, True)):
    if os.fork() == 0:
        if leave:
            os.setsid()
            if os.fork():
                os._exit(0)
        if ignore:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
        os.execvp("sleep", ["sleep", "600"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
url = urllib.parse.urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
http.server.ThreadingHTTPServer((url.hostname, url.port), Handler).serve_forever()
"""


@pytest.fixture(scope="module", params=["cgroups", "descent"])
def racing_hub(request, account):
    from harness.hub import Hub
    people = [account("race") for _ in range(2)]
    for person in people:
        person.write("server", SERVER)
    base = "none"
    if request.param == "cgroups":
        mounted = tempfile.mkdtemp(prefix="cgroup-")
        subprocess.run(["mount", "-t", "cgroup2", "none", mounted], check=True)
        base = os.path.join(mounted, f"races-{os.getpid()}")
        os.mkdir(base)
    hub = Hub(CONFIG, command=["env", f"JUPYTERHUB_CGROUP={base}", *COMMAND])
    hub.start()
    hub.people, hub.cgroups = people, None if base == "none" else os.path.join(base, "jupyterhub")
    yield hub
    hub.close()
    for person in people:
        person.end_processes()
    if hub.cgroups:
        for leaf in os.scandir(hub.cgroups):
            if leaf.is_dir():
                os.rmdir(leaf.path)
        os.rmdir(hub.cgroups)
        os.rmdir(base)
        subprocess.run(["umount", mounted], check=True)
        os.rmdir(mounted)


class Ops:
    """The administrator's requests."""

    def __init__(self, hub):
        self.hub = hub

    def call(self, method, path, **options):
        return requests.request(method, f"{self.hub.url}/hub/api{path}", headers={"Authorization": f"token {TOKEN}"}, timeout=60, **options)

    def path(self, user, name):
        return f"/users/{user}/servers/{name}" if name else f"/users/{user}/server"

    def start(self, user, name):
        return "start", user, name, self.call("POST", self.path(user, name)).status_code

    def stop(self, user, name):
        return "stop", user, name, self.call("DELETE", self.path(user, name)).status_code

    def remove(self, user, name):
        return "remove", user, name, self.call("DELETE", self.path(user, name), json={"remove": True}).status_code

    def delete(self, user, _):
        return "delete", user, "", self.call("DELETE", f"/users/{user}").status_code

    def create(self, user, _):
        return "create", user, "", self.call("POST", f"/users/{user}").status_code

    def servers(self, user):
        """name → model of the servers that are active; None: there is no such user."""
        answer = self.call("GET", f"/users/{user}")
        return answer.json()["servers"] if answer.status_code == 200 else None

    def routes(self):
        return {path.rstrip("/") for path in self.call("GET", "/proxy").json() if path.startswith("/user/")}


def prefixes(person):
    """JUPYTERHUB_SERVICE_PREFIX of each of the account's processes."""
    found = []
    for pid in person.processes():
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                entries = file.read().split(b"\0")
        except OSError:
            continue
        found += [entry.partition(b"=")[2].decode() for entry in entries if entry.startswith(b"JUPYTERHUB_SERVICE_PREFIX=")]
    return found


def expect_one_truth(ops, story):
    """At rest: what the API says, what runs and what is routed are the same servers."""
    def at_rest():
        known = {person: ops.servers(person.name) for person in ops.hub.people}
        return known if all(s["ready"] for servers in known.values() for s in (servers or {}).values()) else None
    known = until(at_rest, 20, f"everything to be at rest\n{story}")
    wanted = {f"/user/{person.name}/{name}".rstrip("/") for person, servers in known.items() for name in servers or {}}
    assert ops.routes() == wanted, story
    for person in known:
        mine = {f"{route}/" for route in wanted if route.split("/")[2] == person.name}
        assert set(prefixes(person)) <= mine, (prefixes(person), story)  # nothing of what has stopped, at once
        # Each with what it has started, once; a server may answer before it has started all.
        until(lambda: sorted(prefixes(person)) == sorted(4 * list(mine)), 5, f"{mine} to run once, not {prefixes(person)}\n{story}")


def test_what_is_deleted_is_gone_whatever_else_was_asked_for(racing_hub):
    ops = Ops(racing_hub)
    seed = int(os.environ.get("RACES_SEED", "20261128"))
    print("seed", seed)
    dice = random.Random(seed)
    end = time.monotonic() + SECONDS
    rounds = 0
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        while time.monotonic() < end:
            rounds += 1
            todo = []
            for _ in range(dice.randint(2, 6)):
                what = dice.choice([ops.start, ops.start, ops.start, ops.stop, ops.remove, ops.delete, ops.create])
                name = dice.choice(["", "lab"]) if what != ops.remove else "lab"
                todo.append((what, dice.choice(racing_hub.people).name, name))
            pauses = [dice.random() * 0.3 for _ in todo]
            jobs = [pool.submit(lambda what=what, user=user, name=name, pause=pause: (time.sleep(pause), what(user, name))[1])
                    for (what, user, name), pause in zip(todo, pauses)]
            answers = [job.result() for job in jobs]
            story = f"seed {seed}, round {rounds}: {answers}"
            assert all(status < 500 for *_, status in answers), story
            expect_one_truth(ops, story)
    assert rounds > 3
    for person in racing_hub.people:
        ops.create(person.name, "")
        assert ops.delete(person.name, "")[3] == 204
        assert person.processes() == []
    assert ops.routes() == set()
    if racing_hub.cgroups:
        # Those of servers are gone already; looking an account up takes one, too.
        until(lambda: not any(leaf.is_dir() for leaf in os.scandir(racing_hub.cgroups)), 5, "the cgroups to be removed")


def test_a_stop_takes_everything_that_the_server_has_started_and_nothing_else(racing_hub):
    ops = Ops(racing_hub)
    person = racing_hub.people[0]
    ops.create(person.name, "")
    elsewhere = subprocess.Popen(["setpriv", f"--reuid={person.uid}", f"--regid={person.uid}", "--clear-groups", "sleep", "600"], start_new_session=True)
    try:
        for name in ("", "lab"):
            assert ops.start(person.name, name)[3] in (201, 202)
        until(lambda: len(person.processes()) == 9, 20, "two servers and what they start")
        until(lambda: all(s["ready"] for s in ops.servers(person.name).values()), 20, "both to be ready")
        assert ops.stop(person.name, "lab")[3] == 204
        assert len(person.processes()) == 5, "of the other one nothing is missing"
        assert set(prefixes(person)) == {f"/user/{person.name}/"}
        assert ops.stop(person.name, "")[3] == 204
        assert person.processes() == [elsewhere.pid]
    finally:
        elsewhere.kill()
        elsewhere.wait()
