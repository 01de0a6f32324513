"""configurable-http-proxy as a black box, and the small targets and clients its tests need."""
import base64
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from .hub import BIN
from .ports import free_port
from .processes import has_ended
from .waiting import until

TOKEN = "a-token-of-the-test"


class Target(http.server.ThreadingHTTPServer):
    """Answers GET with its name and the path; echoes what comes through a WebSocket's connection, frame or not."""
    daemon_threads = True
    request_queue_size = 512

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.headers.get("Upgrade"):
                self.send_response(101)
                self.send_header("Connection", "Upgrade")
                self.send_header("Upgrade", "websocket")
                self.end_headers()
                self.close_connection = True
                while data := self.connection.recv(65536):
                    self.connection.sendall(data)
                return
            body = self.path.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Target.Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Proxy:
    def __init__(self, *options, limits=None, unix=False, host="127.0.0.1"):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="proxy-acceptance-"))
        self.dir.chmod(0o755)
        self.port, self.api_port = free_port(), free_port()
        self.host = host
        self.unix = unix  # listens on public.sock and api.sock instead of the ports
        self.options = options
        self.limits = limits or []
        self.process = None

    def start(self):
        places = ["--socket", "public.sock", "--api-socket", "api.sock"] if self.unix else [
            "--ip", "127.0.0.1", "--port", str(self.port), "--api-ip", "127.0.0.1", "--api-port", str(self.api_port)]
        command = [os.path.join(BIN, "configurable-http-proxy"), *places, "--pid-file", "proxy.pid", *self.options]
        environment = {"PATH": "/usr/bin:/bin", "CONFIGPROXY_AUTH_TOKEN": TOKEN}
        environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen([*self.limits, *command], cwd=self.dir, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self.answers, 15, "the proxy to answer")
        return self

    def log(self):
        return (self.dir / "log").read_text(errors="replace")

    def answers(self):
        assert self.process.poll() is None, self.log()
        try:
            return self.api("GET", "/api/routes")[0] == 200
        except OSError:
            return False

    def pid(self):
        """What the pid file says."""
        return int((self.dir / "proxy.pid").read_text() or 0)

    def connect(self, port, socket_name):
        if not self.unix:
            return socket.create_connection((self.host, port), timeout=10)
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(10)
        stream.connect(str(self.dir / socket_name))
        return stream

    def api(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port)
        connection.sock = self.connect(self.api_port, "api.sock")
        connection.request(method, path, body=json.dumps(body) if body is not None else None, headers={"Authorization": f"token {TOKEN}"})
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply.status, text

    def add(self, path, target):
        assert self.api("POST", "/api/routes" + path, {"target": target})[0] == 201

    def routes(self):
        return json.loads(self.api("GET", "/api/routes")[1])

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.sock = self.connect(self.port, "public.sock")
        connection.request("GET", path)
        reply = connection.getresponse()
        result = reply.status, reply.read().decode()
        connection.close()
        return result

    def tunnel(self, path):
        """An open WebSocket's connection; what is sent comes back."""
        stream = self.connect(self.port, "public.sock")
        key = base64.b64encode(os.urandom(16)).decode()
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       f"Sec-WebSocket-Key: {key}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = stream.recv(1)
            assert piece, head
            head += piece
        assert head.startswith(b"HTTP/1.1 101"), head
        return stream

    def processes(self):
        """Every process that this proxy or a predecessor left: they share its directory."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{pid}/cwd") == str(self.dir) and not has_ended(pid):
                    found.append(int(pid))
            except OSError:
                continue
        return found

    def close(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process:
            self.process.wait(10)
        shutil.rmtree(self.dir, ignore_errors=True)


def echoes(stream, text):
    stream.sendall(text)
    back = b""
    while len(back) < len(text):
        piece = stream.recv(len(text) - len(back))
        if not piece:
            return False
        back += piece
    return back == text
