"""`./dev run` as a new user meets it: the demo, the hub for the machine's accounts, and how both end."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess

import pytest
from harness.browser import Browser, Page
from harness.hub import BIN, REPOSITORY, Hub
from harness.notebook import Kernel
from harness.processes import has_ended
from harness.waiting import until


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The programs where every account may use them: the repository may lie in a closed directory."""
    folder = pathlib.Path("/var/tmp") / f"jupyterhub-dev-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    for name in ("jupyterhub", "configurable-http-proxy", "jupyterhub-helper"):
        shutil.copy(pathlib.Path(BIN) / name, folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def clone(ada):
    """A clone in a home that nobody else may look into, as `adduser` makes them."""
    folder = pathlib.Path(ada.home) / "jupyterhub"
    shutil.copytree(REPOSITORY / "tools/dev", folder / "tools/dev")
    shutil.copy(REPOSITORY / "dev", folder)
    subprocess.run(["chown", "-R", f"{ada.uid}:{ada.uid}", ada.home], check=True)
    os.chmod(ada.home, 0o700)
    return folder


@pytest.fixture
def place(clone):
    folder = pathlib.Path(f"/var/lib/jupyterhub-dev-test-{os.getpid()}")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def run(clone, programs, place):
    """run(owner, ARGS...) starts a hub with `./dev run`; run.dev(owner, ARGS...) another of its commands."""
    made = []
    words = ["env", f"JUPYTERHUB_BIN={programs}", f"JUPYTERHUB_DEV_PLACE={place}", str(clone / "dev")]

    def start(owner, *arguments):
        hub = Hub(command=[*words, "run"], owner=owner)
        hub.command += [f"--port={hub.port}", *arguments]
        made.append(hub)
        hub.launch().wait_up(90)  # it copies the programs first
        return hub

    def dev(owner, *arguments):
        drop = ["setpriv", f"--reuid={owner.uid}", f"--regid={owner.uid}", "--init-groups"] if owner else []
        return subprocess.run([*drop, *words, *arguments], capture_output=True, text=True, timeout=60, check=False)

    start.dev = dev
    yield start
    for hub in made:
        hub.close()


def press_ctrl_c(hub):
    os.killpg(hub.process.pid, signal.SIGINT)
    return hub.process.wait(30)


def proxy_of(state):
    return int((state / "jupyterhub-proxy.pid").read_text())


def is_alive(pid):
    return os.path.exists(f"/proc/{pid}")


class Guest:
    name, password = "admin", "whatever"


def test_a_demo_needs_no_more_than_a_port_says_how_to_log_in_and_leaves_nothing(run, ada, clone):
    others = []
    for port in (8001, 8081):  # another hub's, or ours
        others.append(socket.socket())
        try:
            others[-1].bind(("127.0.0.1", port))
            others[-1].listen()
        except OSError:
            pass
    hub = run(ada, "--demo")
    assert f"JupyterHub is now running at {hub.url}/" in hub.log()
    me = Browser(hub)
    assert "any name, any password" in Page(me.get("/hub/login").text).text
    me.login(Guest)
    assert me.api("GET", "/user").json()["admin"]
    proxy = proxy_of(clone / ".demo/state")
    assert press_ctrl_c(hub) == 0
    until(lambda: not is_alive(proxy), 10, "the proxy to end")
    assert "dev stop" not in hub.log().split("now running at")[1]
    for other in others:
        other.close()


def test_a_demo_as_root_has_to_be_meant(run):
    done = run.dev(None, "run", "--port=1", "--demo")
    assert done.returncode == 1 and "as root they would all be root" in done.stderr and "--as-root" in done.stderr


def test_a_port_in_use_is_named_with_what_to_do(run, ada):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run.dev(ada, "run", "--demo", "--port", str(port))
    assert done.returncode == 1 and f"port {port} is in use" in done.stderr and "--port=" in done.stderr


def test_the_real_hub_gives_up_root_in_whatever_clone_and_stop_ends_what_it_leaves(run, account, place):
    bob = account("bob")
    hub = run(None, "--Spawner.http_timeout=100")
    me = Browser(hub)
    me.login(bob)
    me.start_server()
    kernel = Kernel(me)
    assert kernel.run("import os; print(os.getuid())") == f"{bob.uid}\n"
    state = place / "state"
    proxy, serving = proxy_of(state), int((state / "jupyterhub.pid").read_text())
    assert 0 not in {os.stat(f"/proc/{pid}").st_uid for pid in (proxy, serving)}
    again = run.dev(None, "run")
    assert again.returncode == 1 and "runs already" in again.stderr
    assert press_ctrl_c(hub) == 0
    assert "the notebook servers: 1" in hub.log() and "./dev stop" in hub.log()
    assert is_alive(proxy) and kernel.run("print(6*7)") == "42\n"
    kernel.close()
    stopped = run.dev(None, "stop")
    assert stopped.returncode == 0, stopped.stderr
    assert bob.processes() == []
    until(lambda: has_ended(proxy), 10, "the proxy to end")
    assert "nothing" in run.dev(None, "stop").stderr
