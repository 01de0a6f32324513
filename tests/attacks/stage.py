"""What the attacks are made against: a real hub (dummy login, simple spawner) behind the proxy, two recording back ends
as services, and what must hold after every case."""
import os
import pathlib
import re
import subprocess
import tempfile
import time

import requests
from harness.hub import BIN, Hub
from harness.ports import free_port
from harness.waiting import until
from recorder import Recorder
from wire import PATIENCE, raw, request, responses

PROXY = os.path.join(BIN, "configurable-http-proxy")
SERVICE_TOKEN = "service-token-of-the-attacks-0123456789abcdef"
PROXY_TOKEN = "proxy-token-of-the-attacks-fedcba9876543210"
UNTRUSTED = ["--trusted-proxies", "192.0.2.1"]  # nobody here: every client is a stranger

CONFIG = """
import os, sys
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "pw-everybody"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {{"adm"}}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(os.getcwd(), "home", "{{username}}")
c.Spawner.cmd = ["/usr/bin/python3", {stub!r}]
c.JupyterHub.allow_named_servers = True
c.ConfigurableHTTPProxy.auth_token = {proxy_token!r}
c.ConfigurableHTTPProxy.command = {command!r}
c.JupyterHub.last_activity_interval = 3600
c.JupyterHub.service_check_interval = 0  # the back ends count what they are asked
c.JupyterHub.services = [
    {{"name": "echo", "url": {echo!r}}},
    {{"name": "echo2", "url": {echo2!r}}},
    {{"name": "keeper", "api_token": {service_token!r}}},
]
c.JupyterHub.load_roles = [{{"name": "keeper", "services": ["keeper"],
                             "scopes": ["admin:users", "admin:servers", "list:users", "read:users", "tokens"]}}]
"""


def process_facts(pid):
    """(resident bytes, open descriptors)."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024, len(os.listdir(f"/proc/{pid}/fd"))


class Guard:
    """Takes the state of processes before a case and compares it afterwards."""

    LOG = 8 * 1024
    MEMORY = 20 * 1024 * 1024
    DESCRIPTORS = 24  # connections that are kept for reuse, among them those to the hub

    def __init__(self, pids, log, recorders, secrets):
        self.pids, self.log, self.recorders, self.secrets = pids, log, recorders, secrets
        for recorder in recorders:
            recorder.clear()  # of what the start brought
        self.before = {pid: process_facts(pid) for pid in pids()}
        self.log_size = len(log())
        self.log_limit, self.memory_limit, self.partial_allowed = self.LOG, self.MEMORY, False

    def check(self, healthy):
        assert set(self.pids()) == set(self.before), "a process died or was started anew"
        assert healthy(), "the service does not answer any more"
        new = self.log()[self.log_size:]
        assert len(new) < self.log_limit, f"the log grew by {len(new)} bytes: {new[:3000]}"
        for word in ("Sanitizer", "runtime error", "terminate called", "Assertion"):
            assert word not in new, new[:4000]
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", re.sub(r"\x1b\[[0-9;]*m", "", new)), "raw control bytes in the log"
        for secret in self.secrets:
            assert secret not in new, "a secret in the log"
        for recorder in self.recorders:
            assert not recorder.faults, recorder.faults
            assert self.partial_allowed or not recorder.partial, recorder.partial
            recorder.clear()
        for pid, (memory, descriptors) in self.before.items():
            assert process_facts(pid)[0] < memory + self.memory_limit, "memory"
            until(lambda pid=pid, most=descriptors: process_facts(pid)[1] <= most + self.DESCRIPTORS, 10, "descriptors to be closed")


class Stage:
    """Hub, proxy, echo and echo2."""

    def __init__(self):
        self.rec, self.rec2 = Recorder("rec"), Recorder("rec2")
        stub = str(pathlib.Path(__file__).with_name("stub_server.py"))
        self.hub = Hub(CONFIG.format(stub=stub, proxy_token=PROXY_TOKEN, command=[PROXY, *UNTRUSTED], echo=self.rec.url,
                                     echo2=self.rec2.url, service_token=SERVICE_TOKEN)).start()
        self.port, self.api_port, self.hub_port = self.hub.port, self.hub.api_port, self.hub.hub_port
        until(lambda: self.get("/services/echo/").status == 200, PATIENCE, "the routes of the services")

    def pids(self):
        return [self.hub.process.pid, *self.hub.helpers("configurable-http-proxy"), *self.hub.helpers("jupyterhub-helper")]

    def guard(self):
        return Guard(self.pids, self.hub.log, [self.rec, self.rec2], [SERVICE_TOKEN, PROXY_TOKEN, "pw-everybody"])

    def healthy(self):
        return self.get("/hub/health").status == 200

    # -- requests
    def raw(self, *parts, **options):
        return raw(self.port, *parts, **options)

    def get(self, target, *lines, **options):
        [response] = responses(self.raw(request(target, *lines, **options)), [options.get("method", "GET")])
        return response

    def rejects(self, data, statuses=(400,)):
        """One refusal, the connection closed, and nothing reached a back end."""
        before = self.rec.received
        found = responses(self.raw(data))
        assert [one.status for one in found if one.status not in statuses] == [] and len(found) == 1, (data[:300], found)
        assert self.rec.received == before, (data[:300], self.rec.requests[-1:])

    def api(self, method, path, **options):
        """The hub's API as the service with wide rights."""
        return requests.request(method, f"http://127.0.0.1:{self.port}/hub/api{path}", timeout=60,
                                headers={"Authorization": f"token {SERVICE_TOKEN}"}, **options)

    def routes(self, method="GET", path="", token=PROXY_TOKEN, **options):
        """The proxy's API."""
        return requests.request(method, f"http://127.0.0.1:{self.api_port}/api/routes{path}", timeout=PATIENCE,
                                headers={"Authorization": f"token {token}"}, **options)

    def close(self):
        for name in {user["name"] for user in self.api("GET", "/users").json()}:
            self.api("DELETE", f"/users/{name}")
        self.hub.close()


class LoneProxy:
    """The proxy without a hub, with routes of the test's own: {path: recorder}."""

    def __init__(self, routes, *arguments):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="proxy-attacks-"))
        self.port, self.api_port = free_port(), free_port()
        with open(self.dir / "log", "wb") as log:
            self.process = subprocess.Popen(
                [PROXY, "--ip", "127.0.0.1", "--port", str(self.port), "--api-port", str(self.api_port), *UNTRUSTED, *arguments],
                env={"CONFIGPROXY_AUTH_TOKEN": PROXY_TOKEN, "PATH": "/usr/bin:/bin"}, cwd=self.dir, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)
        until(self.healthy, PATIENCE, "the proxy to answer")
        for path, recorder in routes.items():
            reply = self.api("POST", path, json={"target": recorder.url})
            assert reply.status_code == 201, reply.text

    def api(self, method, path, **options):
        return Stage.routes(self, method, path, **options)

    def healthy(self):
        assert self.process.poll() is None, (self.dir / "log").read_text(encoding="utf-8")
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/_chp_healthz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def pids(self):
        return [self.process.pid] if self.process.poll() is None else []

    def guard(self, recorders):
        return Guard(self.pids, lambda: (self.dir / "log").read_text(encoding="utf-8"), recorders, [PROXY_TOKEN])

    def get(self, target, *lines, **options):
        [response] = responses(raw(self.port, request(target, *lines, **options)), [options.get("method", "GET")])
        return response

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def settle():
    """A moment in which something unwanted could arrive."""
    time.sleep(0.05)
