"""Programs that the hub runs beside itself, and what stops servers that nobody uses: in the hub, or from outside."""
import json
import os
import signal
import time
from urllib.parse import quote

import pytest
import requests
from harness.browser import Browser
from harness.ports import free_port
from harness.notebook import Kernel
from harness.waiting import until

# Tells who it is and what it was given, and says so again over HTTP when it has an address.
SERVICE = '''
import http.server, json, os, sys, urllib.parse
facts = {"pid": os.getpid(), "uid": os.getuid(), "groups": os.getgroups(), "cwd": os.getcwd(), "sid": os.getsid(0), "env": dict(os.environ)}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({**facts, "path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", urllib.parse.urlsplit(sys.argv[1]).port), Handler).serve_forever()
'''
CONFIG = '''
c.Authenticator.allow_all = True
c.JupyterHub.services = [
    {{"name": "teller", "url": {url!r}, "command": ["/usr/bin/python3", {script!r}, {url!r}], "user": {user!r}, "cwd": "/tmp",
      "environment": {{"COLOUR": "blue"}}}},
    {{"name": "culler", "api_token": "token-of-the-culler-0123"}},
]
c.JupyterHub.load_roles = [
    {{"name": "cull", "services": ["culler"], "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"]}},
]
'''


@pytest.fixture(scope="module")
def service(account, tmp_path_factory, new_hub_of_module):
    """A hub that runs a service; calling it gives what the service tells of itself over the proxy."""
    owner = account("svc")
    folder = tmp_path_factory.mktemp("service")
    folder.chmod(0o755)
    for parent in (folder.parent, folder.parent.parent):
        parent.chmod(parent.stat().st_mode | 0o011)
    script = folder / "service.py"
    script.write_text(SERVICE, encoding="utf-8")
    script.chmod(0o644)
    url = f"http://127.0.0.1:{free_port()}"
    hub = new_hub_of_module(CONFIG.format(url=url, script=str(script), user=owner.name))
    # It answers before it has seen that its services do; one that ends until then is the end of the start.
    until(lambda: "JupyterHub is now running" in hub.log(), 30, "the hub to find its services ready")

    def ask(path=""):
        try:
            reply = requests.get(f"{hub.url}/services/teller/{path}", timeout=5)
        except requests.RequestException:
            return None
        return reply.json() if reply.status_code == 200 else None

    ask.hub, ask.owner, ask.url = hub, owner, url
    return ask


def test_a_service_runs_as_its_account_with_the_documented_environment(service):
    facts = until(lambda: service("x?y=1"), 20, "the service to answer")
    assert facts["path"] == "/services/teller/x?y=1"
    assert facts["uid"] == service.owner.uid and 0 not in facts["groups"] and facts["cwd"] == "/tmp" and facts["sid"] == facts["pid"]
    environment = facts["env"]
    token = environment["JUPYTERHUB_API_TOKEN"]
    wanted = {
        "JUPYTERHUB_SERVICE_NAME": "teller", "JUPYTERHUB_SERVICE_URL": service.url, "JUPYTERHUB_SERVICE_PREFIX": "/services/teller/",
        "JPY_API_TOKEN": token, "JUPYTERHUB_API_URL": f"http://127.0.0.1:{service.hub.hub_port}/hub/api", "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_HOST": "", "JUPYTERHUB_CLIENT_ID": "service-teller", "JUPYTERHUB_OAUTH_CALLBACK_URL": "/services/teller/oauth_callback",
        "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES": "[]", "JUPYTERHUB_USER": service.owner.name, "JUPYTERHUB_SERVER_NAME": "",
        "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED": "0", "USER": service.owner.name, "HOME": service.owner.home, "SHELL": "/bin/bash",
        "COLOUR": "blue", "JUPYTERHUB_PUBLIC_URL": "", "JUPYTERHUB_PUBLIC_HUB_URL": ""}
    assert {name: environment.get(name) for name in wanted} == wanted
    scopes = ["access:services", "access:services!service=teller"]
    assert json.loads(environment["JUPYTERHUB_OAUTH_SCOPES"]) == json.loads(environment["JUPYTERHUB_OAUTH_ACCESS_SCOPES"]) == scopes
    assert "JUPYTERHUB_ACTIVITY_URL" not in environment and not [name for name in environment if "CONFIGPROXY" in name]
    me = requests.get(environment["JUPYTERHUB_API_URL"] + "/user", headers={"Authorization": f"token {token}"}, timeout=10).json()
    assert (me["kind"], me["name"]) == ("service", "teller")


def test_a_service_that_ends_comes_back_and_ever_later_when_it_keeps_ending(service):
    starts = service.hub.log().count("Starting service teller")
    for _ in range(3):
        former = until(service, 20, "the service to answer")["pid"]
        os.kill(former, signal.SIGKILL)
        until(lambda old=former: (now := service()) and now["pid"] != old, 30, "the service to come back")
    assert service.hub.log().count("Starting service teller again") == 3 and starts >= 1
    assert service.hub.log().count("Service teller exited with status") == 3


