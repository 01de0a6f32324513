// The request and response head parsers: what they accept, and the long list of what they must refuse.
#include "http/head_parser.hpp"

#include <gtest/gtest.h>

namespace jhub::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

Limits const limits;

ParseResult<RequestHead> parse(std::string_view text) { return parse_request_head(text, limits); }

// The status a request with these header lines is refused with; 0 when it is accepted.
int refusal(std::string_view text)
{
    auto const result = parse(text);
    EXPECT_NE(result.state, ParseState::incomplete) << text;
    return result.failed() ? to_int(result.status) : 0;
}

int refusal_of_headers(std::string_view lines)
{
    return refusal("POST / HTTP/1.1\r\nHost: x\r\n"s + std::string(lines) + "\r\n");
}

TEST(HeadParser, reads_a_browser_request)
{
    auto const text =
        "GET /hub/home?next=%2F HTTP/1.1\r\nHost: hub.test:8000\r\nUser-Agent:  Mozilla/5.0 \t\r\nCookie: "
        "a=b\r\nX-Empty:\r\n\r\nrest"sv;
    auto const result = parse(text);
    ASSERT_TRUE(result.done()) << result.reason;
    EXPECT_EQ(result.used, text.size() - 4);
    EXPECT_EQ(result.head.method, Method::get);
    EXPECT_EQ(result.head.target, "/hub/home?next=%2F");
    EXPECT_EQ(result.head.origin_target, "/hub/home?next=%2F");
    EXPECT_EQ(result.head.authority, "hub.test:8000");
    EXPECT_EQ(result.head.headers.get("user-agent"), "Mozilla/5.0");
    EXPECT_EQ(result.head.headers.get("x-empty"), "");
    EXPECT_EQ(result.head.framing, BodyFraming{});
    EXPECT_TRUE(result.head.keep_alive);
    EXPECT_FALSE(result.head.upgrade);
}

TEST(HeadParser, needs_more_after_every_cut_and_says_the_same_when_dribbled)
{
    auto const text = "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nX-A: b\r\n\r\n"sv;
    RequestHeadView head;
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
        std::size_t const seen = cut == 0 ? 0 : cut - 1;
        EXPECT_EQ(parse_request_head(text.substr(0, cut), limits, head).state, ParseState::incomplete) << cut;
        EXPECT_EQ(parse_request_head(text.substr(0, cut), limits, head, seen).state, ParseState::incomplete) << cut;
    }
    auto const outcome = parse_request_head(text, limits, head, text.size() - 1);
    ASSERT_TRUE(outcome.done());
    EXPECT_EQ(head.framing, (BodyFraming{Framing::length, 12}));
    EXPECT_EQ(head.headers.size(), 3U);
}

TEST(HeadParser, refuses_a_tls_hello_without_waiting_for_a_line_end)
{
    EXPECT_EQ(refusal("\x16\x03\x01\x02"sv), 400);
    EXPECT_EQ(refusal("\0"sv), 400);
    EXPECT_EQ(parse("G").state, ParseState::incomplete);
}

TEST(HeadParser, views_point_into_the_buffer_and_know_special_headers)
{
    auto const text = "GET / HTTP/1.1\r\nhOsT: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n"s;
    RequestHeadView head;
    ASSERT_TRUE(parse_request_head(text, limits, head).done());
    EXPECT_EQ(head.headers[0].known, KnownHeader::host);
    EXPECT_GE(head.headers[0].name.data(), text.data());
    EXPECT_LT(head.headers[0].name.data(), text.data() + text.size());
    EXPECT_EQ(head.get(KnownHeader::upgrade), "websocket");
    EXPECT_EQ(head.get("HOST"), "x");
    EXPECT_TRUE(head.upgrade);
}

