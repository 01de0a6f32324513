"""What operators do with a running proxy: new binaries, restarts, new certificates, a system that runs out of something."""
import contextlib
import http.client
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import threading

import pytest

from harness.browser import Browser
from harness.hub import BIN, EVERYBODY
from harness.ports import free_port
from harness.processes import has_ended, stat_fields
from harness.proxy import Proxy, Target, echoes
from harness.waiting import until


@pytest.fixture(scope="module")
def target():
    one = Target()
    yield one
    one.shutdown()


@pytest.fixture
def launch():
    made = []

    def make(*options, **more):
        made.append(Proxy(*options, **more))
        return made[-1].start()

    yield make
    for one in made:
        one.close()


class Load:
    """Clients that ask all the time, some on one connection, some on a new one for each request. Every failure counts."""

    def __init__(self, proxy, path):
        self.proxy, self.path = proxy, path
        self.failures, self.done, self.stopping = [], 0, threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(kept,)) for kept in (True, False) for _ in range(3)]
        for thread in self.threads:
            thread.start()

    def run(self, kept):
        connection = None
        while not self.stopping.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=10)
                connection.request("GET", self.path)
                reply = connection.getresponse()
                body = reply.read().decode()
                if reply.status != 200 or body != self.path:
                    self.failures.append((reply.status, body))
                self.done += 1
                if not kept or reply.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as problem:
                self.failures.append(repr(problem))
                connection = None

    def end(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        return self.failures


@pytest.mark.parametrize("options", [(), ("--user", "nobody")], ids=["as itself", "after giving up root"])
def test_a_new_process_takes_over_without_a_failed_request(launch, target, options):
    proxy = launch("--routes-file", "routes", "--workers", "2", *options)
    proxy.add("/a", target.url)
    web_socket = proxy.tunnel("/a/socket")
    assert echoes(web_socket, b"before")
    load = Load(proxy, "/a/x")
    pids = [proxy.pid()]
    for _ in range(2):  # the second upgrade goes through the successor
        before = load.done
        until(lambda: load.done > before + 50, 20, "requests")
        os.kill(pids[-1], signal.SIGUSR2)
        until(lambda: proxy.pid() != pids[-1], 20, f"a new process\n{proxy.log()}")
        pids.append(proxy.pid())
        before = load.done
        until(lambda: load.done > before + 50, 20, "requests")
    assert load.end() == []
    assert echoes(web_socket, b"after"), "the WebSocket lives on in the first process"
    assert set(proxy.routes()) == {"/a"}
    seen = proxy.routes()["/a"]["last_activity"]
    until(lambda: echoes(web_socket, b"and again") and proxy.routes()["/a"]["last_activity"] > seen, 10, "the newest process to know of the activity in the first")
    proxy.add("/b", target.url)
    assert proxy.get("/b")[0] == 200
    assert not has_ended(pids[0])
    web_socket.close()
    assert proxy.process.wait(30) == 0, "the first process ends with its last connection"
    until(lambda: has_ended(pids[1]), 30, "the end of the second process")
    os.kill(pids[2], signal.SIGTERM)
    until(lambda: proxy.processes() == [], 15, "nobody is left, not even the monitor")


def session_of(port, context, session=None):
    """(session to resume, whether this one was resumed) of a TLS connection with one request."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, context.wrap_socket(plain, session=session) as secured:
        secured.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        secured.recv(1000)  # the tickets come before it
        return secured.session, secured.session_reused


def test_every_kind_of_listener_is_handed_over(launch, target, tmp_path):
    redirect = free_port()
    proxy = launch("--ssl-cert", str(make_certificate(tmp_path, "h")), "--redirect-port", str(redirect), "--metrics-socket", "metrics.sock")

    def first_line(family, address):
        with socket.socket(family) as stream:
            stream.settimeout(10)
            stream.connect(address)
            stream.sendall(b"GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            return stream.recv(1000).split(b"\r\n")[0]

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    session, _ = session_of(proxy.port, context)
    old = proxy.pid()
    os.kill(old, signal.SIGUSR2)
    until(lambda: proxy.pid() != old, 20, f"a new process\n{proxy.log()}")
    assert proxy.process.wait(30) == 0
    assert shown_name(proxy.port) == "h"
    assert session_of(proxy.port, context, session)[1], "clients resume their TLS sessions"
    assert first_line(socket.AF_INET, ("127.0.0.1", redirect)) == b"HTTP/1.1 301 Moved Permanently"
    assert first_line(socket.AF_UNIX, str(proxy.dir / "metrics.sock")) == b"HTTP/1.1 200 OK"
    os.kill(proxy.pid(), signal.SIGTERM)
    until(lambda: not (proxy.dir / "metrics.sock").exists(), 10, "the last one to clear up")


def test_unix_sockets_are_handed_over(launch, target):
    proxy = launch("--metrics-socket", "metrics.sock", "--default-target", target.url, unix=True)
    assert proxy.get("/a") == (200, "/a")
    names = ["public.sock", "api.sock", "metrics.sock"]
    facts = {name: (proxy.dir / name).stat() for name in names}
    web_socket = proxy.tunnel("/socket")
    old = proxy.pid()
    os.kill(old, signal.SIGUSR2)
    until(lambda: proxy.pid() != old, 20, f"a new process\n{proxy.log()}")
    for name in names:
        now = (proxy.dir / name).stat()
        assert (now.st_ino, now.st_mode) == (facts[name].st_ino, facts[name].st_mode), "the same sockets"
    assert proxy.get("/b") == (200, "/b")
    proxy.add("/c", target.url)
    assert echoes(web_socket, b"x")
    web_socket.close()
    assert proxy.process.wait(30) == 0
    assert set(proxy.routes()) == {"/", "/c"}, "the old one took nothing with it"
    os.kill(proxy.pid(), signal.SIGTERM)
    until(lambda: not any((proxy.dir / name).exists() for name in names), 10, "the last one to clear up")


def test_the_service_manager_learns_which_process_is_the_service(launch, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        proxy = launch(limits=["env", f"NOTIFY_SOCKET={tmp_path}/notify", "sh", "-c", 'SYSTEMD_EXEC_PID=$$ exec "$@"', "sh"])
        for _ in range(2):
            old = proxy.pid()
            os.kill(old, signal.SIGUSR2)
            said = manager.recv(100)
            assert said == f"MAINPID={proxy.pid()}\n".encode() and proxy.pid() != old


def test_connections_that_do_not_end_are_cut_off_in_time(launch, target):
    proxy = launch("--drain-seconds", "1")
    proxy.add("/a", target.url)
    web_socket = proxy.tunnel("/a")
    os.kill(proxy.pid(), signal.SIGUSR2)
    assert web_socket.recv(1) == b""
    assert proxy.process.wait(10) == 0
    assert proxy.get("/a") == (200, "/a")


def test_a_successor_that_cannot_start_changes_nothing(launch, target, tmp_path):
    certificate = make_certificate(tmp_path, "client.example")
    proxy = launch("--client-ssl-cert", str(certificate))
    proxy.add("/a", target.url)
    certificate.write_text("nonsense")
    pid = proxy.pid()
    os.kill(pid, signal.SIGUSR2)
    until(lambda: "nobody took over" in proxy.log(), 20, "the refusal")
    assert proxy.pid() == pid
    proxy.add("/b", target.url)
    assert proxy.get("/b") == (200, "/b")


def test_a_proxy_killed_and_started_again_serves_its_routes_at_once(launch, target):
    proxy = launch("--routes-file", "routes", "--user", "nobody")
    proxy.add("/a", target.url)
    until(lambda: "/a" in (proxy.dir / "routes").read_text(), 10, "the file")
    assert (proxy.dir / "routes").stat().st_mode & 0o777 == 0o600
    proxy.process.kill()
    proxy.process.wait()
    proxy.start()
    assert proxy.get("/a") == (200, "/a")


def make_certificate(folder, name):
    """In FOLDER/both.pem, for root alone."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key",
                    "-out", folder / "certificate", "-days", "2", "-subj", f"/CN={name}"], check=True, capture_output=True)
    (folder / "new").touch(0o600)
    (folder / "new").write_text((folder / "key").read_text() + (folder / "certificate").read_text())
    (folder / "new").rename(folder / "both.pem")
    return folder / "both.pem"


