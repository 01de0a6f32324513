"""Where a message ends: nobody may make the proxy and a back end see different requests."""
import json
import time

import pytest
from wire import Client, raw, request, responses

case = pytest.mark.case
ECHO = "/services/echo/"
SMUGGLED = b"GET /services/echo/SMUGGLED HTTP/1.1\r\nHost: x\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def post(*lines, body=b"hello"):
    return request(ECHO, *lines, method="POST", body=body, close=False)


@case("S-HTTP-01")
def test_a_length_beside_a_transfer_coding_is_refused(stage):
    stage.rejects(post("Content-Length: 6", "Transfer-Encoding: chunked", body=b"0\r\n\r\nG"))
    stage.rejects(post("Transfer-Encoding: chunked", "Content-Length: 6", body=b"0\r\n\r\nG"))


@case("S-HTTP-02")
@pytest.mark.parametrize("length", ["+5", "-1", "-0", "0x5", "5_0", "5 5", "5,5", "5,6", "5;", "٥", "1e1", "18446744073709551616",
                                    "9223372036854775808", '"5"'])
def test_a_length_that_is_no_plain_number_is_refused(stage, length):
    stage.rejects(post(f"Content-Length: {length}".encode()))


@case("S-HTTP-03")
@pytest.mark.parametrize("lines", [("Content-Length: 5", "Content-Length: 6"), ("Content-Length: 5", "Content-Length: 5"), ("Content-Length: ",),
                                   ("Content-Length:",)])
def test_two_lengths_or_an_empty_one_are_refused(stage, lines):
    stage.rejects(post(*lines))


@case("S-HTTP-04")
@pytest.mark.parametrize("lines", [
    (b"Transfer-Encoding: " + coding,) for coding in (
        b"xchunked", b"chunked, identity", b"identity, chunked", b"chunked, chunked", b'"chunked"', b"chunked;q=1", b"\x0bchunked",
        b"chunked\x00", b"gzip, chunked", b"", b"identity", b"chunked,")
] + [(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"), (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
     (b"Transfer-Encoding : chunked",)])
def test_any_transfer_coding_but_plain_chunked_is_refused(stage, lines):
    stage.rejects(post(*lines, body=chunk(b"hello") + b"0\r\n\r\n"), {400, 501})


@case("S-HTTP-04")
def test_a_header_that_only_looks_like_a_transfer_coding_frames_nothing(stage):
    body = chunk(b"hello") + b"0\r\n\r\n"
    reply = stage.get(ECHO, "Transfer_Encoding: chunked", f"Content-Length: {len(body)}", method="POST", body=body)
    assert reply.status in (200, 400)
    if reply.status == 200:
        assert json.loads(reply.body)["body"].encode() == body


@case("S-HTTP-05", "S-HTTP-06")
@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "GET", "HEAD", "PATCH", "FOO"])
def test_a_chunked_body_stays_the_body_whatever_the_method(stage, method):
    reply = stage.get(ECHO + "a", "Transfer-Encoding: chunked", method=method, body=chunk(SMUGGLED) + b"0\r\n\r\n")
    assert reply.status == 200
    assert [(seen["method"], seen["target"], seen["body"].encode()) for seen in stage.rec.requests] == [(method, ECHO + "a", SMUGGLED)]
    for number in range(20):
        victim = stage.get(f"{ECHO}victim{number}")
        assert json.loads(victim.body)["target"] == f"{ECHO}victim{number}"


@case("S-HTTP-07")
@pytest.mark.parametrize("body", [
    b"5;\nhello\r\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n", b"5 ;a\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n",
    b"5_0\r\nhello\r\n0\r\n\r\n", b"F" * 17 + b"\r\nhello\r\n0\r\n\r\n", b"-1\r\nhello\r\n0\r\n\r\n", b"\r\n0\r\n\r\n",
    b"5\r\nhelloXX0\r\n\r\n", b"5;" + b"a" * 20480 + b"\r\nhello\r\n0\r\n\r\n", b'5;a="\r\n"\r\nhello\r\n0\r\n\r\n', b"0\r\nX: \x01\r\n\r\n",
    b"0\r\nX : y\r\n\r\n", b"0\n\n", b" 5\r\nhello\r\n0\r\n\r\n"])
def test_a_malformed_chunk_is_refused_and_never_completes_a_request(stage, body):
    stage.guarding.partial_allowed = True  # the head was good and may have been passed on
    found = responses(stage.raw(post("Transfer-Encoding: chunked", body=body)))
    assert len(found) == 1 and found[0].status in (400, 413), found
    assert stage.rec.requests == []


@case("S-HTTP-07")
def test_a_well_formed_chunk_extension_is_read_and_not_passed_on(stage):
    reply = stage.get(ECHO, "Transfer-Encoding: chunked", method="POST", body=b'5;a=b;c="d"\r\nhello\r\n0\r\n\r\n')
    assert reply.status == 200 and json.loads(reply.body)["body"] == "hello"  # rec refuses extensions


@case("S-HTTP-08")
@pytest.mark.parametrize("line", [b"Foo : bar", b" Foo: bar", b"\tFoo: bar", b"Foo: a\r\n b", b"Fo(o: a", b"F\xc3\xb6o: a", b"Fo\x00o: a", b"Foo: a\x00b",
                                  b"Foo: a\rb", b"Foo", b": x\r\nX-After: 1"] + [b"Foo: a%cb" % code for code in [*range(1, 9), *range(11, 32), 0x7f]
                                                                                 if code != 13])