TEST(HeadParser, knows_every_special_header_in_any_case)
{
    EXPECT_EQ(known_header("TE"), KnownHeader::te);
    EXPECT_EQ(known_header("Service-Worker-Allowed"), KnownHeader::service_worker_allowed);
    EXPECT_EQ(known_header("X-FORWARDED-HOST"), KnownHeader::x_forwarded_host);
    EXPECT_EQ(known_header("Transfer-Encoding"), KnownHeader::transfer_encoding);
    EXPECT_EQ(known_header("Transfer_Encoding"), KnownHeader::other);
    EXPECT_EQ(known_header("transfer-encodinG2"), KnownHeader::other);
    EXPECT_EQ(known_header("x"), KnownHeader::other);
}

TEST(HeadParser, decides_the_framing_of_a_request)
{
    auto const framing = [](std::string_view line) {
        return parse("DELETE / HTTP/1.1\r\nHost: x\r\n"s + std::string(line) + "\r\n\r\n").head.framing;
    };
    EXPECT_EQ(framing("Content-Length: 0"), BodyFraming{});
    EXPECT_EQ(framing("Content-Length: 0005"), (BodyFraming{Framing::length, 5}));
    EXPECT_EQ(framing("Transfer-Encoding: Chunked"), (BodyFraming{Framing::chunked, 0}));
    EXPECT_EQ(framing("X-A: b"), BodyFraming{});
}

