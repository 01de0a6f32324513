"""A client that sends bytes as they are, and reads responses by the book."""
import contextlib
import http.client
import io
import socket
import time

PATIENCE = 20  # bounds every wait; nothing that works takes nearly as long


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:200]!r}>"

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class _Bytes:
    """What http.client reads a response from."""

    def __init__(self, stream):
        self.stream = stream

    def makefile(self, *_):
        return self.stream


class _Kept(io.BytesIO):
    def close(self):
        pass


def responses(data, methods=()):
    """All responses that the bytes hold; methods: those of the requests, where one was HEAD. An incomplete one at the end is an error."""
    stream, found = _Kept(data), []
    while stream.tell() < len(data):
        method = methods[len(found)] if len(found) < len(methods) else "GET"
        one = http.client.HTTPResponse(_Bytes(stream), method=method)
        one.begin()
        body = one.read()
        found.append(Response(one.status, one.getheaders(), body))
        if one.status == 101:
            break
    return found


class Client:
    def __init__(self, port, patience=PATIENCE):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends all it can: the other side may refuse in the middle."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def read_head(self):
        while b"\r\n\r\n" not in self.pending:
            piece = self.socket.recv(65536)
            assert piece, f"the stream ended in a head: {self.pending!r}"
            self.pending += piece
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def read(self, count):
        while len(self.pending) < count:
            piece = self.socket.recv(1 << 20)
            assert piece, f"the stream ended after {len(self.pending)} of {count} bytes"
            self.pending += piece
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def response(self):
        """One response with a length."""
        head = self.read_head()
        parsed = responses_head(head)
        length = parsed.header("Content-Length")
        parsed.body = self.read(int(length)) if length and parsed.status >= 200 else b""
        return parsed

    def until_closed(self):
        """Everything up to the end of the stream; the time-out of the socket is a failure: it should have been closed."""
        try:
            while piece := self.socket.recv(1 << 20):
                self.pending += piece
        except ConnectionResetError:
            pass
        data, self.pending = self.pending, b""
        return data


def responses_head(head):
    """A response without its body; also an interim one, which http.client would skip."""
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    return Response(int(first.split(" ")[1]), [tuple(line.split(": ", 1)) for line in lines], b"")


def raw(port, *parts, delay=0.0):
    """Sends the parts on one connection, and returns all bytes until the other side closes it."""
    with Client(port) as client:
        for number, part in enumerate(parts):
            if number and delay:
                time.sleep(delay)  # so that the parts arrive apart
            client.send(part)
        return client.until_closed()


def request(target, *lines, method="GET", body=b"", host="x", close=True):
    """A request's bytes; lines as str (latin-1) or bytes."""
    lines = [line if isinstance(line, bytes) else line.encode("latin-1") for line in lines]
    if close:
        lines.append(b"Connection: close")
    target = target if isinstance(target, bytes) else target.encode()
    return b"\r\n".join([method.encode() + b" " + target + b" HTTP/1.1", b"Host: " + host.encode(), *lines, b"", body])
