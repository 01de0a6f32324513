"""As whom the functions and classes of the configuration run, and what a hub that somebody has taken over gets from them."""
import os
import pathlib
import random
import signal
import subprocess

import pytest
from harness.browser import Browser
from harness.channel import Channel, python_process
from harness.processes import has_ended
from harness.waiting import until

CONFIG = "c.Authenticator.allow_all = True\n"
# The most common hook there is.
HOME_HOOK = """
import os, subprocess
def make_home(spawner):
    home = "{homes}/" + spawner.user.name
    if not os.path.isdir(home):
        os.makedirs(home)
        subprocess.run(["chown", spawner.user.name, home], check=True)
c.Spawner.pre_spawn_hook = make_home
"""
NOTE_HOOK = """
import os
def note(spawner):
    with open("{notes}/" + spawner.user.name, "a") as file:
        file.write(f"{{os.getuid()}} ")
    raise RuntimeError("that will do")
c.Spawner.pre_spawn_hook = note
"""


def uid_of(pid):
    line, = [line for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines() if line.startswith("Uid:")]
    uids = set(line.split()[1:])
    assert len(uids) == 1
    return int(uids.pop())


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


@pytest.fixture
def homes(tmp_path):
    """Root's, and no business of others."""
    folder = tmp_path / "homes"
    folder.mkdir(mode=0o755)
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    return folder


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    folder.chmod(0o1777)
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    return folder


def start_fails(hub, person):
    me = Browser(hub)
    me.login(person)
    me.click_start()
    return me.failure_page()[1]


def test_a_hook_makes_home_directories_as_root_beside_a_hub_that_is_not(new_hub, ada, homes):
    hub = new_hub(CONFIG + HOME_HOOK.format(homes=homes)).start()
    me = Browser(hub)
    me.login(ada)
    me.start_server()
    assert (homes / ada.name).stat().st_uid == ada.uid
    assert uid_of(hub.process.pid) != 0 and uid_of(python_process(hub)) == 0
    assert "run as root, as on the Python hub. c.JupyterHub.run_python_as" in hub.log()
    ada.end_processes()


def test_a_class_that_asks_pam_by_itself_lets_people_in(new_hub, ada):
    hub = new_hub(CONFIG + """
from jupyterhub.auth import PAMAuthenticator
class M(PAMAuthenticator):
    async def authenticate(self, handler, data):
        name = await super().authenticate(handler, data)
        return None if name and name.startswith("x") else name
c.JupyterHub.authenticator_class = M
""").start()
    me = Browser(hub)
    me.login(ada, password="wrong")
    assert not me.logged_in()
    me.login(ada)
    assert me.logged_in()
    assert uid_of(hub.process.pid) != 0


def test_what_uses_the_database_runs_as_the_hubs_account_and_the_log_says_so(new_hub, ada, notes):
    hub = new_hub(CONFIG + NOTE_HOOK.format(notes=notes) + """
def count(user):
    return user.db.query()
c.JupyterHub.template_vars = {"count": count}
""").start()
    start_fails(hub, ada)
    assert uid_of(python_process(hub)) == uid_of(hub.process.pid) != 0
    assert (notes / ada.name).read_text() == f"{uid_of(hub.process.pid)} "
    lines = [line for line in hub.log().splitlines() if "run_python_as" in line]
    assert len(lines) == 1 and lines[0].startswith("[W") and "database session" in lines[0]


def test_root_in_words_overrides_with_a_warning_at_each_start(new_hub, ada, notes):
    hub = new_hub(CONFIG + NOTE_HOOK.format(notes=notes) + """
def count(user):
    return user.db.query()
c.JupyterHub.template_vars = {"count": count}
c.JupyterHub.run_python_as = "root"
""").start()
    start_fails(hub, ada)
    assert (notes / ada.name).read_text() == "0 "
    assert uid_of(hub.process.pid) != 0
    hub.stop()
    hub.start()
    warnings = [line for line in hub.log().splitlines() if line.startswith("[W") and "run_python_as" in line]
    assert len(warnings) == 2 and all("run as root" in line and "database session" in line for line in warnings)