TEST(HeadParser, refuses_two_content_lengths)
{
    EXPECT_EQ(refusal_of_headers("Content-Length: 5\r\nContent-Length: 6\r\n"), 400);
    EXPECT_EQ(refusal_of_headers("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
}

TEST(HeadParser, refuses_content_length_beside_transfer_encoding_in_both_orders)
{
    EXPECT_EQ(refusal_of_headers("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"), 400);
    EXPECT_EQ(refusal_of_headers("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n"), 400);
}

TEST(HeadParser, refuses_every_content_length_that_is_not_plain_digits)
{
    for (auto const& value : {"+5", "-1", "-0", "0x5", "5_0", "5 5", "5,5", "5,6", "5;", "\xd9\xa5", "1e1",
                              "18446744073709551616", "9223372036854775808", "\"5\"", ""})
        EXPECT_EQ(refusal_of_headers("Content-Length: "s + value + "\r\n"), 400) << value;
}

TEST(HeadParser, refuses_every_transfer_encoding_but_chunked)
{
    for (auto const& value :
         {"xchunked"s, "chunked, identity"s, "identity, chunked"s, "chunked, chunked"s, "\"chunked\""s, "chunked;q=1"s,
          "\x0b"
          "chunked"s,
          "chunked\0"s, "gzip, chunked"s, ""s}) {
        auto const status = refusal_of_headers("Transfer-Encoding: " + value + "\r\n");
        EXPECT_TRUE(status == 400 || status == 501) << value << status;
    }
    EXPECT_EQ(refusal_of_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
    EXPECT_EQ(refusal_of_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400);
    EXPECT_EQ(refusal_of_headers("Transfer-Encoding : chunked\r\n"), 400);
    EXPECT_EQ(refusal("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(HeadParser, refuses_malformed_header_lines)
{
    for (auto const& line :
         {"Foo : bar\r\n"s, " Foo: bar\r\n"s, "Foo: a\r\n b\r\n"s, "Foo: a\r\n\tb\r\n"s, "F(o: a\r\n"s,
          "F\xc3\xb6: a\r\n"s, "F\0o: a\r\n"s, "Foo\r\n"s, ": x\r\nX-After: 1\r\n"s, "Foo: a\0b\r\n"s, "Foo: a\rb\r\n"s,
          "Foo: \x01\r\n"s, "Foo: a\x1f\r\n"s, "Foo: \x7f\r\n"s, "Foo: a\r\r\n"s})
        EXPECT_EQ(refusal_of_headers(line), 400) << line;
    EXPECT_EQ(refusal(" Foo: bar\r\n\r\n"), 400);
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\n Foo: bar\r\nHost: x\r\n\r\n"), 400);
}

TEST(HeadParser, accepts_tabs_and_high_bytes_in_values)
{
    EXPECT_EQ(refusal_of_headers("X: a\tb \xc3\xa9\xff\r\n"), 0);
}

TEST(HeadParser, refuses_other_line_endings)
{
    for (auto const& text :
         {"GET / HTTP/1.1\nHost: x\n\n"s, "GET / HTTP/1.1\r\nHost: x\n\n"s, "GET / HTTP/1.1\r\nHost: x\r\nA: b\n\r\n"s,
          "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n"s, "GET / HTTP/1.1\r\nHost: x\n\r\n\r\n"s,
          "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n"s, "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"s, "\n"s})
        EXPECT_EQ(refusal(text), 400) << text;
}

TEST(HeadParser, refuses_malformed_request_lines)
{
    struct Case {
        std::string line;
        int status;
    };
    for (auto const& [line, status] : std::vector<Case>{{"GET  / HTTP/1.1", 400},
                                                        {"GET\t/ HTTP/1.1", 400},
                                                        {"GET /\tHTTP/1.1", 400},
                                                        {"GET / HTTP/1.2", 505},
                                                        {"GET / HTTP/2.0", 505},
                                                        {"GET / http/1.1", 400},
                                                        {"GET /", 400},
                                                        {"GET / HTTP/1.1 x", 400},
                                                        {"GET / HTTP/1.1 ", 400},
                                                        {"G@T / HTTP/1.1", 400},
                                                        {" GET / HTTP/1.1", 400},
                                                        {"GET /a b HTTP/1.1", 400},
                                                        {"GET /a\x01 HTTP/1.1", 400},
                                                        {"GET /a#b HTTP/1.1", 400},
                                                        {"GET a HTTP/1.1", 400},
                                                        {"GET /a\0 HTTP/1.1"s, 400},
                                                        {"GET /\x7f HTTP/1.1", 400},
                                                        {"GET * HTTP/1.1", 400},
                                                        {"GET / HTTP/1.10", 400},
                                                        {"GET / HTTP/1,1", 400},
                                                        {"GET / HTTP/1.", 400},
                                                        {std::string(40, 'G') + " / HTTP/1.1", 501},
                                                        {"GET x:80 HTTP/1.1", 400}})
        EXPECT_EQ(refusal(line + "\r\nHost: x\r\n\r\n"), status) << line;
}

TEST(HeadParser, keeps_a_lower_case_method_apart_from_the_real_one)
{
    auto const result = parse("get / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(result.head.method, Method::other);
    EXPECT_EQ(result.head.method_text, "get");
}

TEST(HeadParser, refuses_missing_doubled_and_malformed_hosts)
{
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
    for (auto const host : {"a b", "x/y", "a@b", "", ":80", "a:b", "a:99999", "a:", "[::1", "[]", "[::1]x", "[g::1]",
                            "a,b\"", "a:80:80", "\xc3\xa9"})
        EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n"), 400) << host;
    for (auto const host : {"a", "a.b:80", "[::1]", "[::1]:8000", "127.0.0.1:1", "ALICE.hub.test.", "a_b"})
        EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n"), 0) << host;
    EXPECT_EQ(refusal("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(HeadParser, lets_an_absolute_target_name_the_host)
{
    auto const result = parse("GET http://a.test:81/x?y HTTP/1.1\r\nHost: other\r\n\r\n");
    ASSERT_TRUE(result.done()) << result.reason;
    EXPECT_EQ(result.head.form, TargetForm::absolute);
    EXPECT_EQ(result.head.authority, "a.test:81");
    EXPECT_EQ(result.head.origin_target, "/x?y");
    EXPECT_EQ(result.head.target, "http://a.test:81/x?y");
    EXPECT_EQ(parse("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").head.origin_target, "/");

    for (auto const target : {"ftp://a/", "http://", "http:///x", "http://u@a/", "http://a?x", "http:/a", "//"})
        EXPECT_EQ(refusal("GET "s + target + " HTTP/1.1\r\nHost: a\r\n\r\n"), target == "//"sv ? 0 : 400) << target;
}

TEST(HeadParser, takes_authority_form_for_connect_only_and_asterisk_for_options_only)
{
    auto const connect = parse("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n");
    ASSERT_TRUE(connect.done());
    EXPECT_EQ(connect.head.form, TargetForm::authority);
    EXPECT_EQ(connect.head.authority, "a.test:443");
    EXPECT_EQ(refusal("CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").head.form, TargetForm::asterisk);
}

TEST(HeadParser, enforces_its_limits_even_before_the_head_is_complete)
{
    Limits const small{.request_line = 20, .header_block = 40, .header_count = 2};
    auto const status = [&small](std::string_view text) {
        auto const result = parse_request_head(text, small);
        return result.failed() ? to_int(result.status) : 0;
    };
    EXPECT_EQ(status("GET /123456789012 HTTP/1.1\r\n"), 414);
    EXPECT_EQ(status("GET /1234567890123456"), 414);
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n"), 431);
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nA: 12345678901234567890123456789012345"), 431);
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n\r\n"), 0);
}

TEST(HeadParser, finds_an_endless_first_line_although_it_arrives_in_pieces)
{
    Limits const small{.request_line = 20};
    RequestHeadView head;
    auto const text = "GET /" + std::string(40, 'a');
    std::size_t refused_at = 0;
    for (std::size_t size = 1; size <= text.size() && refused_at == 0; ++size)
        if (parse_request_head(std::string_view(text).substr(0, size), small, head, size - 1).failed())
            refused_at = size;
    EXPECT_EQ(refused_at, 21U);
}

TEST(HeadParser, derives_persistence_from_version_and_connection)
{
    auto const keeps = [](std::string_view text) { return parse(text).head.keep_alive; };
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n"));
}

TEST(HeadParser, refuses_unknown_expectations)
{
    EXPECT_EQ(refusal_of_headers("Expect: foo\r\n"), 417);
    RequestHeadView head;
    ASSERT_TRUE(parse_request_head("PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\n\r\n", limits, head).done());
    EXPECT_TRUE(head.expect_continue);
}

TEST(HeadParser, forgets_the_previous_head_when_a_view_is_reused)
{
    RequestHeadView head;
    ASSERT_TRUE(parse_request_head("PUT http://h/ HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: "
                                   "upgrade\r\nUpgrade: x\r\n\r\n",
                                   limits, head)
                    .done());
    ASSERT_TRUE(parse_request_head("GET /b HTTP/1.1\r\nHost: x\r\n\r\n", limits, head).done());
    EXPECT_EQ(head.framing, BodyFraming{});
    EXPECT_EQ(head.authority, "x");
    EXPECT_FALSE(head.upgrade || head.expect_continue);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_EQ(head.headers.size(), 1U);
}

TEST(ResponseHeadParser, reads_status_lines_with_and_without_a_phrase)
{
    auto const parsed = parse_response_head("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n", limits);
    ASSERT_TRUE(parsed.done()) << parsed.reason;
    EXPECT_EQ(parsed.head.status, 404);
    EXPECT_EQ(parsed.head.reason, "Not Found");
    EXPECT_EQ(parse_response_head("HTTP/1.1 200 \r\n\r\n", limits).head.status, 200);
    EXPECT_EQ(parse_response_head("HTTP/1.0 200\r\n\r\n", limits).head.minor_version, 0);
}

TEST(ResponseHeadParser, refuses_what_could_be_read_in_two_ways)
{
    for (auto const& text :
         {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n",
          "HTTP/2 200\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 O\x01K\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n A: b\r\n\r\n"})
        EXPECT_TRUE(parse_response_head(text, limits).failed()) << text;
}

TEST(HeaderLines, need_their_closing_line_and_nothing_after_it)
{
    EXPECT_EQ(parse_header_lines("\r\n", limits)->size(), 0U);
    EXPECT_EQ(parse_header_lines("A: b\r\n\r\n", limits)->get("a"), "b");
    for (auto const& text : {"", "A: b\r\n", "A: b\r\n\r\nB: c\r\n\r\n", "A b\r\n\r\n", "A: b\n\n"})
        EXPECT_FALSE(parse_header_lines(text, limits)) << text;
}

} // namespace
} // namespace jhub::http
