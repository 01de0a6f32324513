"""Who runs as whom: started as root, the hub gives root up; what needs it stays in two small programs."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess

import pytest
import requests
from harness.browser import Browser
from harness.hub import BIN, PATH
from harness.notebook import Kernel
from harness.ports import free_port
from harness.processes import has_ended
from harness.waiting import until

CONFIG = "c.Authenticator.allow_all = True\n"
SECRET_VARIABLES = ("CONFIGPROXY_AUTH_TOKEN", "JPY_COOKIE_SECRET", "JUPYTERHUB_CRYPT_KEY")


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def environment(pid):
    return dict(entry.split("=", 1) for entry in pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0") if "=" in entry)


def account_of(pid):
    uids = set(status(pid)["Uid"])
    assert len(uids) == 1, "real, effective, saved and file system user are one"
    return int(uids.pop())


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


@pytest.fixture
def own_hub(new_hub, ada):
    yield new_hub(CONFIG).start()
    ada.end_processes()


@pytest.fixture
def running(own_hub, ada):
    me = Browser(own_hub)
    me.login(ada)
    me.start_server()
    return own_hub, me


def test_what_reads_the_network_is_not_root_and_cannot_become_it(own_hub):
    hub, = [own_hub.process.pid]
    proxies = [pid for pid in own_hub.helpers("configurable-http-proxy") if account_of(pid) != 0]
    assert account_of(hub) != 0 and proxies
    assert account_of(hub) != account_of(proxies[0]), "the proxy can neither read the hub's files nor trace it"
    facts = status(hub)
    assert {facts[name][0].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {""}
    assert facts["NoNewPrivs"] == ["1"] and len(set(facts["Gid"])) == 1 and facts["Gid"][0] != "0" and "0" not in facts["Groups"]
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    for port in (own_hub.port, own_hub.hub_port, own_hub.api_port):
        owners = [line for line in listening.splitlines() if f":{port} " in line]
        assert owners
    assert [account_of(pid) for pid in own_hub.helpers("jupyterhub-helper")] == [0]


def test_the_hubs_files_belong_to_it_and_are_closed_to_others(running):
    hub, _ = running
    owner = account_of(hub.process.pid)
    for name in ("jupyterhub_cookie_secret", "jupyterhub.sqlite", "jupyterhub-proxy.pid.token"):
        facts = (hub.dir / name).stat()
        assert (facts.st_uid, facts.st_mode & 0o777) == (owner, 0o600), name
    for facts in (path.stat() for path in hub.dir.glob("jupyterhub.sqlite-*")):
        assert facts.st_uid == owner and facts.st_mode & 0o077 == 0
    here = hub.dir.stat()
    assert here.st_uid == 0 and here.st_mode & 0o1000, "the hub makes files beside the configuration and cannot replace it"


def test_files_of_a_hub_that_ran_as_root_are_taken_over_and_given_back(new_hub, ada):
    hub = new_hub(CONFIG + 'c.JupyterHub.run_as = "root"\n').start()
    me = Browser(hub)
    me.login(ada)
    assert account_of(hub.process.pid) == 0
    assert hub.stop() == 0
    def owners():
        return {(hub.dir / name).stat().st_uid for name in ("jupyterhub_cookie_secret", "jupyterhub.sqlite", "jupyterhub-proxy.pid.token")}
    assert owners() == {0}
    hub.configure(CONFIG)
    hub.start()
    assert me.logged_in(), "the same cookie secret and database"
    assert account_of(hub.process.pid) != 0
    assert owners() == {account_of(hub.process.pid)}
    assert hub.stop() == 0
    hub.configure(CONFIG + 'c.JupyterHub.run_as = "root"\n')
    hub.start()
    assert me.logged_in() and owners() == {0}


def test_a_link_in_place_of_a_state_file_is_not_followed(new_hub, ada):
    hub = new_hub(CONFIG)
    victim = hub.dir / "victim"
    victim.write_text("root's own\n")
    victim.chmod(0o600)
    os.symlink(victim, hub.dir / "jupyterhub-proxy.pid.token")
    (hub.dir / "jupyterhub-server-logs").mkdir(mode=0o700)
    os.symlink(victim, hub.dir / "jupyterhub-server-logs" / "x.log")
    hub.launch()
    assert hub.process.wait(20) == 1
    assert "jupyterhub-proxy.pid.token is not used: it is a symbolic link" in hub.log()
    (hub.dir / "jupyterhub-proxy.pid.token").unlink()
    hub.start()
    assert victim.stat().st_uid == 0 and victim.read_text() == "root's own\n"


def test_what_the_hubs_account_does_to_its_files_never_makes_the_next_hub_root(own_hub):
    own_hub.stop()
    (own_hub.dir / "jupyterhub.sqlite").chmod(0)
    own_hub.launch()
    assert own_hub.process.wait(20) == 1
    assert "jupyterhub.sqlite" in own_hub.log() and "cannot serve as" in own_hub.log()


def test_the_hub_may_serve_as_an_account_of_choice(new_hub, bob):
    hub = new_hub(CONFIG + f'c.JupyterHub.run_as = "{bob.name}"\n').start()
    assert account_of(hub.process.pid) == bob.uid
    assert set(status(hub.process.pid)["Groups"]) == set(subprocess.run(["id", "-G", bob.name], capture_output=True, text=True,
                                                                          check=True).stdout.split())
    me = Browser(hub)
    me.login(bob)
    assert me.logged_in()
    me.click_start()
    code, text = me.failure_page()
    assert code >= 400 and "account of the system" in text, "nobody's notebook runs beside the hub's secrets"


@pytest.mark.parametrize("name, reason", [("no-such-account", "no account"), ("nobody", "proxy")])
def test_an_account_that_cannot_serve_stops_the_start(new_hub, name, reason):
    hub = new_hub(CONFIG + f'c.JupyterHub.run_as = "{name}"\n').launch()
    assert hub.process.wait(20) == 1
    assert "c.JupyterHub.run_as" in hub.log() and reason in hub.log()


def test_the_hub_ends_with_its_supervisor_and_the_next_one_goes_on(running, ada):
    hub, me = running
    servers = ada.processes("singleuser")
    supervisor, = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and is_supervisor_of(int(pid), hub)]
    assert account_of(supervisor) == 0
    os.kill(supervisor, signal.SIGKILL)
    assert hub.process.wait(10) == 1
    assert ada.processes("singleuser") == servers
    hub.start()
    assert me.logged_in() and me.server_ready() and ada.processes("singleuser") == servers
    assert me.open_server().status_code == 200


def is_supervisor_of(pid, hub):
    try:
        return status(pid)["Name"] == ["jupyterhub-root"] and status(pid)["PPid"] == [str(hub.process.pid)]
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_no_root_process_outlives_a_killed_hub(own_hub):
    supervisor, = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and is_supervisor_of(int(pid), own_hub)]
    own_hub.kill()
    until(lambda: has_ended(supervisor) and not own_hub.helpers("jupyterhub-helper"), 5, "helper and supervisor to end")


def test_a_token_made_by_root_leaves_the_database_with_the_hub(own_hub, ada):
    me = Browser(own_hub)
    me.login(ada)
    own_hub.stop()
    owner = (own_hub.dir / "jupyterhub.sqlite").stat().st_uid
    done = subprocess.run([*own_hub.command, "token", ada.name], cwd=own_hub.dir, env={"PATH": PATH, "HOME": "/root"}, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path.stat().st_uid for path in own_hub.dir.glob("jupyterhub.sqlite*")} == {owner}
    own_hub.start()
    reply = me.request("GET", "/hub/api/user", headers={"Authorization": f"token {done.stdout.strip()}"})
    assert reply.status_code == 200 and reply.json()["name"] == ada.name


# S-SPAWN-01
def test_a_server_has_the_identity_of_its_person_and_nothing_of_the_hub(running, ada):
    hub, me = running
    for pid in ada.processes("singleuser"):
        facts = status(pid)
        assert set(facts["Uid"]) == {str(ada.uid)} and len(set(facts["Gid"])) == 1
        assert set(facts["Groups"]) == set(subprocess.run(["id", "-G", ada.name], capture_output=True, text=True, check=True).stdout.split())
        assert {facts[name][0].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {""}
        assert os.readlink(f"/proc/{pid}/cwd") == ada.home
        assert pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "0"
        assert os.getsid(pid) not in (os.getsid(hub.process.pid), os.getsid(os.getpid()))
        assert not set(SECRET_VARIABLES) & set(environment(pid))
    kernel = Kernel(me)
    assert kernel.run("import os; print([n for n in (0, 1, 2) if not os.path.exists(f'/proc/self/fd/{n}')])") == "[]\n"
    assert kernel.run("import os; print(oct(os.umask(0o22)))") == "0o22\n", "as upstream: the umask the hub was started with"
    denied = ("import os, glob\nfor path in [%r] + glob.glob(%r):\n    try: open(path).close(); print('read', path)\n"
              "    except PermissionError: pass\nprint('tried')")
    assert kernel.run(denied % (str(hub.dir / "jupyterhub_cookie_secret"), str(hub.dir / "jupyterhub.sqlite*"))) == "tried\n"
    kernel.close()


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None


@pytest.fixture
def pam_service(tmp_path):
    """A PAM service whose sessions are told to a file, and that file. With a file sessions.NAME beside it, that account's hang."""
    told, name = tmp_path / "sessions", f"jh-acceptance-{os.getpid()}"
    script = tmp_path / "tell"
    script.write_text(f"#!/bin/sh\necho $PAM_TYPE $PAM_USER >>{told}\ntest ! -e {told}.$PAM_USER || exec sleep 60\n")
    script.chmod(0o755)
    path = pathlib.Path("/etc/pam.d") / name
    path.write_text(f"auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_exec.so {script}\n")
    yield name, told
    path.unlink()


