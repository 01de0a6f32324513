"""A back end that records every byte, reads strictly and answers with what it saw, or by a script.

A request is answered 200 with its JSON: method, target, headers (list of pairs), body. `X-Reply: name` plays a reply of
SCRIPTS instead; an upgrade of /…/ws-echo opens a tunnel that sends everything back.
"""
import json
import re
import socket
import threading

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
HEAD = re.compile(rb"(%s) (\S+) HTTP/1\.1\r\n((?:%s:[ \t]*[\x20-\x7e\x80-\xff\t]*\r\n)*)\r\n" % (TOKEN, TOKEN))

SCRIPTS = {
    "upgrade-required": b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n",
    "no-tunnel": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain",
    "forbidden": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nnot in",
    "switch": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
}


class Malformed(Exception):
    pass


def take_chunked(data):
    """Body and what follows it; None when incomplete."""
    body, at = b"", 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        if not re.fullmatch(rb"[0-9a-fA-F]{1,15}", data[at:end]):
            raise Malformed(f"chunk size {data[at:end]!r}")
        size, at = int(data[at:end], 16), end + 2
        if size == 0:
            break
        if len(data) < at + size + 2:
            return None
        body += data[at:at + size]
        if data[at + size:at + size + 2] != b"\r\n":
            raise Malformed("chunk without end")
        at += size + 2
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        line, at = data[at:end], end + 2
        if not line:
            return body, data[at:]


def take_request(data):
    """(request, what follows it); None when incomplete. Anything that is no well-formed request raises Malformed."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    match = HEAD.match(data)
    if not match or match.end() != end + 4:
        raise Malformed(f"head {data[:end + 4]!r}")
    headers = [(name.decode(), value.strip(b" \t").decode("latin-1"))
               for name, _, value in (line.partition(b":") for line in match[3].split(b"\r\n")[:-1])]
    named = {}
    for name, value in headers:
        named.setdefault(name.lower(), []).append(value)
    lengths, codings, rest = named.get("content-length", []), named.get("transfer-encoding", []), data[end + 4:]
    if len(lengths) + len(codings) > 1 or len(named.get("host", [])) != 1:
        raise Malformed(f"framing or host of {data[:end + 4]!r}")
    if codings:
        if codings != ["chunked"]:
            raise Malformed(f"coding {codings}")
        taken = take_chunked(rest)
        if taken is None:
            return None
        body, rest = taken
    else:
        if lengths and not re.fullmatch("[0-9]+", lengths[0]):
            raise Malformed(f"length {lengths}")
        size = int(lengths[0]) if lengths else 0
        if len(rest) < size:
            return None
        body, rest = rest[:size], rest[size:]
    request = {"method": match[1].decode(), "target": match[2].decode("latin-1"), "headers": headers, "body": body.decode("latin-1")}
    return request, rest


class Recorder:
    def __init__(self, name):
        self.name = name
        self.requests = []  # in the order of their ends
        self.faults = []  # bytes that are no well-formed request
        self.partial = {}  # connection -> bytes of a request that has not ended
        self.received = 0
        self._connections = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    # -- for tests
    def clear(self):
        """Forgets what was seen and ends the connections that are open."""
        self.end_connections()
        with self._lock:
            self.requests, self.faults, self.partial, self.received = [], [], {}, 0

    def end_connections(self):
        with self._lock:
            open_ones = list(self._connections)
        for connection in open_ones:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def targets(self):
        return [request["target"] for request in self.requests]

    # -- serving
    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with self._lock:
            self._connections.add(connection)
        try:
            self._converse(connection)
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()

    def _converse(self, connection):
        data = b""
        while True:
            try:
                taken = take_request(data)
            except Malformed as why:
                self.faults.append(str(why))
                return
            if taken is None:
                self._note_partial(connection, data)
                piece = connection.recv(65536)
                if not piece:
                    return
                self.received += len(piece)
                data += piece
                continue
            request, data = taken
            self._note_partial(connection, b"")
            if self._answer(connection, request, data):
                return

    def _note_partial(self, connection, data):
        with self._lock:
            self.partial.pop(id(connection), None)
            if data:
                self.partial[id(connection)] = data

    def _answer(self, connection, request, rest):
        """True when the connection is no longer one of requests."""
        self.requests.append(request)
        headers = {name.lower(): value for name, value in request["headers"]}
        script = headers.get("x-reply")
        if headers.get("upgrade") == "websocket" and request["target"].partition("?")[0].endswith("/ws-echo"):
            script = "switch"
        if script:
            connection.sendall(SCRIPTS[script])
        else:
            body = b"" if request["method"] == "HEAD" else json.dumps({"by": self.name, **request}).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        if script != "switch":
            return False
        while True:
            if rest:
                connection.sendall(rest)
            rest = connection.recv(1 << 20)
            if not rest:
                return True