def test_another_account_runs_hooks_and_the_log_says_why_one_is_refused(new_hub, ada, bob, homes):
    hub = new_hub(CONFIG + HOME_HOOK.format(homes=homes) + f"c.JupyterHub.run_python_as = '{bob.name}'\n").start()
    assert uid_of(python_process(hub)) == bob.uid != uid_of(hub.process.pid)
    assert f"run as account {bob.name}, as c.JupyterHub.run_python_as says" in hub.log()
    text = start_fails(hub, ada)
    assert "Permission denied" in text and str(homes) in text
    refusal, = [line for line in hub.log().splitlines() if "may not do this" in line]
    assert f"as account {bob.name}" in refusal and "c.JupyterHub.run_python_as" in refusal
    assert not list(homes.iterdir())


def test_an_account_that_does_not_exist_stops_the_start(new_hub):
    hub = new_hub(CONFIG + "c.Spawner.pre_spawn_hook = lambda spawner: None\nc.JupyterHub.run_python_as = 'no-such-account'\n").launch()
    assert hub.process.wait(20) == 1
    assert "c.JupyterHub.run_python_as: There is no account no-such-account." in hub.log()


@pytest.mark.parametrize("chosen", ["root", "bob"])
def test_killed_it_comes_back_as_the_same_account_with_what_was_settled(new_hub, ada, bob, notes, chosen):
    name, uid = ("root", 0) if chosen == "root" else (bob.name, bob.uid)
    hub = new_hub(CONFIG + NOTE_HOOK.format(notes=notes) + f"c.JupyterHub.run_python_as = '{name}'\n").start()
    for _ in range(3):
        first = python_process(hub)
        os.kill(first, signal.SIGKILL)
        until(lambda: python_process(hub) not in (first, None), 20, "another process")
        assert "that will do" in start_fails(hub, ada)
        assert uid_of(python_process(hub)) == uid
    assert (notes / ada.name).read_text() == f"{uid} " * 3


def test_a_hook_that_is_stuck_is_ended_and_others_are_served(new_hub, ada, bob, notes):
    hub = new_hub(CONFIG + f"""
import time
c.Spawner.start_timeout = 2
def hook(spawner):
    if spawner.user.name == "{ada.name}":
        time.sleep(1000)
    raise RuntimeError(f"{{__import__('os').getuid()}} served this")
c.Spawner.pre_spawn_hook = hook
""").start()
    first = python_process(hub)
    assert "did not answer within 2 seconds" in start_fails(hub, ada)
    until(lambda: has_ended(first), 20, "the stuck process to end")
    until(lambda: python_process(hub), 20, "the next one")
    assert "0 served this" in start_fails(hub, bob)


def test_a_killed_hub_leaves_no_python_process_not_even_a_stuck_one(new_hub, ada):
    hub = new_hub(CONFIG + "import time\nc.Spawner.pre_spawn_hook = lambda spawner: time.sleep(1000)\n").start()
    me = Browser(hub)
    me.login(ada)
    me.click_start()
    python = python_process(hub)
    assert uid_of(python) == 0
    hub.kill()
    until(lambda: has_ended(python), 10, "the Python process to end with the hub")


def test_it_is_not_started_again_from_a_file_that_others_can_change(new_hub, ada):
    hub = new_hub(CONFIG + "c.Spawner.pre_spawn_hook = lambda spawner: None\n").start()
    (hub.dir / "jupyterhub_config.py").chmod(0o666)
    os.kill(python_process(hub), signal.SIGKILL)
    until(lambda: "everybody can write to" in hub.log(), 20, "the reason in the log")
    assert python_process(hub) is None
    (hub.dir / "jupyterhub_config.py").chmod(0o644)
    until(lambda: python_process(hub), 40, "it to come back, once that is corrected")


def test_nobody_looks_into_it_and_what_it_starts_gets_no_secret_of_the_hub(new_hub, ada, bob, tmp_path):
    said = tmp_path / "said"
    hub = new_hub(CONFIG + f"""
import os, subprocess
os.environ["JUPYTERHUB_CRYPT_KEY"] = os.environ["CONFIGPROXY_AUTH_TOKEN"] = "secret"
def hook(spawner):
    subprocess.run("env > {said}; cat /proc/self/limits >> {said}", shell=True, check=True)
    raise RuntimeError("that will do")
c.Spawner.pre_spawn_hook = hook
""").start()
    start_fails(hub, ada)
    assert "PATH=" in said.read_text() and "secret" not in said.read_text()
    core, = [line for line in said.read_text().splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]
    look = f"cat /proc/{python_process(hub)}/environ /proc/{python_process(hub)}/maps"
    assert subprocess.run(["setpriv", f"--reuid={bob.uid}", "--clear-groups", "sh", "-c", look], capture_output=True, check=False).stdout == b""