def test_a_malformed_header_line_is_refused(stage, line):
    stage.rejects(b"GET /services/echo/ HTTP/1.1\r\n" + line + b"\r\nHost: x\r\n\r\n")
    stage.rejects(request(ECHO, line))


@case("S-HTTP-10")
@pytest.mark.parametrize("data", [
    b"GET /services/echo/ HTTP/1.1\nHost: x\n\n", b"GET /services/echo/ HTTP/1.1\r\nHost: x\n\n", b"GET /services/echo/ HTTP/1.1\r\nHost: x\r\r\n\r\n",
    b"GET /services/echo/ HTTP/1.1\r\nHost: x\r\n\n\r\n", b"GET /services/echo/ HTTP/1.1\r\nHost: x\n\r\n",
    b"GET /services/echo/ HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", b"GET /services/echo/ HTTP/1.1\rHost: x\r\n\r\n"])
def test_a_line_must_end_with_both_characters(stage, data):
    stage.rejects(data)


@case("S-HTTP-11")
@pytest.mark.parametrize("line, statuses", [
    (b"GET  /services/echo/ HTTP/1.1", {400}), (b"GET /services/echo/  HTTP/1.1", {400}), (b"GET\t/services/echo/\tHTTP/1.1", {400}),
    (b"GET /services/echo/ HTTP/1.2", {400, 505}), (b"GET /services/echo/ HTTP/2.0", {400, 505}), (b"GET /services/echo/ http/1.1", {400}),
    (b"GET /services/echo/", {400}), (b"GET /services/echo/ HTTP/1.1 x", {400}), (b"G@T /services/echo/ HTTP/1.1", {400, 501}),
    (b"M" * 40 + b" /services/echo/ HTTP/1.1", {400, 501}), (b" GET /services/echo/ HTTP/1.1", {400}), (b"GET services/echo HTTP/1.1", {400}),
    (b"GET /services/echo/#f HTTP/1.1", {400}), (b"\r\nGET /services/echo/ HTTP/1.1", {400})])
def test_a_malformed_request_line_is_refused(stage, line, statuses):
    stage.rejects(line + b"\r\nHost: x\r\n\r\n", statuses)


@case("S-HTTP-11")
def test_a_method_keeps_its_letters(stage):
    assert stage.get(ECHO, method="get").status == 200
    assert stage.rec.requests[0]["method"] == "get"


@case("S-HTTP-12")
def test_a_body_held_back_until_told_to_go_on_is_never_taken_for_a_request(stage):
    with Client(stage.port) as client:
        client.send(request("/hub/api/users", "Expect: 100-continue", "Content-Length: 5", method="POST", close=False))
        first = client.response()
        if first.status == 100:
            client.send(b"hello")
            first = client.response()
        else:
            client.send(b"hello")
        assert 400 <= first.status < 500, first
        client.send(request("/hub/health"))
        later = responses(client.until_closed())
        assert [one.status for one in later] in ([], [200]), later
    stage.rejects(request("/hub/api/users", "Expect: foo", "Content-Length: 5", method="POST"), {417})


PATHS = [("/services/echo/", "rec"), ("/services/echo2/", "rec2"), ("/hub/health", "")]


def pipeline(count, broken=None):
    data = b""
    for number in range(count):
        data += request(PATHS[number % 3][0] + (f"?{number}" if number % 3 < 2 else ""), *(["Bad : x"] if number == broken else []),
                        close=number == count - 1)
    return data


@case("S-HTTP-13")
def test_pipelined_requests_to_several_back_ends_are_answered_in_order(stage):
    found = responses(stage.raw(pipeline(20)))
    assert [one.status for one in found] == [200] * 20
    for number, one in enumerate(found):
        path, name = PATHS[number % 3]
        if name:
            seen = json.loads(one.body)
            assert (seen["by"], seen["target"]) == (name, f"{path}?{number}")
    found = responses(stage.raw(pipeline(20, broken=6)))
    assert [one.status for one in found] == [200] * 6 + [400]


DRIBBLED = {
    "chunked with trailers": request(ECHO + "d", "Transfer-Encoding: chunked", "Trailer: X-T", method="POST",
                                     body=b'5;x="y"\r\nhello\r\n1\r\n!\r\n0\r\nX-T: 1\r\n\r\n'),
    "length, then another request": request(ECHO + "l", "Content-Length: 5", method="POST", body=b"hello", close=False) + request(ECHO + "2"),
    "malformed": request(ECHO + "m", "Bad : x"),
}


@case("S-HTTP-14")
@pytest.mark.parametrize("name", DRIBBLED)
def test_however_the_bytes_arrive_the_result_is_the_same(stage, name):
    data = DRIBBLED[name]

    def outcome(*parts):
        stage.rec.requests.clear()
        answers = [(one.status, one.body) for one in responses(raw(stage.port, *parts, delay=0.0005))]
        return answers, list(stage.rec.requests)

    whole = outcome(data)
    assert whole[0][0][0] == (400 if name == "malformed" else 200)
    for split in range(1, len(data)):
        assert outcome(data[:split], data[split:]) == whole, split
    with Client(stage.port) as client:
        stage.rec.requests.clear()
        for byte in data:
            client.send(bytes([byte]))
            time.sleep(0.0005)
        dribbled = [(one.status, one.body) for one in responses(client.until_closed())]
    assert (dribbled, stage.rec.requests) == whole
