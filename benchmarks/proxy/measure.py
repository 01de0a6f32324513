"""Measuring processes: CPU time, memory, and the load programs with their results."""
import pathlib
import re
import socket
import ssl
import statistics
import subprocess
import time

LOAD_CPU = "1"  # the proxies have CPU 0


def tree(pid):
    """The process and all its descendants."""
    found = [pid]
    for one in found:
        for children in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(word) for word in children.read_text().split()]
            except OSError:
                pass
    return found


def cpu_seconds(pid):
    """CPU time of all threads of the process and its descendants, in nanosecond resolution."""
    total = 0
    for one in tree(pid):
        for schedstat in pathlib.Path(f"/proc/{one}/task").glob("*/schedstat"):
            try:
                total += int(schedstat.read_text().split()[0])
            except OSError:
                pass
    return total / 1e9


def memory_bytes(pid):
    """Private memory and the share of what is shared (workers share much)."""
    total = 0
    for one in tree(pid):
        text = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024
    return total


class Cpu:
    """with Cpu(pid) as cpu: …; then cpu.seconds is what the process used meanwhile."""

    def __init__(self, pid):
        self.pid, self.seconds = pid, 0.0

    def __enter__(self):
        self._start, self._begun = cpu_seconds(self.pid), time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = cpu_seconds(self.pid) - self._start
        self.duration = time.monotonic() - self._begun


def medians(runs):
    """The median of each figure over some runs."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def wrk(url, connections, seconds, cpus=LOAD_CPU, threads=1):
    """(requests, p99 in ms) of wrk; any answer but 2xx ends the benchmark."""
    text = subprocess.run(["taskset", "-c", cpus, "wrk", "--latency", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", url],
                          capture_output=True, text=True, check=True).stdout
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+)", text)  # an answer that takes over 2 s is none
    if "Non-2xx" in text or (errors and any(int(count) for count in errors.groups())):
        raise SystemExit(f"{url}: {text}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return int(re.search(r"(\d+) requests in", text)[1]), float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def new_tls_connections(port, seconds):
    """How many TLS 1.3 connections with one request each were made, one after the other, without resumption."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    made, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as secure:
            secure.sendall(b"GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b""
            while piece := secure.recv(65536):
                answer += piece
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"TLS at {port}: {answer[:200]!r}")
        made += 1
    return made


def full_handshakes(port, clients, seconds):
    """New TLS connections with one request each that so many clients at once made in the given whole seconds, each with all of the
    server's cryptography."""
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-www", "/small", "-time", str(seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(clients)]
    return sum(int(re.search(r"^(\d+) connections in \d+ real seconds", client.communicate()[0], re.M)[1]) for client in running)
