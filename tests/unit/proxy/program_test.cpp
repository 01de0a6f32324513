// The whole proxy in this process, between raw clients and scripted targets.
#include "proxy/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "http/body.hpp"
#include "running_proxy.hpp"

namespace jhub::proxy {
namespace {

using testing::Backend;
using testing::RunningProxy;
using testing::small_proxy;
using testing::Socket;

// Answers each request head with its own request line as the body.
void echo_request_lines(Backend* backend, Socket& stream)
{
    while (true) {
        std::string const head = stream.until("\r\n\r\n");
        if (!head.ends_with("\r\n\r\n"))
            return;
        std::string const line = head.substr(0, head.find("\r\n"));
        backend->note(head);
        stream.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(line.size()) + "\r\n\r\n" + line);
    }
}

class EchoBackend {
  public:
    Backend backend{[this](Socket& stream, int) { echo_request_lines(&backend, stream); }};
};

TEST(Proxy, forwards_a_request_and_its_answer)
{
    EchoBackend target;
    RunningProxy proxy;
    proxy.add("/a", target.backend.url());
    EXPECT_TRUE(proxy.fetch("/a/x?y").ends_with("\r\n\r\nGET /a/x?y HTTP/1.1"));
    EXPECT_TRUE(proxy.fetch("/b").starts_with("HTTP/1.1 404 Not Found\r\n"));
}

TEST(Proxy, seals_its_word_for_the_hub_and_for_nobody_else)
{
    EchoBackend hub, server;
    RunningProxy proxy;
    proxy.add("/", hub.backend.url(), {{"hub", true}, {"jupyterhub", true}});
    proxy.add("/user/ada", server.backend.url(), {{"user", "ada"}, {"hub", "true"}});
    auto const ask = [&](std::string const& path) {
        Socket client = proxy.client();
        client.send("GET " + path +
                    " HTTP/1.1\r\nHost: h\r\nX-Jupyterhub-Forwarded: of the client\r\nConnection: close\r\n\r\n");
        client.rest();
    };
    ask("/hub/login");
    ask("/user/ada/");
    auto const seals = [](Backend& backend) {
        auto const head = http::parse_request_head(backend.notes(1).front(), {}).head;
        return head.headers.all(http::ForwardedSeal::header_name).size();
    };
    EXPECT_EQ(seals(hub.backend), 1u);
    EXPECT_EQ(hub.backend.notes(1).front().find("of the client"), std::string::npos);
    EXPECT_EQ(seals(server.backend), 0u);
}

TEST(Proxy, a_chunked_body_of_any_method_stays_the_body_of_that_one_request)
{
    for (std::string const method : {"DELETE", "OPTIONS", "GET", "HEAD", "PATCH", "FOO"}) {
        std::string const smuggled = "GET /a/SMUGGLED HTTP/1.1\r\nHost: x\r\n\r\n";
        Backend target([&](Socket& stream, int) {
            std::string const head = stream.until("\r\n\r\n");
            std::string const body = stream.until("0\r\n\r\n");
            target.note(head + body);
            stream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            if (std::string const more = stream.rest(); !more.empty())
                target.note("surplus: " + more);
        });
        RunningProxy proxy;
        proxy.add("/a", target.url());
        Socket client = proxy.client();
        client.send(method + " /a/one HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
                    fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", smuggled.size(), smuggled));
        client.rest();
        auto const seen = target.notes(1);
        ASSERT_EQ(seen.size(), 1U) << method;
        EXPECT_TRUE(seen[0].starts_with(method + " /a/one HTTP/1.1\r\n")) << seen[0];
        EXPECT_NE(seen[0].find("Transfer-Encoding: chunked"), std::string::npos) << seen[0];
        EXPECT_TRUE(seen[0].ends_with(smuggled + "\r\n0\r\n\r\n")) << seen[0];
    }
}

TEST(Proxy, a_request_that_arrives_byte_by_byte_is_forwarded_like_one_that_comes_at_once)
{
    Backend target([&](Socket& stream, int) {
        std::string seen = stream.until("\r\n\r\n");
        seen += stream.until("0\r\n\r\n");
        target.note(seen.substr(0, seen.find("\r\n")) + seen.substr(seen.find("\r\n\r\n")));
        stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    RunningProxy proxy;
    proxy.add("/a", target.url());
    std::string const request = "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "5;x=\"y\"\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n";
    Socket client = proxy.client();
    for (char const c : request)
        client.send({&c, 1});
    EXPECT_TRUE(client.rest().ends_with("\r\n\r\nok"));
    std::string body;
    http::ChunkedDecoder decoder;
    std::string const seen = target.notes(1).at(0);
    EXPECT_TRUE(seen.starts_with("POST /a HTTP/1.1\r\n\r\n"));
    std::string_view rest = std::string_view(seen).substr(seen.find("\r\n\r\n") + 4);
    while (!decoder.done() && !decoder.failed() && !rest.empty()) {
        auto const piece = decoder.feed(rest);
        rest.remove_prefix(piece.used);
        body += piece.data;
    }
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(body, "hello!");
    EXPECT_EQ(seen.find("x="), std::string::npos) << "extensions are not forwarded";
}

TEST(Proxy, pipelined_requests_are_answered_in_order_and_a_malformed_one_ends_the_connection)
{
    EchoBackend target;
    RunningProxy proxy;
    proxy.add("/", target.backend.url());
    Socket client = proxy.client();
    client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 HTTP/1.1\r\nHost : "
                "h\r\n\r\nGET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string const all = client.rest();
    auto const first = all.find("GET /1");
    auto const second = all.find("GET /2");
    auto const refusal = all.find("HTTP/1.1 400 ");
    EXPECT_TRUE(first < second && second < refusal && refusal != std::string::npos) << all;
    EXPECT_TRUE(client.ended_cleanly());
    EXPECT_EQ(target.backend.notes(2).size(), 2U);
}

TEST(Proxy, a_connection_to_a_target_is_kept_for_the_next_request_of_the_same_route_only)
{
    Backend target([&](Socket& stream, int number) {
        while (stream.until("\r\n\r\n").ends_with("\r\n\r\n")) {
            target.note(std::to_string(number));
            stream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    RunningProxy proxy;
    proxy.add("/a", target.url());
    proxy.add("/b", target.url());
    for (auto const* path : {"/a/1", "/a/2", "/b/3"})
        EXPECT_TRUE(proxy.fetch(path).starts_with("HTTP/1.1 200 OK"));
    EXPECT_EQ(target.notes(3), (std::vector<std::string>{"1", "1", "2"}));
    proxy.add("/a", target.url());
    EXPECT_TRUE(proxy.fetch("/a/4").starts_with("HTTP/1.1 200 OK"));
    EXPECT_EQ(target.notes(4).back(), "3") << "a replaced route starts afresh";
}

TEST(Proxy, a_target_that_says_too_much_is_not_used_again)
{
    Backend target([&](Socket& stream, int number) {
        stream.until("\r\n\r\n");
        target.note(std::to_string(number));
        stream.send(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned");
        stream.rest();
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    EXPECT_TRUE(proxy.fetch("/1").ends_with("\r\n\r\nok"));
    EXPECT_TRUE(proxy.fetch("/2").ends_with("\r\n\r\nok"));
    EXPECT_EQ(target.notes(2), (std::vector<std::string>{"1", "2"})) << "one connection each";
}

TEST(Proxy, a_request_on_an_idle_connection_that_just_ended_is_sent_again_on_a_new_one)
{
    Backend target([&](Socket& stream, int number) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
        if (number == 1)
            stream.until("\r\n\r\n"); // takes the second request and dies over it
        target.note("gone");
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    Socket client = proxy.client();
    client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(client.until("first").ends_with("first"));
    client.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(client.until("first").starts_with("HTTP/1.1 200 OK")) << "answered by the second connection";
}

TEST(Proxy, a_client_that_goes_away_frees_the_target_at_once)
{
    Backend target([&](Socket& stream, int) {
        stream.until("\r\n\r\n");
        target.note("asked");
        stream.rest();
        target.note(stream.ended() ? "freed" : "still there");
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    Socket client = proxy.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    target.notes(1);
    client.shut();
    EXPECT_EQ(target.notes(2).back(), "freed");
}

TEST(Proxy, a_response_that_breaks_off_never_looks_complete)
{
    for (std::string const framing : {"Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"}) {
        Backend target([&](Socket& stream, int) {
            stream.until("\r\n\r\n");
            stream.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n" + (framing[0] == 'T' ? "3\r\nabc\r\n" : "abc"));
        });
        RunningProxy proxy;
        proxy.add("/", target.url());
        for (std::string const version : {"1.0", "1.1"}) {
            Socket client = proxy.client();
            client.send("GET / HTTP/" + version + "\r\nHost: h\r\n\r\n");
            std::string const text = client.rest();
            EXPECT_TRUE(client.ended());
            EXPECT_FALSE(client.ended_cleanly()) << version << framing << text;
        }
    }
}

TEST(Proxy, interim_responses_and_trailers_are_passed_on_within_limits)
{
    Backend target([&](Socket& stream, int) {
        std::string const head = stream.until("\r\n\r\n");
        int const count = head.starts_with("GET /few") ? 2 : 9;
        for (int i = 0; i < count; ++i)
            stream.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
        stream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: "
                    "7\r\nContent-Length: 5\r\n\r\n");
        stream.rest();
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    std::string const few = proxy.fetch("/few");
    EXPECT_TRUE(few.starts_with("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 103 ")) << few;
    EXPECT_TRUE(few.ends_with("2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n")) << "a trailer about framing is dropped: " << few;
    EXPECT_NE(proxy.fetch("/many").find("HTTP/1.1 503 "), std::string::npos);
}

TEST(Proxy, bytes_a_client_sends_behind_its_upgrade_request_arrive_in_order)
{
    Backend target([&](Socket& stream, int) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello ");
        stream.send(stream.until("early"));
        stream.send(stream.rest());
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    Socket client = proxy.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
    EXPECT_TRUE(client.until("early").ends_with("\r\n\r\nhello early"));
    client.send("late");
    client.finish();
    EXPECT_EQ(client.rest(), "late");
}

TEST(Proxy, a_101_nobody_asked_for_is_a_503)
{
    Backend target([&](Socket& stream, int) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        stream.rest();
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    EXPECT_TRUE(proxy.fetch("/").starts_with("HTTP/1.1 503 "));
}

TEST(Proxy, a_refused_upgrade_leaves_no_tunnel_behind)
{
    Backend target([&](Socket& stream, int) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
        if (std::string const more = stream.rest(); !more.empty())
            target.note("leaked: " + more);
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    Socket client = proxy.client();
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET /leak "
                "HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 426 "));
    proxy.program.stop();
    EXPECT_TRUE(target.notes(0).empty());
}

TEST(Proxy, the_api_refuses_a_wrong_token_before_the_body_is_read)
{
    RunningProxy proxy;
    Socket api = testing::dial(proxy.program.api_port());
    api.send("POST /api/routes/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1073741824\r\n\r\n{");
    EXPECT_TRUE(api.until("\r\n\r\n").starts_with("HTTP/1.1 403 "));
    EXPECT_EQ(api.rest(), "");
    EXPECT_TRUE(api.ended());
}

TEST(Proxy, without_an_address_it_listens_on_all_interfaces_of_both_families)
{
    Options options = small_proxy();
    options.ip = "";
    RunningProxy proxy(std::move(options));
    EXPECT_TRUE(proxy.fetch("/").starts_with("HTTP/1.1 404 ")) << "127.0.0.1";
    Descriptor const six(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    if (six.get() < 0 || bind(six.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        GTEST_SKIP() << "this machine has no IPv6";
    address.sin6_port = htons(proxy.program.public_port());
    EXPECT_EQ(connect(six.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << "::1";
}

std::string refusal(Options options)
{
    auto const started = Program(std::move(options)).start();
    return started ? "it started" : started.error().message;
}

TEST(Proxy, a_port_in_use_is_an_error_with_its_reason_and_what_to_do)
{
    RunningProxy proxy;
    Options options = small_proxy();
    options.port = proxy.program.public_port();
    EXPECT_THAT(refusal(options), ::testing::AllOf(::testing::HasSubstr("in use"), ::testing::HasSubstr("--port=N")));
    options.port = 0;
    options.api_port = proxy.program.public_port();
    EXPECT_THAT(refusal(options), ::testing::AllOf(::testing::HasSubstr("--api-port=N"),
                                                   ::testing::HasSubstr("c.ConfigurableHTTPProxy.api_url")));
    options.api_port = 0;
    options.metrics_port = proxy.program.public_port();
    EXPECT_THAT(refusal(options), ::testing::HasSubstr("--metrics-port=N"));
}

TEST(Proxy, a_refused_request_whose_body_still_waits_for_100_continue_ends_the_connection)
{
    RunningProxy proxy;
    Socket client = proxy.client();
    client.send("POST /none HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    std::string const answer = client.rest();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 ")) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(client.ended_cleanly());
}

TEST(Proxy, an_answer_that_comes_before_the_end_of_the_upload_reaches_the_client)
{
    Backend target([&](Socket& stream, int) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
        stream.finish();
        target.note("answered");
        stream.until("never"); // reads on, so that nothing is reset
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    Socket client = proxy.client();
    client.send("POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\nbeginning");
    target.notes(1);
    client.send(std::string(299991, 'x'));
    EXPECT_TRUE(client.until("no").starts_with("HTTP/1.1 413 Too Large\r\n"));
}

TEST(Proxy, large_bodies_with_a_length_arrive_whole_in_both_directions_at_once)
{
    std::string const blob = [] {
        std::string text(3'000'000, '\0');
        for (std::size_t i = 0; i < text.size(); ++i)
            text[i] = static_cast<char>(i * 7919 >> 5);
        return text;
    }();
    Backend target([&](Socket& stream, int) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(blob.size() + 3) + "\r\n\r\n");
        std::thread reading([&] { target.note(stream.take(blob.size())); });
        stream.send(blob + "end");
        reading.join();
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    Socket client = proxy.client();
    client.send("POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(blob.size()) + "\r\n\r\n");
    std::thread writing([&] { client.send(blob); });
    client.until("\r\n\r\n");
    EXPECT_TRUE(client.take(blob.size() + 3) == blob + "end");
    writing.join();
    EXPECT_TRUE(target.notes(1).at(0) == blob);
}

TEST(Proxy, an_error_page_that_is_no_file_is_passed_over)
{
    std::filesystem::path const folder =
        std::filesystem::path(::testing::TempDir()) / ("pages" + std::to_string(getpid()));
    std::filesystem::create_directories(folder / "404.html");
    mkfifo((folder / "503.html").c_str(), 0600);
    std::ofstream(folder / "error.html") << "the page for all";
    Options options = small_proxy();
    options.error_path = folder;
    RunningProxy const proxy(std::move(options));
    proxy.add("/gone", "http://127.0.0.1:1");
    EXPECT_TRUE(proxy.fetch("/nowhere").ends_with("the page for all"));
    EXPECT_TRUE(proxy.fetch("/gone").ends_with("the page for all"));
    std::filesystem::remove_all(folder);
}

TEST(Proxy, error_pages_come_from_the_error_target_without_the_clients_headers)
{
    Backend pages([&](Socket& stream, int) {
        pages.note(stream.until("\r\n\r\n"));
        stream.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: x\r\nContent-Length: 4\r\n\r\npage");
        stream.rest();
    });
    Options options = small_proxy();
    options.error_target = pages.url() + "/hub/error";
    RunningProxy proxy(std::move(options));
    Socket client = proxy.client();
    client.send("GET /lost?a=b HTTP/1.1\r\nHost: h\r\nCookie: secret\r\nConnection: close\r\n\r\n");
    std::string const page = client.rest();
    EXPECT_TRUE(page.starts_with(
        "HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\nContent-Security-Policy: frame-ancestors 'none'\r\n"))
        << page;
    EXPECT_TRUE(page.ends_with("Content-Length: 4\r\nConnection: close\r\n\r\npage")) << page;
    EXPECT_EQ(page.find("Set-Cookie"), std::string::npos);
    auto const asked = pages.notes(1).at(0);
    EXPECT_TRUE(asked.starts_with("GET /hub/error/404?url=%2Flost%3Fa%3Db HTTP/1.1\r\n")) << asked;
    EXPECT_EQ(asked.find("secret"), std::string::npos);
}

// ---- while the hub is away ----

constexpr std::string_view as_a_browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

// Hub and error pages are at one address, where nobody listens.
class HubAway : public ::testing::Test {
  protected:
    HubAway()
    {
        Options options = small_proxy();
        options.error_target = "http://127.0.0.1:1/hub/error";
        proxy.emplace(std::move(options));
        proxy->add("/", "http://127.0.0.1:1", {{"hub", true}, {"jupyterhub", true}});
        proxy->add("/user/ada", "http://127.0.0.1:1");
    }
    [[nodiscard]] std::string ask(std::string const& line, std::string_view headers) const
    {
        Socket client = proxy->client();
        client.send(line + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + std::string(headers) + "\r\n");
        return client.rest();
    }
    std::optional<RunningProxy> proxy;
};

TEST_F(HubAway, browsers_get_a_page_that_tries_again)
{
    for (std::string const path : {"/hub/home", "/user/ada/lab", "/hub/%3Cscript%3E?next=%3Cb%3E<x>"}) {
        auto const page = ask("GET " + path, as_a_browser);
        EXPECT_TRUE(page.starts_with("HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\n"))
            << page;
        EXPECT_NE(page.find("\r\nRetry-After: "), std::string::npos);
        EXPECT_NE(page.find("\r\nCache-Control: no-store\r\n"), std::string::npos);
        EXPECT_NE(page.find("<meta http-equiv=\"refresh\" content=\""), std::string::npos);
        EXPECT_NE(page.find("Notebooks go on."), std::string::npos);
        EXPECT_EQ(page.find("script"), std::string::npos) << "nothing of what was asked";
        EXPECT_EQ(page.find("{"), page.find("{ --back")) << "every field of the text is filled in";
        EXPECT_EQ(page.find("not handled"), std::string::npos);
    }
    EXPECT_NE(ask("POST /hub/login", std::string(as_a_browser) + "Content-Length: 0\r\n").find("was not handled"),
              std::string::npos);
}

TEST_F(HubAway, programs_get_a_line_of_text)
{
    for (auto const* headers : {"", "Accept: */*\r\n", "Accept: application/json\r\n", "Accept: text/htmlx\r\n"}) {
        auto const reply = ask("GET /hub/api/users", headers);
        EXPECT_TRUE(reply.starts_with("HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: "));
        EXPECT_TRUE(reply.ends_with("\r\n\r\nService Unavailable")) << reply;
    }
}

TEST_F(HubAway, nothing_of_it_is_seen_when_the_hub_is_back)
{
    EchoBackend hub;
    proxy->add("/", hub.backend.url(), {{"hub", true}});
    EXPECT_TRUE(ask("GET /hub/home", as_a_browser).starts_with("HTTP/1.1 200 "));
}

TEST(Proxy, a_hub_that_is_away_has_its_page_without_an_error_target_too)
{
    RunningProxy const proxy;
    proxy.add("/", "http://127.0.0.1:1", {{"hub", true}});
    proxy.add("/other", "http://127.0.0.1:1");
    auto const ask = [&](std::string const& path) {
        Socket client = proxy.client();
        client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAccept: text/html\r\n\r\n");
        return client.rest();
    };
    EXPECT_NE(ask("/hub/home").find("Notebooks go on."), std::string::npos);
    EXPECT_NE(ask("/other").find("503: Proxy Target Missing"), std::string::npos);
}

// ---- the REST API and the redirect port ----

TEST(Proxy, its_api_takes_bodies_up_to_16_mebibytes)
{
    RunningProxy proxy;
    auto const post = [&](std::size_t size) {
        std::string const body = Json{{"target", "http://h:1"}, {"note", std::string(size, 'x')}}.dump();
        Socket api = testing::dial(proxy.program.api_port());
        api.send("POST /api/routes/x HTTP/1.1\r\nHost: h\r\nAuthorization: token secret\r\nConnection: close\r\n"
                 "Content-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
        return api.until("\r\n");
    };
    EXPECT_EQ(post(4 * 1024 * 1024), "HTTP/1.1 201 Created\r\n");
    EXPECT_EQ(post(17 * 1024 * 1024), "HTTP/1.1 413 Request Entity Too Large\r\n");
}

} // namespace
} // namespace jhub::proxy
