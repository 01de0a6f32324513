"""A hub that somebody has taken over: the installed programs, the supervisor's own channel, the hub's account, and an attacker who speaks."""
import array
import ctypes
import hashlib
import itertools
import os
import pathlib
import random
import select
import signal
import socket
import struct
import subprocess
import time

import pytest
from harness.browser import Browser
from harness.processes import stat_fields
from harness.waiting import until

CONFIG = "c.Authenticator.allow_all = True\n"
SECONDS_OF_NOISE = float(os.environ.get("HOSTILE_SECONDS", "6"))
PIDFD_GETFD = 438

# -- the wire: src/privileged/messages.hpp


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<I", len(raw)) + raw


def texts(values):
    return struct.pack("<I", len(values)) + b"".join(map(text, values))


def process(pid, start=0, boot="", uid=0):
    return struct.pack("<iQ", pid, start) + text(boot) + struct.pack("<I", uid)


def packet(kind, body, request=1):
    return struct.pack("<BBI", 2, kind, request) + body


def prepare(user, argv, env=(), directory="/", pam_service=""):
    pairs = struct.pack("<I", len(env)) + b"".join(text(name) + text(value) for name, value in env)
    return packet(0, text(user) + texts(argv) + pairs + text(directory) + b"\0" + text(pam_service))


def release(pid):
    return packet(1, struct.pack("<i", pid))


def watch(pid, start=0, boot="", uid=0, user=""):
    return packet(2, process(pid, start, boot, uid) + text(user))


def send_signal(number, pid, start=0, boot="", uid=0):
    return packet(3, process(pid, start, boot, uid) + struct.pack("<i", number))


def authenticate(service, user, password, check=True):
    return packet(4, text(service) + text(user) + text(password) + text("") + bytes([check]) + struct.pack("<I", 200))


def look_up(user):
    return packet(5, text(user))


def make_account(user):
    return packet(6, text(user))


WATCHED, DONE, FAILED, EXITED = 7, 8, 9, 10

# -- the attacker


def take_descriptor(pid, number):
    """What a debugger does: the attacker has the hub's descriptors."""
    pidfd = os.pidfd_open(pid)
    try:
        return ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, number, 0)
    finally:
        os.close(pidfd)


def supervisors_channel(pid):
    """Of the hub's sockets the one that was made as root and carries packets."""
    for number in map(int, os.listdir(f"/proc/{pid}/fd")):
        if not os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
            continue
        taken = socket.socket(fileno=take_descriptor(pid, number))
        creator = struct.unpack("3i", taken.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)) if taken.family == socket.AF_UNIX else None
        if taken.type == socket.SOCK_SEQPACKET and creator and creator[1] == 0:
            return taken
        taken.close()
    raise AssertionError("the hub has no channel to its supervisor")


class Attacker:
    """Speaks as the hub's account; helpers come from the real supervisor."""

    def __init__(self, channel):
        self.channel = channel
        self.socket = None
        self.helpers = 0

    def new_helper(self):
        if self.socket:
            self.socket.close()
        self.socket, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        request = struct.pack("<3i", 0, 0, 0) + bytes(1024)
        self.channel.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [its.fileno()]))])
        its.close()
        answer, rights, _, _ = self.channel.recvmsg(64, socket.CMSG_SPACE(4))
        for _, _, data in rights:
            os.close(struct.unpack("i", data[:4])[0])
        assert struct.unpack("<2i", answer[:8])[1] == 0, "the supervisor starts helpers as often as they end"
        self.helpers += 1

    def say(self, message, descriptor=None):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))] if descriptor is not None else []
        self.socket.sendmsg([message], rights)

    def hear(self):
        while True:
            answer = self.socket.recv(65536)
            if not answer:
                return None, b""
            if answer[1] != EXITED:
                return answer[1], answer[6:]

    def ask(self, message, descriptor=None):
        self.say(message, descriptor)
        return self.hear()


