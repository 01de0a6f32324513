"""Whose word about a client's address counts: at the hub's own port nobody's, behind its proxy the proxy's, behind others that of
those who are listed."""
import http.client
import json
import os
import re
import signal
import subprocess
from urllib.parse import urlencode

import pytest
from harness.hub import NODE_PATH

NPM = "/usr/bin/configurable-http-proxy"
CONFIG = """
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "right"
c.Authenticator.allow_all = True
c.JupyterHub.audit_log_file = "audit.log"
"""
TRIES = 120


class Client:
    """Requests to a port of this machine, from an address of its own."""

    def __init__(self, port, address="127.0.0.1", **headers):
        self.port, self.address, self.headers = port, address, {name.replace("_", "-"): value for name, value in headers.items()}

    def send(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(self.address, 0))
        try:
            connection.request(method, path, body=body, headers={**self.headers, **headers})
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read().decode()
        finally:
            connection.close()

    def by_form(self, name, password="wrong"):
        _, headers, page = self.send("GET", "/hub/login")
        cookies = "; ".join(cookie.split(";")[0] for cookie in headers.get_all("Set-Cookie"))
        token = re.search(r'name="_xsrf" value="([^"]+)"', page).group(1)
        form = urlencode({"username": name, "password": password, "_xsrf": token})
        return self.send("POST", "/hub/login", form, Cookie=cookies, **{"Content-Type": "application/x-www-form-urlencoded"})[0]

    def by_api(self, name, password="wrong"):
        body = json.dumps({"auth": {"username": name, "password": password}})
        return self.send("POST", f"/hub/api/users/{name}/tokens", body, **{"Content-Type": "application/json"})[0]


def audit(hub):
    return [json.loads(line) for line in (hub.dir / "audit.log").read_text(encoding="utf-8").splitlines()]


def address_in_logs(hub, client, name):
    """As audit and access log have it, after a login that fails."""
    assert client.by_api(name) in (403, 429)
    entry = audit(hub)[-1]
    line = [line for line in hub.log().splitlines() if f"POST /hub/api/users/{name}/tokens" in line][-1]
    assert f"@{entry['address']})" in line, line
    return entry["address"]


def test_forged_addresses_at_the_hubs_port_are_no_way_around_the_limit(new_hub):
    hub = new_hub(CONFIG).start()
    for way in (Client.by_form, Client.by_api):
        name = f"alice-{way.__name__}"
        statuses = [way(Client(hub.hub_port, X_Forwarded_For=f"198.51.100.{i}", X_Real_IP=f"198.51.100.{i}"), name)
                    for i in range(TRIES)]
        assert statuses.count(403) <= 40 and statuses[-1] == 429, statuses
        assert way(Client(hub.hub_port), name, "right") == 429, "not even the right one is looked at"
    assert {entry["address"] for entry in audit(hub)} == {"127.0.0.1"}
    assert "198.51.100" not in hub.log()
    assert hub.log().count("add 127.0.0.1 to c.JupyterHub.trusted_downstream_ips") == 1


def test_each_client_behind_the_proxy_has_its_own_address(new_hub):
    hub = new_hub(CONFIG).start()
    statuses = [Client(hub.port, "127.0.0.3", X_Forwarded_For="198.51.100.7").by_api(f"student{i}") for i in range(60)]
    assert statuses[-1] == 429
    assert address_in_logs(hub, Client(hub.port, "127.0.0.3"), "ada") == "127.0.0.3"
    assert Client(hub.port, "127.0.0.4").by_form("ada", "right") == 302
    assert audit(hub)[-1]["address"] == "127.0.0.4"
    assert "trusted_downstream_ips" not in hub.log()


def test_the_owner_of_an_account_is_not_locked_out_where_they_are_known(new_hub):
    hub = new_hub(CONFIG).start()
    assert Client(hub.port, "127.0.0.9").by_form("ada", "right") == 302
    statuses = [Client(hub.port, f"127.0.1.{i + 1}").by_api("ada") for i in range(60)]
    assert statuses.count(403) <= 25 and statuses[-1] == 429, statuses
    assert Client(hub.port, "127.0.2.1").by_form("ada", "right") == 429
    assert Client(hub.port, "127.0.0.9").by_form("ada", "right") == 302


def test_proxies_in_front_of_ours_are_looked_through_when_they_are_listed(new_hub):
    hub = new_hub(CONFIG + 'c.JupyterHub.trusted_downstream_ips = ["127.0.0.5"]\n').start()
    front = Client(hub.port, "127.0.0.5", X_Forwarded_For="6.6.6.6, 192.0.2.7")
    assert address_in_logs(hub, front, "ada") == "192.0.2.7"
    assert address_in_logs(hub, Client(hub.port, "127.0.0.6", X_Forwarded_For="192.0.2.7"), "ada") == "127.0.0.6"
    assert address_in_logs(hub, Client(hub.hub_port, "127.0.0.5", X_Forwarded_For="192.0.2.8"), "ada") == "192.0.2.8"


@pytest.mark.skipif(not os.path.exists(NPM), reason="the npm program is not installed")
def test_the_npm_proxy_that_the_hub_starts_is_believed(new_hub):
    hub = new_hub(CONFIG + f'c.ConfigurableHTTPProxy.command = ["{NPM}"]\n').start()
    assert address_in_logs(hub, Client(hub.port, "127.0.0.3"), "ada") == "127.0.0.3"
    assert "trusted_downstream_ips" not in hub.log()


@pytest.mark.skipif(not os.path.exists(NPM), reason="the npm program is not installed")
@pytest.mark.parametrize("listed", [True, False])
def test_an_npm_proxy_that_somebody_else_starts_is_believed_when_it_is_listed(new_hub, listed):
    hub = new_hub(CONFIG + 'c.ConfigurableHTTPProxy.should_start = False\nc.ConfigurableHTTPProxy.auth_token = "t"\n'
                  + ('c.JupyterHub.trusted_downstream_ips = ["127.0.0.1"]\n' if listed else ""))
    proxy = subprocess.Popen([NPM, "--ip", "127.0.0.1", "--port", str(hub.port), "--api-port", str(hub.api_port)],
                             env={"PATH": "/usr/bin:/bin", "CONFIGPROXY_AUTH_TOKEN": "t", "NODE_PATH": NODE_PATH}, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    try:
        hub.start()
        assert address_in_logs(hub, Client(hub.port, "127.0.0.3"), "ada") == ("127.0.0.3" if listed else "127.0.0.1")
        assert hub.log().count("add 127.0.0.1 to c.JupyterHub.trusted_downstream_ips") == (0 if listed else 1)
        assert Client(hub.port, "127.0.0.3").by_form("bob", "right") == 302, "it works all the same"
    finally:
        proxy.send_signal(signal.SIGKILL)
        proxy.wait()