def test_a_pam_session_lasts_as_long_as_the_server_whatever_happens_to_the_hub(new_hub, pam_service, ada):
    name, told = pam_service
    hub = new_hub(CONFIG + f'c.PAMAuthenticator.open_sessions = True\nc.PAMAuthenticator.service = "{name}"\n').start()
    me = Browser(hub)
    me.login(ada)
    assert not told.exists(), "a login is no session"
    me.start_server()
    assert told.read_text() == f"open_session {ada.name}\n"
    hub.kill()
    hub.start()
    until(me.server_ready, 20, "the server to be taken over")
    assert told.read_text() == f"open_session {ada.name}\n"
    me.api("DELETE", f"/users/{ada.name}/server")
    until(lambda: told.read_text() == f"open_session {ada.name}\nclose_session {ada.name}\n", 20, "the session to be closed")


@pytest.mark.skipif("/asan/" in BIN, reason="it waits for a limit of 20 s, which is often enough once a run")
def test_a_pam_session_that_hangs_holds_up_nobody_else_and_ends_with_the_hub(new_hub, pam_service, ada, bob):
    name, told = pam_service
    hang = told.with_name(f"{told.name}.{ada.name}")
    hang.touch()
    hub = new_hub(CONFIG + f'c.PAMAuthenticator.open_sessions = True\nc.PAMAuthenticator.service = "{name}"\n').start()
    me, other = Browser(hub), Browser(hub)
    me.login(ada)
    other.login(bob)
    me.click_start()
    until(lambda: f"open_session {ada.name}\n" in told.read_text(), 10, "the module to hang")
    other.start_server()
    assert me.pending(), "bob's server was up while ada's module still hung"
    assert not ada.processes("singleuser")
    hub.kill()

    def hanging():  # bob's server goes on, and so does the keeper of its session
        return [pid for pid in hub.helpers("jupyterhub-helper") if name_of(pid) not in ("pam-session", None)]
    assert hanging()
    until(lambda: not hanging(), 30, "the hanging process to end, though nobody is left to end it")
    hang.unlink()
    hub.start()
    me.start_server()


