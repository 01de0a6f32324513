"""Two workers under load while routes come and go: what the thread sanitizer watches (`./dev test tsan`). Not part of the
suite `attacks`: it proves something only in an instrumented build."""
import json
import threading

from wire import Client, request, responses, raw

ROUNDS = 150
EVERY = 8


def test_load_on_two_workers_with_route_churn(lone_proxy):
    proxy = lone_proxy({"/": "hub", "/user/ada": "ada"}, "--workers", "2")
    proxy.guarding.log_limit, proxy.guarding.memory_limit = 1 << 20, 1 << 30  # an instrumented program is large
    faults = []

    def guarded(work):
        def run():
            try:
                for number in range(ROUNDS):
                    work(number)
            except Exception as fault:  # noqa: BLE001: any is a failure of the test
                faults.append(repr(fault))
        return threading.Thread(target=run)

    def kept_alive(number):
        with Client(proxy.port) as client:
            for each in range(EVERY):
                client.send(request(f"/user/ada/{number}/{each}", method="POST" if each % 2 else "GET",
                                    body=b"", close=each == EVERY - 1))
                assert client.response().status == 200

    def fresh(number):
        [reply] = responses(raw(proxy.port, request(f"/user/churn{number % 10}/x", "Transfer-Encoding: chunked", method="PUT",
                                                    body=b"5\r\nhello\r\n0\r\n\r\n")))
        assert reply.status == 200 and json.loads(reply.body)["body"] == "hello"

    def tunnels(_):
        with Client(proxy.port) as client:
            client.send(request("/user/ada/ws-echo", "Connection: Upgrade", "Upgrade: websocket", close=False) + b"early")
            assert client.read_head().startswith(b"HTTP/1.1 101 ")
            assert client.read(5) == b"early"

    def aborts(number):
        with Client(proxy.port) as client:
            client.send(request(f"/user/ada/{number}", "Content-Length: 100", method="POST", body=b"part", close=False))

    def churn(number):
        path = f"/user/churn{number % 10}"
        target = proxy.recorders["ada"].url
        assert proxy.api("POST", path, json={"target": target}).status_code == 201
        if number % 3 == 0:
            assert proxy.api("DELETE", path).status_code in (204, 404)
        if number % 10 == 0:
            assert proxy.api("GET", "?inactive_since=2030-01-01T00:00:00Z").status_code == 200

    threads = [guarded(work) for work in (kept_alive, kept_alive, fresh, fresh, tunnels, aborts, churn, churn)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    proxy.guarding.partial_allowed = True  # of the clients that went away
    assert not faults, faults
    assert proxy.process.poll() is None, "the proxy ended"