def test_a_service_stops_with_the_hub_and_starts_with_the_next_and_a_new_token(service):
    before = service()
    assert service.hub.stop() == 0
    assert service.owner.processes("service.py") == []
    service.hub.start()
    after = until(service, 20, "the service to answer")
    assert after["pid"] != before["pid"] and after["env"]["JUPYTERHUB_API_TOKEN"] != before["env"]["JUPYTERHUB_API_TOKEN"]
    old = {"Authorization": f"token {before['env']['JUPYTERHUB_API_TOKEN']}"}
    assert requests.get(f"{service.hub.url}/hub/api/user", headers=old, timeout=10).status_code == 403


def test_a_service_of_a_killed_hub_does_not_run_beside_the_new_ones(service):
    before = service()["pid"]
    service.hub.kill()
    service.hub.start()
    until(lambda: (now := service()) and now["pid"] != before, 20, "the new service to answer")
    until(lambda: len(service.owner.processes("service.py")) == 1, 10, "one service to be left")


@pytest.mark.parametrize("user", ["root", "daemon", "nobody", "no-such-account"])
def test_a_service_for_an_account_of_the_system_ends_the_start_with_a_sentence(new_hub, user):
    hub = new_hub('c.Authenticator.allow_all = True\n'
                  f'c.JupyterHub.services = [{{"name": "wrong", "command": ["sleep", "1000"], "user": {user!r}}}]\n')
    hub.launch()
    assert hub.process.wait(20) == 1
    assert "wrong" in hub.log() and user in hub.log() and "Traceback" not in hub.log()


# What jupyterhub-idle-culler 2.0 asks of a hub: facts in its documentation, here call by call.
def cull_like_the_external_program(hub, timeout):
    calls = requests.Session()
    calls.headers["Authorization"] = "token token-of-the-culler-0123"
    api = f"http://127.0.0.1:{hub.hub_port}/hub/api"
    assert calls.get(api + "/", timeout=10).json()["version"].split(".")[0] == "5"
    url, people, culled = api + "/users?state=ready&limit=1", [], []
    while url:
        page = calls.get(url, headers={"Accept": "application/jupyterhub-pagination+json"}, timeout=10).json()
        people += page["items"]
        url = page["_pagination"]["next"] and page["_pagination"]["next"]["url"]
    for person in people:
        for server in person["servers"].values():
            assert {"name", "ready", "pending", "url", "started", "last_activity"} <= set(server) and server["ready"]
            seen = server["last_activity"] or server["started"]
            idle = time.time() - time.mktime(time.strptime(seen[:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone
            if idle >= timeout:
                path = f"/users/{quote(person['name'])}/" + (f"servers/{quote(server['name'])}" if server["name"] else "server")
                assert calls.delete(api + path, timeout=30).status_code in (202, 204)
                culled.append(person["name"])
    return {person["name"] for person in people}, culled


def test_the_external_idle_culler_finds_what_it_asks_for(service, account):
    one, two = account("idle"), account("idle")
    for person in (one, two):
        me = Browser(service.hub)
        me.login(person)
        me.start_server()
    everybody = {one.name, two.name}
    assert cull_like_the_external_program(service.hub, timeout=3600) == (everybody, [])
    people, culled = cull_like_the_external_program(service.hub, timeout=-3600)
    assert people == everybody == set(culled)
    until(lambda: one.processes("singleuser") == two.processes("singleuser") == [], 30, "the servers to be gone")
    assert cull_like_the_external_program(service.hub, timeout=0) == (set(), [])


# Kernels report every second here; in earnest it is every five minutes.
CULLING = '''
c.Authenticator.allow_all = True
c.JupyterHub.idle_culler = {"timeout": 8, "cull_every": 2}
c.Spawner.environment = {"JUPYTERHUB_ACTIVITY_INTERVAL": "1"}
'''
WORK = "import time\nfor i in range(600):\n    print(i, flush=True)\n    time.sleep(0.5)"


def test_an_idle_server_is_stopped_and_one_whose_kernel_works_is_not(new_hub, account):
    hub = new_hub(CULLING).start()
    idle, busy = account("idle"), account("busy")
    his, hers = Browser(hub), Browser(hub)
    his.login(idle), hers.login(busy)
    hers.start_server()
    kernel = Kernel(hers)
    kernel.start(WORK)
    kernel.close()  # the page is closed, the kernel goes on
    his.start_server()
    until(lambda: idle.processes("singleuser") == [], 60, "the idle server to be stopped")
    assert busy.processes("singleuser"), "the busy one"
    assert f"The server of {idle.name} will be stopped" in hub.log() and f"Stopping the server of {idle.name}" in hub.log()
    assert f"Stopping the server of {busy.name}" not in hub.log()
    again = Kernel(hers, kernel.id)
    assert again.socket.connected
    again.close()
    hers.stop_server()