# S-SPAWN-01
def test_descriptors_of_the_hub_do_not_reach_a_command(new_hub, ada):
    ada.write("show.sh", "#!/bin/sh\nls -l /proc/self/fd > ~/descriptors\nexec sleep 60\n", mode=0o755)
    hub = new_hub(CONFIG + f'c.Spawner.cmd = ["{ada.home}/show.sh"]\nc.Spawner.start_timeout = 5\n').start()
    me = Browser(hub)
    me.login(ada)
    me.click_start()
    path = pathlib.Path(ada.home) / "descriptors"
    until(path.exists, 10, "the command to run")
    until(lambda: len(path.read_text().splitlines()) > 3, 5, "the list")
    numbers = {line.split()[8] for line in path.read_text().splitlines()[1:]}
    assert numbers <= {"0", "1", "2", "3"}, "3 is ls reading the directory"
    assert "socket" not in path.read_text()
    ada.end_processes()


# S-SPAWN-03
def test_another_person_finds_no_token_of_ada_anywhere(running, ada, bob):
    hub, _ = running
    token = environment(ada.processes("singleuser")[0])["JUPYTERHUB_API_TOKEN"]
    look = (f"cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ {hub.dir}/* {hub.dir}/*/* 2>/dev/null; "
            "find /run /tmp /var/tmp /var/log /var/crash -xdev -maxdepth 3 -mmin -2 -type f -size -200k -exec cat {} + 2>/dev/null; ps auxeww")
    seen = subprocess.run(["setpriv", f"--reuid={bob.uid}", f"--regid={bob.uid}", "--clear-groups", "sh", "-c", look], capture_output=True,
                          check=False).stdout
    assert seen and token.encode() not in seen