def hostile_messages(victims, script, people):
    """Well-formed, and each of them something that must not be done; the scripts note who ran them."""
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    users = ["", "root", "daemon", "nobody", "postgres", "www-data", "bin", "games", "mail", "backup",
             "sync", "messagebus", "_apt", "no-such-person", "a\nb", "-rf", "\x1b[31m", "x" * 5000, "ä", *people]
    for (pid, start, uid), user in itertools.product(victims, users):
        for identity in ((pid, start, boot, uid), (pid, 0, "", uid), (pid, start, boot, 0), (pid, start + 1, boot, uid), (pid, start, "", uid),
                         (pid, 0, "", 0), (pid, 2**64 - 1, boot, uid), (-pid, start, boot, uid), (pid, start, boot, uid ^ 1)):
            yield watch(*identity, user=user), False
    for (pid, start, uid), number in itertools.product(victims, [0, 9, 15, 2, 19, 11, 1, 18, -9, 64, 2**31 - 1]):
        yield send_signal(number, pid, start, boot, uid), False
        yield send_signal(number, pid), False
    for user in users[1:-len(people)]:
        yield prepare(user, [script]), True
        yield prepare(user, ["sh", "-c", script], [("PATH", "/bin")], "/root"), True
    for name in ("LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "BASH_ENV", "GCONV_PATH"):
        yield prepare("", [script], [(name, "/tmp/x.so")]), True
    for argv in ([], [""], [script + "x" * 3000], ["/root"], ["/etc/shadow"], ["\x01"]):
        yield prepare("", argv), True
    yield prepare("", [script], [("A=B", "c")]), True
    yield prepare("", [script], [("", "c")]), True
    for service in ("su", "sudo", "chsh", "../../etc/shadow", "x" * 300, ""):
        yield authenticate(service, "root", ""), False
        yield authenticate(service, people[0], "", check=False), False
        yield prepare(people[0], [script], pam_service=service or "su"), True
    for user in ("root", "-rf", "jhmadeup", "a;b"):
        yield make_account(user), False
    for pid in (1, 0, -1, 2**31 - 1, *(victim[0] for victim in victims)):
        yield release(pid), False


def noise(generator):
    """Packets that begin well and go wrong, or not at all well."""
    seeds = [watch(4194303, 1, "x", 1, "ada"), send_signal(0, 4194303), release(4194303), look_up("no-such-person"), make_account("x"),
             authenticate("", "no-such-person", "x"), prepare("no-such-person", ["true"], [("A", "b")])]
    while True:
        if generator.random() < 0.2:
            yield generator.randbytes(generator.randrange(1, 200))
            continue
        seed = bytearray(generator.choice(seeds))
        for _ in range(generator.randrange(1, 4)):
            seed[generator.randrange(len(seed))] ^= 1 << generator.randrange(8)
        yield bytes(seed)


def attack(channel, victims, script, people, output):
    """In a process of the hub's account. The numbers of what was said."""
    attacker = Attacker(channel)
    attacker.new_helper()
    sink = os.open(output, os.O_WRONLY | os.O_APPEND)
    said = 0
    for message, with_output in hostile_messages(victims, script, people):
        kind, body = attacker.ask(message, sink if with_output else None)
        said += 1
        if kind is None:
            attacker.new_helper()
        elif kind == WATCHED:  # under the hub's own account: it waits to be released
            attacker.ask(release(struct.unpack("<i", body[:4])[0]))
    for user in ("", people[0]):  # and what it may do
        kind, body = attacker.ask(prepare(user, [script], [("PATH", "/usr/bin:/bin")]), sink)
        assert kind == WATCHED, (user, kind, body)
        assert attacker.ask(release(struct.unpack("<i", body[:4])[0]))[0] == DONE
    random_ones = 0
    generator = random.Random(20261128)
    packets = noise(generator)
    end = time.monotonic() + SECONDS_OF_NOISE
    while time.monotonic() < end:
        try:
            attacker.say(next(packets), sink if generator.random() < 0.1 else None)
            random_ones += 1
            while select.select([attacker.socket], [], [], 0)[0] and attacker.socket.recv(65536):
                pass
        except OSError:  # it hung up
            attacker.new_helper()
    return said, random_ones, attacker.helpers


def as_account(uid, work):
    """What work returns, from a process of that account."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.write(writing, repr(work()).encode())
            status = 0
        except BaseException as problem:  # noqa: BLE001: a forked copy of pytest must not go on
            os.write(writing, f"{type(problem).__name__}: {problem}".encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        answer = told.read().decode()
    assert os.waitpid(child, 0)[1] == 0, answer
    return answer


@pytest.fixture(scope="module")
def bob(account):
    return account("bob")


@pytest.fixture
def victims(ada, bob):
    """Processes of others, each leading a session, as servers do."""
    made = [subprocess.Popen(["sleep", "300"], start_new_session=True, user=uid, group=uid, extra_groups=[]) for uid in (0, 1, 65534)]
    yield made
    for one in made:
        one.kill()
        one.wait()


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return None


def digest(*paths):
    return {path: hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() for path in paths}


def powerful_lines(*names):
    """What the account files say of root, of whoever has root's number or its groups, and of these people; others come and go."""
    found = []
    for path in ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"):
        with open(path, encoding="utf-8") as file:
            found += [line for line in file if line.split(":")[0] in ("root", "sudo", "shadow", *names) or line.split(":")[2] == "0"]
    return found


# S-SPAWN-05, S-SPAWN-06, S-SPAWN-07
def test_whoever_takes_over_the_hub_gets_neither_root_nor_other_peoples_processes(new_hub, ada, bob, victims, tmp_path):
    hub = new_hub(CONFIG).start()
    me = Browser(hub)
    me.login(bob)
    me.start_server()
    hubs_account = (hub.dir / "jupyterhub.sqlite").stat().st_uid
    for directory in (tmp_path, *tmp_path.parents):
        directory.chmod(directory.stat().st_mode | 0o755)
    ran, output, script = tmp_path / "ran", tmp_path / "output", tmp_path / "script"
    for path in (ran, output):
        path.touch()
        path.chmod(0o666)
    script.write_text(f"#!/bin/sh\nid -u >>{ran}\n")
    script.chmod(0o755)
    ada.write("diary", "ada's own\n", mode=0o600)
    files, accounts = digest(f"{ada.home}/diary", script), powerful_lines(ada.name, bob.name)
    supervisor, = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and name_of(pid) == "jupyterhub-root" and hub.is_parent_of(int(pid))]
    untouched = [(pid, int(stat_fields(pid)[19]), os.stat(f"/proc/{pid}").st_uid)
                 for pid in (supervisor, *hub.helpers("configurable-http-proxy"), *(one.pid for one in victims))]
    os.kill(hub.process.pid, signal.SIGSTOP)
    channel = supervisors_channel(hub.process.pid)
    channel.setblocking(True)
    channel.settimeout(10)
    told = as_account(hubs_account, lambda: attack(channel, untouched, str(script), [ada.name], output))
    said, noisy, helpers = eval(told)  # noqa: S307: our own numbers
    assert said >= 1000, told
    assert noisy >= 300 and helpers >= 20, told
    assert [(pid, start) for pid, start, _ in untouched if int(stat_fields(pid)[19]) != start or stat_fields(pid)[0] not in "SRD"] == []
    until(lambda: len(ran.read_text().split()) >= 2, 10, "what was allowed to run")
    assert set(ran.read_text().split()) == {str(hubs_account), str(ada.uid)}
    assert digest(*files) == files and powerful_lines(ada.name, bob.name) == accounts
    channel.close()
    # The hub, which knows nothing of it, goes on; bob has noticed nothing.
    os.kill(hub.process.pid, signal.SIGCONT)
    until(me.server_ready, 20, "the server to be known again")
    assert me.open_server().status_code == 200
    me.api("DELETE", f"/users/{bob.name}/server")
    until(lambda: not bob.processes("singleuser"), 20, "bob's server to stop")
