"""Upgrades: only a WebSocket handshake that the back end accepted opens a tunnel, and a tunnel carries every byte."""
import json
import os
import socket
import threading
import time

import pytest
from harness.waiting import until
from stage import process_facts, settle
from wire import Client, request, responses

IDLE_SECONDS = float(os.environ.get("IDLE_SECONDS", "0"))  # 600 is the full length, for a run by hand

case = pytest.mark.case
ECHO = "/services/echo/"
KEY = ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
UPGRADE = ["Connection: Upgrade", "Upgrade: websocket", *KEY]


def tunnel(port, target=ECHO + "ws-echo", early=b""):
    client = Client(port)
    client.send(request(target, *UPGRADE, close=False) + early)
    assert client.read_head().startswith(b"HTTP/1.1 101 ")
    return client


@case("S-WS-01")
def test_a_refused_upgrade_is_passed_on_and_opens_nothing(stage):
    with Client(stage.port) as client:
        client.send(request(ECHO + "api/kernels/x/channels", *UPGRADE, "X-Reply: forbidden", close=False))
        reply = client.response()
    assert (reply.status, reply.body) == (403, b"not in")
    assert len(stage.rec.requests) == 1


@case("S-WS-01")
@pytest.mark.parametrize("target", ["/hub/ws", "/hub/api/users", "/user/alice/api/kernels/x/channels"])
def test_the_hub_itself_opens_no_tunnel(stage, target):
    for lines in ([], ["Cookie: jupyterhub-hub-login=forged"], ["Authorization: token revoked"]):
        with Client(stage.port) as client:
            client.send(request(target, *UPGRADE, *lines, close=False))
            status = int(client.read_head().split()[1])
        assert status in (302, 403, 404, 424, 503), status


