"""kill -9 of each program while a kernel computes: the kernel goes on, its result arrives, nobody logs in again."""
import os
import signal
import subprocess
import time

import pytest
from harness.browser import Browser
from harness.notebook import Kernel
from harness.waiting import until

CONFIG = "c.Authenticator.allow_all = True\n"
BACK_WITHIN = 2.0  # seconds
COMPUTATION = "import time; time.sleep(5); print(6*7)"


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


@pytest.fixture
def hub(new_hub, ada, bob):
    """A hub of the test's own: what is left of a killed one must not reach the next test."""
    yield new_hub(CONFIG).start()
    ada.end_processes(), bob.end_processes()


@pytest.fixture
def at_work(hub, ada, bob):
    """Two people whose kernels compute for some seconds: [(browser, kernel, request, account)]."""
    people = []
    for account in (ada, bob):
        me = Browser(hub)
        me.login(account)
        me.start_server()
        people.append([me, Kernel(me), None, account])
    for person in people:
        person[2] = person[1].start(COMPUTATION)
    yield people
    for _, kernel, _, _ in people:
        kernel.close()


def servers_of(people):
    return [account.processes("singleuser") for _, _, _, account in people]


def all_results_arrive(people):
    for me, kernel, request, _ in people:
        assert kernel.output_through_cuts(request) == "42\n"
        assert kernel.run("print('still here')") == "still here\n"
        assert me.logged_in()
        assert me.open_server().status_code == 200


def kill(pids):
    assert pids, "no such process of this hub"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return time.monotonic()


def test_a_hub_started_twice_says_so_and_leaves_the_first_alone(hub, at_work):
    files = {name: (hub.dir / name).read_bytes() for name in ("jupyterhub-proxy.pid", "jupyterhub-proxy.pid.token")}
    proxies, servers = hub.helpers("configurable-http-proxy"), servers_of(at_work)
    second = subprocess.run(hub.command, cwd=hub.dir, capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{hub.hub_port}: Address already in use. Is another hub running?" in second.stderr
    assert "Is another hub running?" in second.stderr and "Started the proxy" not in second.stderr
    assert {name: (hub.dir / name).read_bytes() for name in files} == files
    assert (hub.helpers("configurable-http-proxy"), servers_of(at_work)) == (proxies, servers)
    all_results_arrive(at_work)


def test_the_hub_brings_back_a_killed_proxy(hub, at_work):
    servers = servers_of(at_work)
    old = hub.helpers("configurable-http-proxy")
    since = kill(old)
    until(hub.answers, BACK_WITHIN, "the proxy to lead to the hub again")
    until(lambda: all(me.get(f"/user/{me.name}/api").status_code == 200 for me, *_ in at_work),
          BACK_WITHIN + since - time.monotonic(), "both servers to be reachable again")
    all_results_arrive(at_work)
    assert servers_of(at_work) == servers and not set(old) & set(hub.helpers("configurable-http-proxy"))


def test_the_hub_brings_back_a_killed_helper(hub, at_work):
    servers = servers_of(at_work)
    old = hub.helpers("jupyterhub-helper")
    kill(old)
    until(lambda: set(hub.helpers("jupyterhub-helper")) - set(old), BACK_WITHIN, "a new helper")
    all_results_arrive(at_work)
    assert servers_of(at_work) == servers
    newcomer = Browser(hub)
    newcomer.login(at_work[0][3])
    assert newcomer.logged_in(), "logins work through the new helper"


def test_a_server_that_ends_under_the_new_helper_is_noticed(hub, ada):
    me = Browser(hub)
    me.login(ada)
    me.start_server()
    old = hub.helpers("jupyterhub-helper")
    kill(old)
    until(lambda: set(hub.helpers("jupyterhub-helper")) - set(old), BACK_WITHIN, "a new helper")
    ada.end_processes()
    until(lambda: not me.model()["servers"].get(""), 40, "the end of the server to be noticed")


def test_a_hub_started_again_after_kill_9_adopts_every_server(hub, at_work):
    servers = servers_of(at_work)
    hub.kill()
    assert servers_of(at_work) == servers, "servers live on without their hub"
    since = time.monotonic()
    hub.launch()
    until(lambda: hub.answers() and all(me.logged_in() and me.server_ready() for me, *_ in at_work), BACK_WITHIN, "the hub to know every server")
    until(lambda: all(me.get(f"/user/{me.name}/api").status_code == 200 for me, *_ in at_work),
          BACK_WITHIN + since - time.monotonic(), "both servers to be reachable")
    all_results_arrive(at_work)
    assert servers_of(at_work) == servers
    assert len(hub.helpers("configurable-http-proxy")) == 1 and len(hub.helpers("jupyterhub-helper")) <= 1


def test_everything_killed_at_once_comes_back_with_the_hub(hub, at_work):
    servers = servers_of(at_work)
    kill(hub.helpers("configurable-http-proxy") + hub.helpers("jupyterhub-helper"))
    hub.kill()
    for pid in hub.helpers("configurable-http-proxy") + hub.helpers("jupyterhub-helper"):
        os.kill(pid, signal.SIGKILL)  # what the hub may have brought back in its last moment
    hub.launch()
    until(lambda: hub.answers() and all(me.logged_in() and me.server_ready() for me, *_ in at_work), BACK_WITHIN, "the hub to know every server")
    all_results_arrive(at_work)
    assert servers_of(at_work) == servers


def test_a_hub_killed_while_a_server_starts_leaves_it_known_or_gone(hub, ada):
    me = Browser(hub)
    me.login(ada)
    me.click_start()
    until(lambda: ada.processes("singleuser"), 10, "the server's process")
    hub.kill()
    hub.start()
    assert me.logged_in()
    until(lambda: not me.pending(), 60, "the start to be decided")
    if me.server_ready():
        assert me.open_server().status_code == 200
        assert len(ada.processes("singleuser")) == 1
        me.stop_server()
    until(lambda: ada.processes() == [], 10, "no process left over")


def test_servers_can_outlive_a_stopped_hub_and_are_adopted(hub, ada):
    hub.configure(CONFIG + "c.JupyterHub.cleanup_servers = False\n")
    assert hub.stop() == 0
    hub.start()
    me = Browser(hub)
    me.login(ada)
    me.start_server()
    before = ada.processes("singleuser")
    assert hub.stop() == 0 and ada.processes("singleuser") == before
    hub.start()
    assert me.logged_in() and me.server_ready() and ada.processes("singleuser") == before
    assert me.open_server().status_code == 200
    me.stop_server()


def test_by_default_a_stopped_hub_stops_its_servers_first(hub, ada):
    me = Browser(hub)
    me.login(ada)
    me.start_server()
    assert hub.stop() == 0
    assert ada.processes() == [] and hub.helpers("configurable-http-proxy") == [] and hub.helpers("jupyterhub-helper") == []
