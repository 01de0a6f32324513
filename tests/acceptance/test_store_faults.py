"""What happens to the data when the hub is killed, another program locks the database, the disk is full or read-only, or
the file is damaged (the API is called by an admin service)."""
import contextlib
import os
import pathlib
import random
import sqlite3
import subprocess
import tempfile
import threading
import time

import pytest
import requests

TOKEN = "store-faults-token-0123456789"
CONFIG = f"""
c.Authenticator.allow_all = True
c.JupyterHub.services = [{{"name": "admin", "api_token": "{TOKEN}"}}]
c.JupyterHub.load_roles = [{{"name": "adm", "services": ["admin"], "scopes": ["admin:users", "admin:groups"]}}]
"""
# The authenticator must not want a system account for each of the users made here.
CONFIG += 'c.JupyterHub.authenticator_class = "dummy"\n'


def api(hub, method, path, **options):
    """Straight at the hub: the proxy is not what is tested here."""
    return requests.request(method, f"http://127.0.0.1:{hub.hub_port}/hub/api{path}",
                            headers={"Authorization": f"token {TOKEN}"}, timeout=30, **options)


def database(hub):
    return hub.dir / "jupyterhub.sqlite"


@contextlib.contextmanager
def as_owner_of(path):
    """Linux denies root to write a file of another account in a sticky directory (fs.protected_regular)."""
    facts = path.stat()
    os.setegid(facts.st_gid), os.seteuid(facts.st_uid)
    try:
        yield
    finally:
        os.seteuid(0), os.setegid(0)


def names_in(path):
    with sqlite3.connect(path) as data:
        assert data.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        found = {row[0] for row in data.execute("SELECT name FROM users")}
        orphans = data.execute("SELECT count(*) FROM user_role_map WHERE user_id NOT IN (SELECT id FROM users)").fetchone()[0]
    data.close()
    assert orphans == 0, "rows of users that are not there"
    return found


def hammer(hub, number, journal, over):
    """Creates users and deletes every second one; the journal has what was acknowledged, and what is in doubt."""
    for i in range(100_000):
        name = f"k{number}-{os.urandom(3).hex()}-{i}"
        for method, wanted in (("POST", 201), ("DELETE", 204)):
            if over.is_set():
                return
            journal[name] = "in doubt"
            try:
                status = api(hub, method, f"/users/{name}").status_code
            except requests.RequestException:
                return
            assert status == wanted, (method, name, status)
            journal[name] = "there" if method == "POST" else "gone"
            if i % 2 == 0:
                break


def test_a_killed_hub_has_kept_all_that_it_acknowledged(new_hub):
    hub = new_hub(CONFIG).start()
    journals = []
    for _ in range(5):
        over, round_journals = threading.Event(), [{} for _ in range(8)]
        threads = [threading.Thread(target=hammer, args=(hub, n, j, over)) for n, j in enumerate(round_journals)]
        for thread in threads:
            thread.start()
        time.sleep(random.uniform(0.2, 0.6))
        hub.kill()
        over.set()
        for thread in threads:
            thread.join()
        journals += round_journals
        present = names_in(database(hub))
        for journal in journals:
            for name, state in journal.items():
                assert state == "in doubt" or (name in present) == (state == "there"), (name, state)
        hub.start()
    assert sum(len(journal) for journal in journals) > 40, "something was written between the kills"


def test_a_locked_database_is_503_with_a_time_to_try_again_and_the_rest_goes_on(new_hub):
    hub = new_hub(CONFIG).start()
    with as_owner_of(database(hub)):
        other = sqlite3.connect(database(hub), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    answers = []
    writer = threading.Thread(target=lambda: answers.append(api(hub, "POST", "/users/ada")))
    writer.start()
    served = 0
    while writer.is_alive():
        assert api(hub, "GET", "/health").status_code == 200
        assert api(hub, "GET", "/users").status_code == 200, "reading does not wait for writers"
        served += 1
    assert served > 10, "others were served while the write waited"
    assert answers[0].status_code == 503
    assert int(answers[0].headers["Retry-After"]) > 0
    assert "locked by another program" in answers[0].json()["message"]
    assert TOKEN not in hub.log() + answers[0].text  # S-LOG-02
    other.execute("ROLLBACK")
    other.close()
    assert api(hub, "POST", "/users/ada").status_code == 201, "and works again without a restart"


@pytest.fixture
def small_disk():
    place = pathlib.Path(tempfile.mkdtemp(prefix="small-disk-"))  # where the hub's account gets to
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)
    place.rmdir()


def on_disk(place):
    return CONFIG + f'c.JupyterHub.db_url = "sqlite:///{place}/jupyterhub.sqlite"\n'


def test_a_full_disk_refuses_writes_and_nothing_else(new_hub, small_disk):
    hub = new_hub(on_disk(small_disk)).start()
    assert api(hub, "POST", "/users/before").status_code == 201
    with open(small_disk / "filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 4096)
        except OSError:
            pass
    refused = None
    for i in range(200):  # what was allocated before may take some more
        answer = api(hub, "POST", "/users", json={"usernames": [f"full{i}-{j}" for j in range(50)]})
        if answer.status_code != 201:
            refused = answer
            break
    assert refused is not None and refused.status_code == 503, refused and refused.text
    assert "full" in refused.json()["message"]
    assert api(hub, "GET", "/users?limit=5").status_code == 200
    assert api(hub, "GET", "/health").status_code == 200
    os.remove(small_disk / "filler")
    assert api(hub, "POST", "/users/after").status_code == 201, "and works again without a restart"
    assert hub.stop() == 0
    present = names_in(small_disk / "jupyterhub.sqlite")
    assert {"before", "after"} <= present
    assert len([name for name in present if name.startswith("full")]) % 50 == 0, "no half of a request"


def test_a_disk_that_became_read_only_refuses_writes(new_hub, small_disk):
    hub = new_hub(on_disk(small_disk)).start()
    assert hub.stop() == 0
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    hub.launch()
    assert hub.process.wait(20) == 1, "not a loop, not half a hub"
    assert str(small_disk) in hub.log() and "Read-only" in hub.log()


@pytest.mark.parametrize("damage", ["a page in the middle", "the end is missing", "another kind of file"])
def test_a_damaged_database_is_refused_with_instructions_and_left_as_it_is(new_hub, damage):
    hub = new_hub(CONFIG).start()
    assert api(hub, "POST", "/users", json={"usernames": [f"user{i:04d}" for i in range(1000)]}).status_code == 201
    assert hub.stop() == 0
    path = database(hub)
    content = bytearray(path.read_bytes())
    if damage == "a page in the middle":
        with sqlite3.connect(path) as data:
            page = data.execute("SELECT rootpage FROM sqlite_master WHERE name = 'users'").fetchone()[0]
            size = data.execute("PRAGMA page_size").fetchone()[0]
        data.close()
        content[(page - 1) * size:page * size] = os.urandom(size)
    elif damage == "the end is missing":
        del content[len(content) // 2:]
    else:
        content[:16] = b"%PDF-1.4 not SQL"
    with open(path, "r+b") as file:
        file.write(content)
        file.truncate()
    before = hub.log()
    hub.launch()
    assert hub.process.wait(20) == 1
    said = hub.log()[len(before):]
    assert str(path) in said or path.name in said
    assert "backup" in said or "not an SQLite database" in said, said
    assert path.read_bytes() == bytes(content), "the file is untouched"