# ---- a hub that somebody has taken over ----

HOSTILE = """
import os
NOTES = "{notes}/"
def note(what):
    def function(*arguments):
        open(NOTES + what, "a").write(repr(arguments))
    return function
c.Spawner.pre_spawn_hook = note("prepared")
c.Spawner.post_stop_hook = note("stopped")
c.Spawner.environment = {{"E": note("environment")}}
c.JupyterHub.default_url = note("default_url")
c.Authenticator.username_pattern = "^[a-z0-9/.-]+$"
"""
REQUEST = {"method": "GET", "uri": "/", "path": "/", "query": "", "host": "h", "protocol": "http", "remote_ip": "1.2.3.4",
           "headers": {}, "user": None}


def about(name, **more):
    return {"user": {"id": 7, "name": name, "admin": False, "groups": ["staff"], "url": f"/user/{name}/", "base_url": f"/user/{name}/",
                     "auth_state": None}, "name": "", "base_path": f"/user/{name}/", **more}


def deep(levels):
    value = "end"
    for _ in range(levels):
        value = [value]
    return value


def hostile_calls(ada):
    """Well-formed messages that a hub never sends."""
    names = ["root", "daemon", "nobody", "www-data", "../../etc", "..", ".", "/etc", "a/b", "", " ", "-rf", "0", "33", "x" * 256, "A B", "a\nb",
             "a\0b", "\ud800", "a;id", "$(id)", "`id`", ada.name.upper()]
    for name in names:
        for call in ("spawner.prepare", "spawner.stopped", "spawner.options_form", "spawner.delete_forever"):
            yield call, about(name)
        yield "spawner.environment", about(name, environment={})
        yield "authenticator.add_user", {"user": about(name)["user"]}
        yield "page.ask", {"at": "JupyterHub.default_url", "handler": {**REQUEST, "user": about(name)["user"]}}
    for at in ("Spawner.pre_spawn_hook", "Spawner.post_stop_hook", "JupyterHub.nothing", "", "os.system", "__import__", "Spawner.environment['E']",
               "X.default_url", "JupyterHub.default_url['E']", "JupyterHub.default_url.__globals__"):
        yield "page.ask", {"at": at, "handler": REQUEST}
        yield "page.user_redirect", {"at": at, "handler": REQUEST, "path": "/", "base_url": "/"}
        yield "page.template_vars", {"visitor": None, "functions": {"x": at}}
        yield "authenticator.post_auth", {"at": at, "handler": REQUEST, "model": {"name": ada.name}}
    for options in (["stop"], ["pre_spawn_hook"], ["__init__"], "x", [["x"]], None):
        yield "spawner.scopes", about(ada.name, options=options)
    for server in ("../x", "..", "a/b", "a\nb", " a", "x" * 256):
        yield "spawner.prepare", {**about(ada.name), "name": server}
    for group in ("..", "a/../b", "a\nb", "", 7, None, {"$live": {"at": "Spawner.pre_spawn_hook"}}):
        told = about(ada.name)
        told["user"]["groups"] = [group]
        yield "spawner.prepare", told
    for levels in (65, 300, 900):
        yield "spawner.prepare", about(ada.name, user_options={"a": deep(levels)})
    for extra in ("class", "at", "db", "account", "file", "__class__"):
        yield "spawner.prepare", about(ada.name, **{extra: "x"})
    for wrong in (None, [], 7, "x", [{}], {"user": 7}, {"user": {}}, {"user": {"$live": {"at": "Spawner.pre_spawn_hook"}}, "name": ""}):
        for call in ("spawner.prepare", "spawner.environment", "authenticator.authenticate", "page.ask"):
            yield call, wrong
    # Out of order: nothing was prepared, or not for this name.
    yield "spawner.environment", about(ada.name, environment={})
    yield "spawner.next_progress", about(ada.name, index=0)
    yield "spawner.state", about(ada.name, state={"pid": 1})
    for name, value in (("LD_PRELOAD", "/x.so"), ("PATH", "/evil"), ("PYTHONPATH", "/evil"), ("BASH_ENV", "/x"), ("A", 7)):
        yield "spawner.environment", about(ada.name, environment={name: value})
    greeting = {"account": {"uid": 0, "gid": 0, "groups": []}, "spawner": {"at": "Spawner.pre_spawn_hook", "options": {}},
                "authenticator": {"options": {}}, "hub": {}}
    for call in ("configure", "evaluate", "serve", "exec", "__class__", "", "spawner", "spawner.__init__", "os.system"):
        yield call, greeting