def shown_name(port):
    """Of the certificate that a new connection gets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, context.wrap_socket(plain) as secured:
        shown = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject"], input=secured.getpeercert(True), capture_output=True)
        return shown.stdout.decode().rpartition("=")[2].strip()


def test_a_key_for_root_alone_is_read_again_after_root_was_given_up(launch, tmp_path):
    tmp_path.chmod(0o700)
    proxy = launch("--user", "nobody", "--ssl-cert", str(make_certificate(tmp_path, "first.example")))
    assert shown_name(proxy.port) == "first.example"
    make_certificate(tmp_path, "second.example")
    os.kill(proxy.pid(), signal.SIGHUP)
    until(lambda: shown_name(proxy.port) == "second.example", 10, f"the new certificate\n{proxy.log()}")
    old = proxy.pid()
    os.kill(old, signal.SIGUSR2)
    until(lambda: proxy.pid() != old, 20, f"a new process\n{proxy.log()}")
    assert shown_name(proxy.port) == "second.example"
    (tmp_path / "both.pem").write_text("nonsense")
    until(lambda: "going on with the certificate that was read before" in proxy.log(), 10, "a word about the broken file")
    assert shown_name(proxy.port) == "second.example"


def test_over_its_memory_budget_the_api_is_what_goes_on(launch, target):
    proxy = launch("--memory-budget", "1")
    until(lambda: "no new connections" in proxy.log(), 10, "the budget to be exceeded")
    proxy.add("/a", target.url)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as waiting:
        waiting.sendall(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        for _ in range(5):
            assert proxy.api("GET", "/api/routes")[0] == 200
        waiting.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.recv(1)


def processor_ticks(pid):
    fields = stat_fields(pid)
    return int(fields[11]) + int(fields[12])


@pytest.mark.skipif("/asan/" in BIN, reason="the sanitizer looks at memory through a pipe, for which there are no descriptors here")
def test_without_descriptors_it_refuses_in_words_and_the_api_still_answers(launch, target):
    proxy = launch("--workers", "1", limits=["prlimit", "--nofile=130:130"])
    proxy.add("/a", target.url)
    crowd = [socket.create_connection(("127.0.0.1", proxy.port), timeout=10) for _ in range(56)]
    last = crowd[-1]
    assert last.recv(100).startswith(b"HTTP/1.1 503 "), "accepted all the same, and told why it cannot stay"
    # One or two may have come back meanwhile, of the calls to the API before.
    until(lambda: len(os.listdir(f"/proc/{proxy.pid()}/fd")) >= 128, 5, "all descriptors to be in use: it is they that ran out")
    for _ in range(10):
        assert proxy.api("GET", "/api/routes")[0] == 200
    before = processor_ticks(proxy.pid())
    proxy.add("/b", target.url)
    until(lambda: proxy.api("GET", "/api/routes")[0] == 200, 5, "the API", every=0.5)
    assert processor_ticks(proxy.pid()) - before < 20, "it waits, and does not spin"
    for one in crowd:
        one.close()
    until(lambda: proxy.get("/a") == (200, "/a"), 10, "room for others")


def test_it_ends_properly_while_a_name_server_is_silent(launch, tmp_path):
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.77", 53))
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.77\n")
    in_its_own_view = f'mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec "$@"'
    proxy = launch("--workers", "1", limits=["unshare", "--mount", "sh", "-c", in_its_own_view, "sh"])
    proxy.add("/slow", "http://never-answered.test:80")
    with proxy.connect(proxy.port, None) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        silent.settimeout(10)
        silent.recv(512)  # the look-up is under way
        proxy.process.terminate()
        assert proxy.process.wait(10) == 2, proxy.log()
    silent.close()


def test_the_redirect_port_serves_several_requests_of_a_connection(launch, tmp_path):
    redirect = free_port()
    launch("--ssl-cert", str(make_certificate(tmp_path, "h")), "--redirect-port", str(redirect), "--redirect-to", "443")
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", redirect, timeout=10)) as connection:
        connection.connect()
        first = connection.sock
        for method, body, host in (("GET", None, "h"), ("POST", b"x" * 100_000, "h:80"), ("HEAD", None, "[::1]:8080"), ("GET", None, "[::1]")):
            connection.request(method, "/a?b", body=body, headers={"Host": host})
            reply = connection.getresponse()
            reply.read()
            assert (reply.status, reply.headers["Location"]) == (301, f"https://{'h' if host[0] == 'h' else '[::1]'}/a?b"), method
            assert connection.sock is first, method


def test_addresses_are_printed_as_in_urls(launch):
    metrics = free_port()
    proxy = launch("--ip", "[::1]", "--api-ip", "::1", "--metrics-ip", "::1", "--metrics-port", str(metrics), "--log-level", "INFO",
                   "--default-target", "http://[::1]:9", "--error-target", "http://[::1]:9/e", host="::1")
    for line in (f"Proxying http://[::1]:{proxy.port} to http://[::1]:9", f"Proxy API at http://[::1]:{proxy.api_port}/api/routes",
                 f"Metrics at http://[::1]:{metrics}/metrics"):
        assert line in proxy.log(), line


def test_the_redirect_port_is_as_limited_as_the_public_one(launch, tmp_path):
    redirect = free_port()
    launch("--ssl-cert", str(make_certificate(tmp_path, "h")), "--redirect-port", str(redirect), "--max-connections", "5")
    crowd = []
    until(lambda: crowd.append(socket.create_connection(("127.0.0.1", redirect), timeout=10)) or len(crowd) >= 20, 10, "connections")
    assert crowd[-1].recv(100).startswith(b"HTTP/1.1 503 ")


def leave_idle_connections(proxy, target, count):
    for number in range(count):
        proxy.add(f"/r{number}", target.url)
        assert proxy.get(f"/r{number}") == (200, f"/r{number}"), "each leaves an idle connection behind"


@pytest.mark.skipif("san/" in BIN, reason="the sanitizers need descriptors of their own")
def test_idle_connections_to_targets_give_their_descriptors_to_others(launch, target):
    proxy = launch("--workers", "1", limits=["prlimit", "--nofile=64:64"])
    leave_idle_connections(proxy, target, 60)
    assert proxy.api("GET", "/api/routes")[0] == 200


@pytest.mark.skipif("san/" in BIN, reason="the sanitizers need descriptors of their own")
def test_idle_connections_to_targets_make_room_for_clients(launch, target):
    proxy = launch("--workers", "1", limits=["prlimit", "--nofile=64:64"])
    leave_idle_connections(proxy, target, 35)
    crowd = [proxy.connect(proxy.port, None) for _ in range(20)]
    for client in crowd:
        client.sendall(b"GET /r0 HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        client.close()


@pytest.mark.parametrize("options", [(), ("--user", "nobody")], ids=["as itself", "after giving up root"])
def test_every_thread_is_restricted_and_nothing_can_be_dumped(launch, target, options):
    proxy = launch("--workers", "2", *options)
    proxy.add("/a", target.url.replace("127.0.0.1", "localhost"))  # needs a look-up, on a thread of its own
    assert proxy.get("/a") == (200, "/a")
    threads = list(pathlib.Path(f"/proc/{proxy.pid()}/task").iterdir())
    assert len(threads) >= 5
    for thread in threads:
        status = (thread / "status").read_text()
        assert "\nSeccomp:\t2\n" in status and "\nNoNewPrivs:\t1\n" in status, status
        assert options == () or "\nCapEff:\t0000000000000000\n" in status
    [monitor] = set(proxy.processes()) - {proxy.pid()}
    status = pathlib.Path(f"/proc/{monitor}/status").read_text()
    assert "\nSeccomp:\t2\n" in status and "\nNoNewPrivs:\t1\n" in status, status
    limits = pathlib.Path(f"/proc/{proxy.pid()}/limits").read_text()
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]


def test_the_hub_goes_on_with_the_process_that_took_over(new_hub, ada):
    hub = new_hub(EVERYBODY).start()
    me = Browser(hub)
    me.login(ada)
    pid_file = hub.dir / "jupyterhub-proxy.pid"
    old = int(pid_file.read_text())
    routes = hub.dir / "jupyterhub-proxy.pid.routes"
    until(lambda: '"path":"/"' in routes.read_text(), 10, "the hub's route in the file")
    assert routes.stat().st_mode & 0o777 == 0o600
    os.kill(old, signal.SIGUSR2)
    until(lambda: int(pid_file.read_text() or old) != old, 20, f"a new process\n{hub.log()}")
    until(lambda: has_ended(old), 20, "the end of the old process")
    assert me.logged_in(), "nothing was lost on the way"
    until(lambda: "The proxy's new process is" in hub.log(), 10, "the hub to notice")
    assert "The proxy ended unexpectedly" not in hub.log()
    new = int(pid_file.read_text())
    assert hub.helpers("configurable-http-proxy") == [new]
    os.kill(new, signal.SIGKILL)
    until(lambda: hub.helpers("configurable-http-proxy") not in ([], [new]) and hub.answers(), 10, "it watches that one, too")
    assert hub.stop() == 0
    assert hub.helpers("configurable-http-proxy") == []


DEFAULT_PORTS = """
import fcntl, os, signal, socket, struct, subprocess, sys, time
with socket.socket() as s:  # the loopback interface of the new network is down at first
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
proxy = subprocess.Popen([sys.argv[1], "--metrics-ip", "127.0.0.1"], stderr=subprocess.DEVNULL)
def answers(port, path):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as stream:
            stream.sendall(f"GET {path} HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n".encode())
            return stream.recv(12).decode()
    except OSError:
        return ""
end = time.monotonic() + 20
while not answers(8001, "/api/routes") and time.monotonic() < end:
    time.sleep(0.05)
print(answers(8000, "/_chp_healthz"), answers(8001, "/api/routes"), answers(8002, "/metrics"), sep="|")
proxy.send_signal(signal.SIGTERM)
proxy.wait(10)
"""


def test_the_default_ports_are_those_of_the_npm_program():
    """In a network of its own, where nobody else can have them."""
    command = ["unshare", "-n", "/usr/bin/python3", "-c", DEFAULT_PORTS, os.path.join(BIN, "configurable-http-proxy")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if "unshare failed" in done.stderr:
        pytest.skip("no network can be made here")
    assert done.stdout == "HTTP/1.1 200|HTTP/1.1 200|HTTP/1.1 200\n", done.stderr
