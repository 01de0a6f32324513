"""Root reads as code, and opens, only what root alone decides: what the hub's account or a person plants is not run, not opened, not changed."""
import os
import pwd
import subprocess

import pytest
from test_privileges import CONFIG, account_of, change

NAMELESS = 61000


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


def hub_account():
    try:
        return pwd.getpwnam("jupyterhub").pw_uid
    except KeyError:
        return NAMELESS


def spy(path, marker):
    """A module that says as whom it was run."""
    path.write_text(f"import posix\nf = posix.open({str(marker)!r}, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND, 0o666)\n"
                    "posix.write(f, b'%d\\n' % posix.geteuid())\nposix.close(f)\n")


def ends(hub, *words):
    """The start ends with status 1, never waits, and the log has the words."""
    hub.launch()
    assert hub.process.wait(20) == 1
    for word in words:
        assert word in hub.log(), hub.log()
    assert "Traceback" not in hub.log() and "serves as root" not in hub.log()


def test_modules_that_the_hubs_account_plants_in_its_directory_are_not_run(new_hub, tmp_path):
    tmp_path.chmod(0o777)
    hub = new_hub(CONFIG).start()
    uid = account_of(hub.process.pid)
    assert uid != 0 and hub.stop() == 0
    for name in ("json", "re", "enum", "types", "site", "sitecustomize", "traceback"):
        spy(hub.dir / f"{name}.py", tmp_path / "ran")
        os.chown(hub.dir / f"{name}.py", uid, uid)
    hub.start()
    assert not (tmp_path / "ran").exists()


def test_modules_of_a_person_in_a_directory_for_all_are_not_run(new_hub, bob):
    hub = new_hub(CONFIG)
    shared = hub.dir / "shared"
    shared.mkdir()
    change(shared, mode=0o1777)
    spy(shared / "json.py", shared / "ran")
    os.chown(shared / "json.py", bob.uid, bob.uid)
    hub.command = ["sh", "-c", f'cd {shared}; exec "$@" -f {hub.dir}/jupyterhub_config.py', "sh", *hub.command]
    hub.start()
    assert not (shared / "ran").exists()


def test_a_virtual_environment_of_a_person_is_refused_and_the_command_that_mends_it_works(new_hub, bob):
    hub = new_hub(CONFIG + "import sys; open('prefix', 'w').write(sys.prefix)\n")
    place = hub.dir / "venv"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", place], check=True)
    subprocess.run(["chown", "-R", "-h", f"{bob.uid}:{bob.uid}", place], check=True)
    hub.command = ["env", f"JUPYTERHUB_PYTHON={place}/bin/python3", *hub.command]
    ends(hub, f"{place} belongs to the account number {bob.uid}", f"chown -R root:root {place}", "--JupyterHub.trust_config_file=True")
    assert not (hub.dir / "prefix").exists()
    trusting = hub.command
    hub.command = [*hub.command, "--JupyterHub.trust_config_file=True"]
    hub.start()
    assert hub.stop() == 0
    hub.command = trusting
    subprocess.run(["chown", "-R", "root:root", place], check=True)
    hub.start()
    assert (hub.dir / "prefix").read_text() == str(place)


# What the hub's programs write, each to run/file.
WRITTEN = {
    "pid file": 'c.JupyterHub.pid_file = "run/file"\n',
    "pid file of the proxy": 'c.ConfigurableHTTPProxy.pid_file = "run/file"\n',
    "log file": 'c.JupyterHub.extra_log_file = "run/file"\n',
    "audit log": 'c.JupyterHub.audit_log_file = "run/file"\n',
    "event log": 'import logging\nc.EventLogger.handlers = [logging.FileHandler("run/file", delay=True)]\n',
    "cookie secret": 'c.JupyterHub.cookie_secret_file = "run/file"\n',
    "database": 'c.JupyterHub.db_url = "sqlite:///run/file"\n',
}


@pytest.fixture(params=WRITTEN)
def writing(request, new_hub):
    """A hub that writes such a file into a directory of its own, and that directory."""
    hub = new_hub(CONFIG + WRITTEN[request.param])
    place = hub.dir / "run"
    place.mkdir()
    change(place, owner=hub_account(), group=hub_account(), mode=0o755)
    return hub, place


def test_a_directory_of_the_hubs_that_became_a_link_leads_nowhere(writing, tmp_path):
    hub, place = writing
    victim = tmp_path / "audit"
    victim.mkdir()
    change(tmp_path)
    change(victim)
    (victim / "file").write_text("root's own\n")
    change(victim / "file", mode=0o600)
    hub.start()
    assert hub.stop() == 0
    place.rename(hub.dir / "aside")
    place.symlink_to(victim)
    os.lchown(place, hub_account(), hub_account())
    ends(hub, f"{place} is a symbolic link of the account number {hub_account()}")
    assert [path.name for path in victim.iterdir()] == ["file"], "nothing was made there"
    assert (victim / "file").read_text() == "root's own\n" and (victim / "file").stat().st_uid == 0


def test_what_root_writes_in_a_directory_of_the_hubs_is_the_hubs(writing):
    hub, place = writing
    hub.start()
    made = {path.name: path.stat().st_uid for path in place.iterdir()}
    assert set(made.values()) <= {hub_account()}, made
    assert hub.stop() == 0