def random_line(chance):
    values = [None, True, -1, 2**70, 1e308, "", "spawner.prepare", "configure", [], {}, [[]], {"$live": {"at": "Spawner.pre_spawn_hook"}},
              {"user": {"id": 1, "name": "root"}, "name": ""}, "\ud800", "x" * 1000, deep(30)]
    keys = ["id", "call", "with", "ping", "cancel", "begun", "user", "name", "$live", ""]
    return {chance.choice(keys): chance.choice(values) for _ in range(chance.randrange(5))}


def test_whoever_takes_over_the_hub_gets_nothing_done_by_root(new_hub, ada, notes):
    hub = new_hub(CONFIG + HOSTILE.format(notes=notes)).start()
    python = python_process(hub)
    assert uid_of(python) == 0
    chance = random.Random(20261128)
    with Channel(hub) as channel:
        asked = 0
        for call, told in hostile_calls(ada):
            answer = channel.ask(call, told)
            assert "error" in answer and "result" not in answer, (call, told, answer)
            asked += 1
        assert asked > 250
        for number in range(10_000):
            channel.send(random_line(chance))
            if number % 200 == 0:  # what it answers must not fill the socket
                channel.send({"ping": 5_000_000 + number})
                while channel.receive() != {"pong": 5_000_000 + number}:
                    pass
        channel.send({"ping": 77})
        while channel.receive() != {"pong": 77}:
            pass
        assert not list(notes.iterdir()), "nothing ran"
        # What is data stays data, also where it looks like more.
        marks = {"a": {"$live": {"at": "Spawner.post_stop_hook"}}, "b": {"$path": "/etc"}, "c": {"$set": [1]}}
        assert "result" in channel.ask("spawner.prepare", about(ada.name, user_options=marks))
        assert [path.name for path in notes.iterdir()] == ["prepared"]
        assert channel.ask("spawner.environment", about(ada.name, environment={"LD_PRELOAD": "/x"}))["error"]["status"] == 403
        other = about(ada.name, environment={})
        other["user"]["name"] = "root"
        assert "error" in channel.ask("spawner.environment", other)
        assert "result" in channel.ask("spawner.environment", about(ada.name, environment={"JUPYTERHUB_USER": ada.name}))
        assert "error" in channel.ask("spawner.environment", about(ada.name, environment={})), "once a start"
        assert "result" in channel.ask("spawner.stopped", about(ada.name))
    assert python_process(hub) == python and sorted(path.name for path in notes.iterdir()) == ["environment", "prepared", "stopped"]
    assert 50 < hub.log().count("Refused a call of the hub") <= 100, "told, but not without end"


MALFORMED = {"empty": b"", "garbage": b"garbage", "list": b"[1]", "number": b"7", "bytes": b"\xff\xfe", "cut": b'{"id": 1', "lists": b"[" * 100_000,
             "objects": b'{"a":' * 100_000}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_line_that_is_no_message_ends_it_in_good_order_and_the_next_one_comes(new_hub_of_module, what):
    hub = getattr(new_hub_of_module, "malformed", None)
    if hub is None:
        hub = new_hub_of_module.malformed = new_hub_of_module(CONFIG + "c.Spawner.pre_spawn_hook = lambda spawner: None\n")
    python, log = python_process(hub), hub.log()
    with Channel(hub) as channel:
        channel.send(MALFORMED[what] + b"\n")
        assert channel.receive() is None
    until(lambda: has_ended(python), 20, "its end")
    until(lambda: hub.log()[len(log):].count("runs again"), 60, "the next one")
    assert hub.log()[len(log):].count("does not speak as expected") == 1 and "Traceback" not in hub.log()


def test_random_bytes_end_it_and_run_nothing(new_hub, notes):
    hub = new_hub(CONFIG + HOSTILE.format(notes=notes)).start()
    chance = random.Random(7)
    with Channel(hub) as channel:
        try:
            for _ in range(10_000):
                channel.send(chance.randbytes(chance.randrange(200)) + b"\n")
        except OSError:
            pass  # it has ended
        while channel.receive() is not None:
            pass
    assert not list(notes.iterdir())