# S-SPAWN-07
def test_a_variable_that_makes_programs_load_others_must_be_configured(new_hub, ada):
    hook = "def preload(spawner):\n    spawner.environment['LD_AUDIT'] = '/nowhere.so'\nc.Spawner.pre_spawn_hook = preload\n"
    hub = new_hub(CONFIG + hook).start()
    me = Browser(hub)
    me.login(ada)
    me.click_start()
    code, text = me.failure_page()
    assert code >= 400 and "LD_AUDIT" in text and "c.Spawner.environment" in text
    hub.stop()
    hub.configure(CONFIG + 'c.Spawner.environment = {"LD_AUDIT": "/nowhere.so"}\n')
    hub.start()
    me.start_server()
    assert environment(ada.processes("singleuser")[0])["LD_AUDIT"] == "/nowhere.so"
    ada.end_processes()


# S-SPAWN-07
def test_there_is_no_socket_by_which_others_could_reach_the_helper(own_hub):
    helper, = own_hub.helpers("jupyterhub-helper")
    sockets = {os.readlink(f"/proc/{helper}/fd/{n}") for n in os.listdir(f"/proc/{helper}/fd")}
    inodes = {name[8:-1] for name in sockets if name.startswith("socket:")}
    named = [line.split() for line in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:] if line.split()[6] in inodes]
    assert inodes and all(len(fields) == 7 for fields in named), "none has an address"
    listening = subprocess.run(["ss", "-Hlnp"], capture_output=True, text=True, check=True).stdout
    assert f"pid={helper}," not in listening


THIEF = """
import http.server, sys
class Thief(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open(sys.argv[2], "a").write(f"{self.path} {self.headers}\\n")
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Thief).serve_forever()
"""


# S-SPAWN-04
def test_another_persons_program_at_the_announced_port_gets_no_visitors(new_hub, ada, bob):
    port = free_port()
    hub = new_hub(CONFIG + f'c.Spawner.port = {port}\nc.Spawner.cmd = ["sleep", "60"]\nc.Spawner.http_timeout = 5\n').start()
    booty = pathlib.Path(bob.home) / "booty"
    script = bob.write("thief.py", THIEF)
    with subprocess.Popen(["/usr/bin/python3", script, str(port), str(booty)], user=bob.uid, group=bob.uid, extra_groups=[]) as thief:
        try:
            until(lambda: answers_at(port), 10, "the thief to listen")
            me = Browser(hub)
            me.login(ada)
            me.click_start()
            code, text = me.failure_page()
            assert code >= 400 and "Another program answers" in text and not me.server_ready()
            me.get(f"/user/{ada.name}/secret", allow_redirects=False)
            seen = booty.read_text()
            assert "GET" not in seen and "/api" in seen, "the hub's question"
            assert "secret" not in seen and "Cookie" not in seen
        finally:
            thief.kill()
    ada.end_processes()