@pytest.mark.parametrize("what", ["a named pipe", "a directory", "a device", "a symbolic link"])
def test_what_is_no_file_ends_the_start_and_is_never_waited_for(writing, what):
    hub, place = writing
    if what == "a symbolic link" and "db_url" in (hub.dir / "jupyterhub_config.py").read_text():
        what = "a directory"  # a link of root's may lead to the database
    change(place)
    put = {"a named pipe": os.mkfifo, "a directory": os.mkdir, "a symbolic link": lambda path: path.symlink_to("/etc/passwd"),
           "a device": lambda path: os.mknod(path, 0o600 | 0o020000, os.makedev(1, 3))}[what]
    put(place / "file")
    ends(hub, "run/file is not used", what)
    assert os.stat("/etc/passwd").st_uid == 0


@pytest.mark.parametrize("facts", [{"owner": 61555, "mode": 0o666}, {"owner": 0, "mode": 0o666}, {"owner": 61555, "mode": 0o600}], ids=str)
def test_files_of_others_and_for_all_end_the_start(writing, facts):
    hub, place = writing
    change(place)
    (place / "file").touch()
    change(place / "file", **facts)
    ends(hub, "run/file is not used", "61555" if facts["owner"] else "everybody can write to")
    now = (place / "file").stat()
    assert (now.st_uid, now.st_mode & 0o777, now.st_size) == (facts["owner"], facts["mode"], 0)


def test_a_second_name_of_somebody_elses_file_is_not_written_to(writing):
    hub, place = writing
    (hub.dir / "victim").write_text("root's own\n")
    change(place)
    os.link(hub.dir / "victim", place / "file")
    ends(hub, "hard link")
    assert (hub.dir / "victim").read_text() == "root's own\n" and (hub.dir / "victim").stat().st_uid == 0


def test_a_database_that_a_person_can_write_to_is_not_used(new_hub, bob):
    hub = new_hub(CONFIG).start()
    assert hub.stop() == 0
    change(hub.dir / "jupyterhub.sqlite", owner=bob.uid, mode=0o666)
    ends(hub, f"The database jupyterhub.sqlite is not used: jupyterhub.sqlite belongs to the account number {bob.uid}")


@pytest.mark.parametrize("name", ["jupyterhub.sqlite", "jupyterhub_cookie_secret", "jupyterhub-proxy.pid.token", "jupyterhub-server-logs/"])
def test_what_a_person_put_there_before_the_first_start_does_not_make_the_hub_root(new_hub, bob, name):
    hub = new_hub(CONFIG)
    change(hub.dir, mode=0o1777)
    path = hub.dir / name
    if name.endswith("/"):
        path.mkdir()
    else:
        path.touch()
    change(path, owner=bob.uid, mode=0o700)
    ends(hub, "cannot serve as", name.rstrip("/"), f"account number {bob.uid}")


@pytest.mark.parametrize("where", ["/root", "home"])
def test_a_directory_that_the_hubs_account_cannot_reach_ends_the_start_with_what_to_do(new_hub, bob, where):
    hub = new_hub(CONFIG)
    place = bob.home if where == "home" else where
    os.chmod(place, 0o700)
    before = sorted(os.listdir(place))
    hub.command = ["sh", "-c", f'cd {place}; exec "$@" -f {hub.dir}/jupyterhub_config.py', "sh", *hub.command]
    ends(hub, place, "/var/lib/jupyterhub", "c.JupyterHub.run_as")
    assert sorted(os.listdir(place)) == before


def package_layout(hub, owner):
    """State in a directory of the hub's account, configuration in one of root's, as the package has them."""
    state = hub.dir / "state"
    state.mkdir()
    change(state, owner=owner, group=owner, mode=0o700)
    hub.command = ["sh", "-c", f'cd {state}; exec "$@" -f {hub.dir}/jupyterhub_config.py', "sh", *hub.command]
    return state


def owners(*paths):
    return {path.name: path.stat().st_uid for path in paths}


def test_files_of_roots_that_a_former_version_left_in_the_hubs_directory_are_replaced(new_hub, account):
    service = account("svc")
    hub = new_hub(CONFIG + f'c.JupyterHub.run_as = "{service.name}"\nc.JupyterHub.pid_file = "hub.pid"\n')
    state = package_layout(hub, service.uid)
    left = [state / name for name in ("hub.pid", "jupyterhub-proxy.pid", "jupyterhub-proxy.pid.routes", "jupyterhub-proxy.pid.routes~")]
    for path in left:
        path.write_text("999999999" if path.suffix == ".pid" else "[]")
        path.chmod(0o644 if path.suffix == ".pid" else 0o600)
    hub.start()
    assert owners(*left) == {path.name: service.uid for path in left}
    assert int((state / "hub.pid").read_text()) == hub.process.pid
    assert hub.stop() == 0
    assert not (state / "hub.pid").exists()


def test_state_follows_from_the_usual_account_to_root_and_back_and_to_an_account_of_choice(new_hub, account):
    service = account("svc")
    hub = new_hub(CONFIG)
    names = ("jupyterhub.sqlite", "jupyterhub_cookie_secret", "jupyterhub-proxy.pid.token")
    for run_as, uid in (("", hub_account()), ("root", 0), ("", hub_account()), (service.name, service.uid)):
        hub.configure(CONFIG + f"c.JupyterHub.run_as = {run_as!r}\n")
        hub.start()
        assert owners(*(hub.dir / name for name in names)) == dict.fromkeys(names, uid), run_as
        assert hub.stop() == 0


def test_root_takes_a_directory_of_the_hubs_back_before_it_serves_there(new_hub):
    hub = new_hub(CONFIG)
    state = package_layout(hub, hub_account())
    hub.start()
    assert hub.stop() == 0
    assert (state / "jupyterhub.sqlite").stat().st_uid == hub_account()
    hub.configure(CONFIG + 'c.JupyterHub.run_as = "root"\n')
    hub.start()
    assert account_of(hub.process.pid) == 0 and state.stat().st_uid == 0
