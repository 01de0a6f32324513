"""Attacks over the wire, against real accounts and with a browser's own understanding of addresses. What needs neither is in
tests/unit/hub/attacks."""
import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing

import pytest
import requests
from harness.browser import Browser, Page
from harness.waiting import until


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


def at_once(work, items):
    """Refused logins take seconds each."""
    with concurrent.futures.ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


def enters(hub, account):
    """Whether the login succeeds; it is refused with 400 or 403 otherwise."""
    me = Browser(hub)
    status = me.login(account).status_code
    assert me.logged_in() or status in (400, 403), status
    return me.logged_in()


def users(hub):
    with closing(sqlite3.connect(hub.dir / "jupyterhub.sqlite")) as database:
        return sorted(name for name, in database.execute("SELECT name FROM users"))


class As:
    """The account under another name or password."""
    def __init__(self, account, name=None, password=None):
        self.name = account.name if name is None else name
        self.password = account.password if password is None else password


# S-LOGIN-02
def test_pam_gets_the_whole_password_or_nothing(hub, bob):
    passwords = (bob.password + "\0x", bob.password[:-1], bob.password + " ", "", "p" * 10_240)
    assert at_once(lambda password: enters(hub, As(bob, password=password)), passwords) == [False] * len(passwords)


# S-LOGIN-02
def test_an_account_without_a_password_lets_nobody_in(hub, account):
    open_door = account("open")
    subprocess.run(["passwd", "--delete", open_door.name], check=True, capture_output=True)
    assert at_once(lambda password: enters(hub, As(open_door, password=password)), ("", "x")) == [False, False]


SLOW_PAM = """
auth [success=ignore default=1] pam_succeed_if.so quiet user = {slow}
auth required pam_exec.so quiet /bin/sleep 20
auth required pam_unix.so
account required pam_permit.so
"""


# S-LOGIN-05
def test_logins_that_hang_in_pam_do_not_hold_up_others(new_hub, account, bob):
    slow = account("slow")
    service = f"jhub-test-{os.getpid()}"
    with open(f"/etc/pam.d/{service}", "w", encoding="utf-8") as file:
        file.write(SLOW_PAM.format(slow=slow.name))
    try:
        hub = new_hub(f'c.Authenticator.allow_all = True\nc.PAMAuthenticator.service = "{service}"\n').start()
        def hang():
            with contextlib.suppress(requests.RequestException):  # the hub ends before they do
                Browser(hub).login(slow)
        hanging = [threading.Thread(target=hang, daemon=True) for _ in range(8)]
        for one in hanging:
            one.start()
        until(lambda: len(sleepers()) >= 4, 15, "the slow logins to hang")
        me = Browser(hub)
        reply = me.get("/hub/login")
        reply = me.request("POST", "/hub/login?next=%2Fhub%2Fhome", timeout=10, data={**Page(reply.text).form_with("password")["fields"],
                                                                   "username": bob.name, "password": bob.password})
        assert reply.status_code == 200 and me.logged_in()
        assert sleepers(), "they hang still"
    finally:
        os.unlink(f"/etc/pam.d/{service}")
        for pid in sleepers():
            os.kill(pid, signal.SIGKILL)


def sleepers():
    """Pids of what the slow logins wait for."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if file.read() == b"/bin/sleep\x0020\x00":
                    found.append(int(pid))
        except OSError:
            pass
    return found


# S-LOGIN-03
def test_no_spelling_of_a_name_makes_a_second_user_of_one_account(hub, bob):
    Browser(hub).login(bob)
    before = users(hub)
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in bob.name)
    names = (bob.name.upper(), f" {bob.name} ", bob.name + "\u200b", wide, bob.name + "\u00ad", f"{bob.name}/../root", f"./{bob.name}",
             bob.name + "\n", f"{bob.name}@localhost", "#0")
    for name, reply in zip(names, at_once(lambda name: Browser(hub).login(As(bob, name=name)), names)):
        assert reply.status_code in (200, 400, 403), (name, reply.status_code)
    assert users(hub) == before


# S-LOGIN-06, S-LOG-01
def test_passwords_and_cookies_stay_out_of_the_log(hub, bob):
    me = Browser(hub)
    me.login(As(bob, password="SECRET-wrong"))
    me.login(bob)
    cookies = [cookie.value.strip('"') for cookie in me.session.cookies]
    me.get("/hub/home?token=SECRET-query")
    log = hub.log()
    assert bob.name in log
    assert not [secret for secret in ["SECRET", bob.password, *cookies] if secret in log]


HOSTILE = ["//evil", "///evil", "////evil", "/\\evil", "\\\\evil", "/%5cevil", "https:evil", "https:/evil", "http://HOST//evil/",
           "http://HOST///evil/", "http://HOST@evil", "http://HOST.evil", "/\t/evil", "/%09/evil", "%2f%2fevil", "javascript:alert(1)",
           "data:text/html,x", "/hub/../..//evil", "?x", " //evil", "\0//evil", "//HOST\\@evil"]
# What a browser makes of a Location: the origin it leads to.
ORIGINS = "const [base, ...l] = JSON.parse(process.argv[1]); console.log(JSON.stringify(l.map(x => new URL(x, base).origin)))"


# S-REDIR-01, S-REDIR-03
def test_no_redirect_leaves_the_site_as_a_browser_reads_it(hub, bob):
    host = hub.url.removeprefix("http://")
    me = Browser(hub)
    me.login(bob)
    locations = []
    for target in HOSTILE:
        target = target.replace("HOST", host)
        reply = me.get("/hub/login", params={"next": target}, allow_redirects=False)
        assert reply.status_code == 302
        locations.append(reply.headers["Location"])
    for path in ("//evil/%2e%2e", "//evil.example", "/hub//evil.example", "/hub/static//evil", "//evil/user/x"):
        with socket.create_connection(("127.0.0.1", hub.port), 10) as wire:
            wire.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: wire.recv(65536), b"")).decode(errors="replace")
        locations += [line.split(": ", 1)[1] for line in answer.split("\r\n") if line.lower().startswith("location: ")]
    assert len(locations) > len(HOSTILE)
    node = os.environ.get("NODE", "node")
    said = subprocess.run([node, "-e", ORIGINS, json.dumps([hub.url, *locations])], capture_output=True, text=True, check=True)
    assert set(json.loads(said.stdout)) == {hub.url}, dict(zip(locations, json.loads(said.stdout)))


# S-DOS-01
def test_a_huge_form_is_refused_and_others_are_served_meanwhile(hub):
    body = b"&a" * 5_000_000
    head = (f"POST /hub/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", hub.port), 10) as wire:
        wire.settimeout(20)
        try:
            wire.sendall(head + body)
        except OSError:
            pass  # refused before it was read
        assert Browser(hub).get("/hub/health", timeout=5).status_code == 200
        try:
            answer = wire.recv(4096)
        except ConnectionResetError:
            answer = b""
    assert answer == b"" or answer.split()[1] in (b"400", b"413"), answer[:200]


# S-DOS-04
def test_clients_that_send_byte_by_byte_do_not_keep_others_out(hub):
    slow = [socket.create_connection(("127.0.0.1", hub.port), 10) for _ in range(200)]
    try:
        for wire in slow:
            wire.sendall(b"GET /hub/home HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        for _ in range(3):
            for wire in slow:
                wire.sendall(b"a")
            assert Browser(hub).get("/hub/login", timeout=10).status_code == 200
    finally:
        for wire in slow:
            wire.close()