def answers_at(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def as_the_hub(hub, statements):
    """Under its account: Linux denies root a file of another account in a sticky directory (fs.protected_regular)."""
    facts = (hub.dir / "jupyterhub.sqlite").stat()
    return subprocess.run(["sqlite3", "jupyterhub.sqlite", statements], cwd=hub.dir, user=facts.st_uid, group=facts.st_gid, extra_groups=[],
                          capture_output=True, text=True, check=True).stdout


# S-SPAWN-05
def test_a_changed_database_cannot_make_the_helper_signal_a_stranger(running, ada):
    hub, me = running
    stranger = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        hub.kill()
        assert as_the_hub(hub, f"UPDATE spawners SET state = json_set(state, '$.pid', {stranger.pid}) WHERE state IS NOT NULL; SELECT changes()") == "1\n"
        hub.start()
        until(lambda: not me.pending(), 30, "the hub to decide about the server")
        me.api("DELETE", f"/users/{ada.name}/server")
        until(lambda: not me.model()["servers"].get(""), 30, "no server")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


# S-SPAWN-05
@pytest.mark.parametrize("owner", ["root", "bob", "the hub"])
def test_no_row_of_the_database_makes_the_helper_touch_a_process_it_did_not_start(running, ada, bob, owner):
    hub, me = running
    uid = {"root": 0, "bob": bob.uid, "the hub": account_of(hub.process.pid)}[owner]
    stranger = subprocess.Popen(["sleep", "300"], start_new_session=True, user=uid, group=uid, extra_groups=[])
    try:
        facts = pathlib.Path(f"/proc/{stranger.pid}/stat").read_text().rpartition(")")[2].split()
        hub.kill()
        # Everything about it is right, as anybody can read it in /proc.
        assert as_the_hub(hub, f"UPDATE spawners SET state = json_set(state, '$.pid', {stranger.pid}) WHERE state IS NOT NULL; "
                               f"UPDATE jhub_processes SET pid = {stranger.pid}, start_time = {facts[19]}, uid = {uid}; SELECT changes()") == "1\n"
        hub.start()
        until(lambda: not me.pending(), 30, "the hub to decide about the server")
        me.api("DELETE", f"/users/{ada.name}/server")
        until(lambda: not me.model()["servers"].get(""), 30, "no server")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_services_have_no_way_to_more_rights_than_the_hub_and_people_keep_theirs(new_hub, ada):
    becomes_root = pathlib.Path(ada.home) / "becomes-root"  # as sudo does
    shutil.copy("/usr/bin/id", becomes_root)
    becomes_root.chmod(0o4755)
    hub = new_hub(CONFIG)
    told = hub.dir / "told"
    told.mkdir()
    told.chmod(0o777)
    script = f"{becomes_root} -u >{told}/$1; grep NoNewPrivs /proc/self/status >>{told}/$1; exec sleep 300"
    hub.configure(CONFIG + f"""c.Spawner.cmd = ["sh", "-c", {script!r}, "sh", "person"]
c.Spawner.start_timeout = 5
c.JupyterHub.services = [
    {{"name": "plain", "command": ["sh", "-c", {script!r}, "sh", "service"]}},
    {{"name": "adas", "user": "{ada.name}", "command": ["sh", "-c", {script!r}, "sh", "adas"]}}]
""")
    ada_may_enter = pathlib.Path(ada.home).stat().st_mode
    pathlib.Path(ada.home).chmod(0o755)
    hub.start()
    try:
        me = Browser(hub)
        me.login(ada)
        me.click_start()
        until(lambda: all((told / name).exists() and "NoNewPrivs" in (told / name).read_text() for name in ("person", "service", "adas")), 10,
              "all three to tell")
        seen = {name: (told / name).read_text().split() for name in ("person", "service", "adas")}
        assert seen["service"] == [str(account_of(hub.process.pid)), "NoNewPrivs:", "1"]
        assert seen["person"] == seen["adas"] == ["0", "NoNewPrivs:", "0"]
    finally:
        becomes_root.unlink()
        pathlib.Path(ada.home).chmod(ada_may_enter)
        ada.end_processes()


@pytest.fixture
def carol(account):
    return account("carol")


def test_an_administrator_of_the_machine_gets_a_server_after_a_password_and_not_by_a_token(new_hub, carol):
    subprocess.run(["usermod", "-aG", "adm", carol.name], check=True)
    hub = new_hub(CONFIG + f"""
c.JupyterHub.services = [{{"name": "robot", "api_token": "robots-token-0123456789"}}]
c.JupyterHub.load_roles = [{{"name": "robots", "services": ["robot"], "scopes": ["admin:users", "admin:servers"]}}]
""").start()
    robot = {"Authorization": "token robots-token-0123456789"}
    requests.post(f"{hub.url}/hub/api/users/{carol.name}", headers=robot, timeout=10).raise_for_status()
    before = requests.post(f"{hub.url}/hub/api/users/{carol.name}/server", headers=robot, timeout=30)
    assert before.status_code >= 400
    assert f"{carol.name} is in the group adm" in hub.log() and "c.JupyterHub.helper_policy" in hub.log()
    assert not carol.processes()
    me = Browser(hub)
    me.login(carol)
    hub.stop()
    hub.start()
    me.start_server()  # the helper remembers, though it is another one
    assert carol.processes("singleuser")
    carol.end_processes()


def test_root_names_those_who_get_servers_without_a_password_and_what_servers_may_be(new_hub, carol):
    subprocess.run(["usermod", "-aG", "adm", carol.name], check=True)
    configuration = """
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Authenticator.allow_all = True
c.JupyterHub.helper_policy = """
    hub = new_hub(configuration + repr({"users": [carol.name], "programs": ["/usr/bin/jupyterhub-singleuser"]})).start()
    me = Browser(hub)
    me.login(carol)
    me.start_server()
    assert carol.processes("singleuser")
    hub.stop()
    carol.end_processes()
    hub.configure(configuration + repr({"groups": ["adm"], "programs": ["/usr/bin/jupyterhub-singleuser"]}) + '\nc.Spawner.cmd = ["sleep", "60"]\n')
    hub.start()
    me.click_start()
    code, text = me.failure_page()
    assert code >= 400 and "helper_policy" in text and not carol.processes()


@pytest.mark.parametrize("policy, says", [({"user": ["x"]}, "JupyterHub.helper_policy (jupyterhub_config.py:5): There is no user here"),
                                          ({"programs": ["/tmp/start"]}, "People's servers cannot be limited to /tmp/start")])
def test_a_policy_that_means_nothing_stops_the_start(new_hub, policy, says):
    hub = new_hub(f"c.JupyterHub.helper_policy = {policy!r}\n").launch()
    assert hub.process.wait(20) == 1
    assert says in hub.log()


def test_the_policy_of_the_machine_is_read_from_its_own_file(new_hub, account):
    person = account("dan")
    subprocess.run(["groupadd", "--force", "jhpowerful"], check=True)
    subprocess.run(["usermod", "-aG", "jhpowerful", person.name], check=True)
    path = pathlib.Path("/etc/jupyterhub/helper-policy")
    path.parent.mkdir(exist_ok=True)
    assert not path.exists(), "this machine has a policy of its own"
    path.write_text("# of a test\npowerful_groups jhpowerful\n")
    try:
        hub = new_hub('c.JupyterHub.authenticator_class = "dummy"\nc.Authenticator.allow_all = True\n'
                      'c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"\n').start()
    finally:
        path.unlink()
    me = Browser(hub)
    me.login(person)
    me.click_start()
    code, text = me.failure_page()
    assert code >= 400 and "jhpowerful" in text and "/etc/jupyterhub/helper-policy" in text
    subprocess.run(["groupdel", "jhpowerful"], check=False)


@pytest.fixture
def account_of_a_service():
    name = f"jhservice{os.getpid()}"
    subprocess.run(["useradd", "--system", "--shell", "/usr/sbin/nologin", name], check=True)
    yield name
    subprocess.run(["userdel", "--force", name], check=False)


def test_a_service_may_run_under_an_account_of_services_that_people_cannot_have(new_hub, account_of_a_service):
    hub = new_hub(CONFIG)
    told = hub.dir / "told"
    told.mkdir()
    told.chmod(0o777)
    hub.configure(CONFIG + f"""c.JupyterHub.services = [{{"name": "web", "user": "{account_of_a_service}", "environment": {{"PYTHONPATH": "/opt"}},
    "command": ["sh", "-c", "id -un >{told}/who; exec sleep 300"]}}]\n""")
    hub.start()
    until(lambda: (told / "who").exists() and (told / "who").read_text() == f"{account_of_a_service}\n", 10, "the service")


def test_accounts_are_made_by_the_helper_for_a_hub_without_root(new_hub):
    name = f"jhmade{os.getpid()}"
    hub = new_hub('c.JupyterHub.authenticator_class = "jupyterhub.auth.PAMAuthenticator"\nc.LocalAuthenticator.create_system_users = True\n'
                  f'c.LocalAuthenticator.uids = {{"{name}": 5432}}\nc.LocalAuthenticator.add_user_cmd = ["useradd", "--comment", "for USERNAME"]\n'
                  'c.JupyterHub.services = [{"name": "robot", "api_token": "robots-token-0123456789"}]\n'
                  'c.JupyterHub.load_roles = [{"name": "robots", "services": ["robot"], "scopes": ["admin:users"]}]\n').start()
    assert account_of(hub.process.pid) != 0

    def add(who):
        return requests.post(f"{hub.url}/hub/api/users/{who}", headers={"Authorization": "token robots-token-0123456789"}, timeout=30)
    try:
        assert add(name).status_code == 201
        made = pwd.getpwnam(name)
        assert (made.pw_uid, made.pw_gecos) == (5432, f"for {name}")
        before = pathlib.Path("/etc/passwd").read_bytes()
        for who in ("--system", "-o", "1234"):
            assert add(who).status_code >= 400
        assert add("daemon").status_code == 201, "there is such an account"
        assert pathlib.Path("/etc/passwd").read_bytes() == before
    finally:
        subprocess.run(["userdel", name], check=False)


# S-SPAWN-06
@pytest.mark.parametrize("shell", ["/usr/sbin/nologin", "/bin/false", "/opt/no-shell-of-this-machine"])
def test_an_account_that_nobody_works_under_gets_no_server_whatever_the_authenticator(special_hub, account, shell):
    hub, _ = special_hub
    person = account("shell", shell=shell)
    me = Browser(hub)
    me.login(person)
    me.click_start()
    code, text = me.failure_page()
    assert code >= 400 and "shell" in text and not person.processes()


# S-SPAWN-06
@pytest.mark.parametrize("name", ["root", "daemon", "nobody", "postgres", "messagebus", "www-data", "no-such-person", "-rf", "$(reboot)", "a b", "a'b", 'a"b', "a\nb"])
def test_no_server_starts_for_a_name_that_is_no_person(special_hub, name):
    hub, before = special_hub

    class Person:
        password = "x"
    Person.name = name
    me = Browser(hub)
    reply = me.login(Person)
    if not me.logged_in():
        assert reply.status_code in (400, 403)
        return
    me.click_start()
    code, _ = me.failure_page()
    assert code >= 400 and not me.server_ready()
    assert hub.process.poll() is None and hub.helpers("jupyterhub-helper") == before


@pytest.fixture(scope="module")
def special_hub(new_hub_of_module):
    hub = new_hub_of_module('c.Authenticator.allow_all = True\nc.JupyterHub.authenticator_class = "dummy"\n'
                            'c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"\n')
    return hub, hub.helpers("jupyterhub-helper")


def change(path, owner=0, group=0, mode=0o755):
    os.chown(path, owner, group)
    path.chmod(mode)


def test_a_link_in_place_of_the_log_file_is_not_followed(new_hub):
    hub = new_hub(CONFIG + 'c.JupyterHub.extra_log_file = "extra.log"\n')
    victim = hub.dir / "victim"
    victim.write_text("root's own\n")
    (hub.dir / "extra.log").symlink_to(victim)
    hub.launch()
    assert hub.process.wait(20) == 1
    assert victim.read_text() == "root's own\n" and "extra.log is not used: it is a symbolic link" in hub.log()
    (hub.dir / "extra.log").unlink()
    hub.start()
    assert "Running JupyterHub version" in (hub.dir / "extra.log").read_text()


# S-FILE-02
@pytest.mark.parametrize("name", ["jupyterhub_config.py", "jupyterhub_config.json"])
@pytest.mark.parametrize("facts", [{"owner": 61000}, {"owner": 1}, {"owner": 1000}, {"mode": 0o646}, {"mode": 0o664, "group": 61000}], ids=str)
def test_a_configuration_that_somebody_else_can_write_is_not_run_as_root(new_hub, name, facts):
    hub = new_hub(CONFIG)
    path = hub.dir / name
    if name.endswith("json"):
        path.write_text("{}")
    change(path, **{"mode": 0o644, **facts})
    hub.launch()
    assert hub.process.wait(20) == 1
    assert f"{name} is not read" in hub.log() and "--JupyterHub.trust_config_file=True" in hub.log()
    assert not (hub.dir / "jupyterhub.sqlite").exists()


# S-FILE-02
@pytest.mark.parametrize("facts", [{"owner": 61000}, {"mode": 0o757}, {"mode": 0o775, "group": 61000}], ids=str)
def test_a_directory_on_the_way_to_the_configuration_is_looked_at_too(new_hub, tmp_path, facts):
    hub = new_hub(CONFIG)
    inner = tmp_path / "open" / "etc"
    inner.mkdir(parents=True)
    (hub.dir / "jupyterhub_config.py").rename(inner / "real.py")
    (hub.dir / "jupyterhub_config.py").symlink_to(inner / "real.py")
    change(inner.parent, **facts)
    hub.launch()
    assert hub.process.wait(20) == 1
    assert "is not read" in hub.log() and str(inner.parent) in hub.log()
    change(inner.parent, mode=0o1777)
    hub.launch()
    hub.wait_up()


# S-FILE-02
def test_whoever_means_it_may_have_a_configuration_of_another_account(new_hub):
    hub = new_hub(CONFIG)
    change(hub.dir / "jupyterhub_config.py", owner=1000, mode=0o666)
    hub.command = [*hub.command, "--JupyterHub.trust_config_file=True"]
    hub.start()


BAD_SECRETS = ["0644", "0666", "0640", "empty", "odd", "31 bytes", "directory", "loop", "link", "another account's"]


# S-FILE-01
@pytest.mark.parametrize("run_as", ["", "root"])
@pytest.mark.parametrize("what", BAD_SECRETS)
def test_a_cookie_secret_that_is_none_or_no_secret_stops_the_start(new_hub, what, run_as):
    hub = new_hub(CONFIG + f"c.JupyterHub.run_as = {run_as!r}\n")
    path = hub.dir / "jupyterhub_cookie_secret"
    whole = "ab" * 32
    if what == "directory":
        path.mkdir()
    elif what == "loop":
        path.symlink_to(path)
    elif what == "link":
        (hub.dir / "elsewhere").write_text(whole)
        (hub.dir / "elsewhere").chmod(0o600)
        path.symlink_to(hub.dir / "elsewhere")
    else:
        path.write_text({"empty": "", "odd": "abc", "31 bytes": "ab" * 31}.get(what, whole))
        change(path, owner=61234 if what.startswith("another") else 0, mode=int(what, 8) if what.startswith("0") else 0o600)
    hub.launch()
    assert hub.process.wait(20) == 1
    assert "The cookie secret file jupyterhub_cookie_secret" in hub.log() or "to the cookie secret file" in hub.log() \
        or "read or write the cookie secret file jupyterhub_cookie_secret" in hub.log()


# S-FILE-01
def test_what_the_hub_makes_is_closed_to_others_whatever_the_umask(new_hub):
    hub = new_hub(CONFIG)
    hub.command = ["sh", "-c", 'umask 000; exec "$@"', "sh", *hub.command]
    hub.start()
    made = [hub.dir / "jupyterhub_cookie_secret", hub.dir / "jupyterhub-proxy.pid.token", *hub.dir.glob("jupyterhub.sqlite*")]
    assert len(made) >= 3
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in made if path.stat().st_mode & 0o777 != 0o600} == {}