@case("S-WS-02")
@pytest.mark.parametrize("script, status", [("upgrade-required", 426), ("no-tunnel", 200)])
def test_after_an_answer_without_upgrade_the_connection_is_one_of_requests(stage, script, status):
    with Client(stage.port) as client:
        client.send(request(ECHO, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 7", f"X-Reply: {script}", close=False))
        assert client.response().status == status
        client.send(request("/services/echo2/later"))
        for reply in responses(client.until_closed()):  # none: closing is right as well, even by a reset; the tunnel is not
            assert json.loads(reply.body)["by"] == "rec2"
    assert [seen["target"] for seen in stage.rec.requests] == [ECHO]


@case("S-WS-03")
@pytest.mark.parametrize("data", [
    request(ECHO + "ws-echo", *UPGRADE, "Content-Length: 5", method="POST", body=b"hello", close=False),
    request(ECHO + "ws-echo", *UPGRADE, "Transfer-Encoding: chunked", method="POST", body=b"5\r\nhello\r\n0\r\n\r\n", close=False),
    request(ECHO + "ws-echo", *UPGRADE, "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n", close=False),
    request(ECHO + "ws-echo", *UPGRADE, "Content-Length: 5", body=b"hello", close=False),
    request(ECHO + "ws-echo", "Upgrade: websocket", *KEY, close=False),
    request(ECHO + "ws-echo", *UPGRADE, close=False).replace(b"HTTP/1.1", b"HTTP/1.0")])
def test_an_upgrade_that_is_none_is_a_plain_request(stage, data):
    with Client(stage.port) as client:
        client.send(data)
        reply = client.response()
    assert reply.status in (200, 400)
    for seen in stage.rec.requests:
        assert "upgrade" not in {name.lower() for name, _ in seen["headers"]}, seen


@case("S-WS-04")
@pytest.mark.parametrize("lines", [
    ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"], ["Connection: Upgrade", "Upgrade: TLS/1.0"],
    ["Connection: Upgrade", "Upgrade: foo"], ["Connection: Upgrade", "Upgrade: websocket, h2c"],
    ["Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"]])
@pytest.mark.parametrize("script", [None, "switch"])
def test_nothing_but_a_websocket_is_upgraded(stage, lines, script):
    with Client(stage.port) as client:
        client.send(request(ECHO, *lines, *KEY, *([f"X-Reply: {script}"] if script else []), close=False))
        head = client.read_head()
    assert int(head.split()[1]) in ((200,) if script is None else (502, 503)), head
    for seen in stage.rec.requests:
        assert [value for name, value in seen["headers"] if name.lower() == "upgrade"] in ([], ["websocket"])


def pour(client, data):
    thread = threading.Thread(target=client.send, args=(data,), daemon=True)
    thread.start()
    return thread


@case("S-WS-05")
def test_bytes_sent_with_the_handshake_arrive_first(stage):
    with tunnel(stage.port, early=b"early frame") as client:
        client.send(b", later frame")
        assert client.read(24) == b"early frame, later frame"


@case("S-WS-05")
def test_a_tunnel_carries_every_byte_and_holds_little_of_it(stage):
    block = os.urandom(1 << 20)
    with tunnel(stage.port) as client:
        sender = pour(client, block * 64)
        for _ in range(64):
            assert client.read(len(block)) == block
        sender.join()
        small = os.urandom(4096)
        sender = threading.Thread(target=lambda: [client.send(bytes([byte])) for byte in small], daemon=True)
        sender.start()
        assert client.read(len(small)) == small
        sender.join()


@case("S-WS-05")
def test_a_reader_that_stops_holds_the_sender_back(stage):
    proxy = stage.hub.helpers("configurable-http-proxy")[0]
    memory = process_facts(proxy)[0]
    with tunnel(stage.port) as client:
        client.socket.settimeout(1)
        sent = 0
        try:
            while sent < 256 << 20:  # the echo comes back and is not read: at some point nothing more can be sent
                sent += client.socket.send(b"x" * (1 << 20))
        except TimeoutError:
            pass
        assert sent < 256 << 20
        assert process_facts(proxy)[0] < memory + 4 * 1024 * 1024


@case("S-WS-05")
def test_a_client_that_has_finished_still_gets_what_is_on_the_way(stage):
    with tunnel(stage.port) as client:
        client.send(b"last words")
        client.socket.shutdown(socket.SHUT_WR)
        assert client.until_closed() == b"last words"


@case("S-WS-05")
@pytest.mark.parametrize("dying", ["client", "back end"])
def test_the_death_of_one_end_ends_the_other_soon(stage, dying):
    proxy = stage.hub.helpers("configurable-http-proxy")[0]
    descriptors = process_facts(proxy)[1]
    with tunnel(stage.port) as client:
        client.send(b"\x82\xfe\x10\x00half a frame")
        client.read(16)
        start = time.monotonic()
        if dying == "client":
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.socket.close()
        else:
            stage.rec.end_connections()
            client.until_closed()
        until(lambda: process_facts(proxy)[1] <= descriptors, 10, "both sockets to be closed")
        assert time.monotonic() - start < 10


@case("S-WS-05")
def test_many_idle_tunnels_cost_little_and_live_on(stage):
    proxy = stage.hub.helpers("configurable-http-proxy")[0]
    memory = process_facts(proxy)[0]
    descriptors = process_facts(proxy)[1]
    tunnels = [tunnel(stage.port) for _ in range(500)]
    try:
        settle()
        time.sleep(IDLE_SECONDS)
        assert process_facts(proxy)[0] - memory < 500 * 64 * 1024
        for client in tunnels:
            client.send(b"x")
        for client in tunnels:
            assert client.read(1) == b"x"
        start = time.monotonic()
        stage.rec.end_connections()
        for client in tunnels:
            client.until_closed()
        until(lambda: process_facts(proxy)[1] <= descriptors, 10, "the sockets of both ends to be closed")
        print(f"500 tunnels ended {time.monotonic() - start:.2f} s after their back end")
    finally:
        for client in tunnels:
            client.socket.close()
