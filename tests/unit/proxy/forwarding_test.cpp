#include "proxy/forwarding.hpp"

#include <gtest/gtest.h>

#include "http/body.hpp"

namespace jhub::proxy {
namespace {

// What the target gets for a request; parsed strictly again, as the target would.
struct Sent {
    std::string text;
    http::ParseResult<http::RequestHead> parsed;

    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const
    {
        return parsed.head.headers.all(name);
    }
};

Sent sent(std::string const& head, ForwardRules const& rules = {}, ClientFacts const& client = {.address = "1.2.3.4"})
{
    http::RequestHeadView view;
    std::string const whole = "GET /x HTTP/1.1\r\nHost: pub.test:81\r\n" + head + "\r\n";
    auto const outcome = http::parse_request_head(whole, {}, view);
    EXPECT_TRUE(outcome.done()) << outcome.reason;
    Sent result;
    append_upstream_request(result.text, view, *parse_target("http://10.0.0.1:9"), "/up", client, rules,
                            exchange_kind(view));
    result.parsed = http::parse_request_head(result.text, {});
    EXPECT_TRUE(result.parsed.done()) << result.parsed.reason << "\n" << result.text;
    EXPECT_EQ(result.parsed.used, result.text.size()) << "exactly one head is sent";
    return result;
}

using Values = std::vector<std::string_view>;

TEST(Forwarding, describes_the_clients_connection)
{
    auto const request = sent("");
    EXPECT_EQ(request.parsed.head.target, "/up");
    EXPECT_EQ(request.all("host"), Values{"pub.test:81"});
    EXPECT_EQ(request.all("x-forwarded-for"), Values{"1.2.3.4"});
    EXPECT_EQ(request.all("x-forwarded-port"), Values{"81"});
    EXPECT_EQ(request.all("x-forwarded-proto"), Values{"http"});
    EXPECT_EQ(request.all("x-forwarded-host"), Values{"pub.test:81"});
}

TEST(Forwarding, seals_what_it_says_for_the_hub)
{
    http::ForwardedSeal const seal("token");
    std::chrono::sys_seconds const now{std::chrono::seconds(1'800'000'000)};
    ForwardRules rules;
    rules.custom_headers = {{"X-Scheme", "https"}, {"X-Other", "1"}};
    auto request = sent("X-Forwarded-For: 9.9.9.9\r\nCookie: a=b\r\n", rules);
    append_seal(request.text, seal, now);
    auto const parsed = http::parse_request_head(request.text, {});
    ASSERT_TRUE(parsed.done()) << request.text;
    EXPECT_EQ(parsed.used, request.text.size());
    http::ForwardedSeal::Words words;
    for (auto const& [name, value] : parsed.head.headers)
        words.add(name, value);
    auto const given = parsed.head.headers.all(http::ForwardedSeal::header_name);
    ASSERT_EQ(given.size(), 1u);
    EXPECT_EQ(seal.judge(given.front(), words, now), http::ForwardedSeal::Verdict::genuine);
    words.add("X-Real-IP", "6.6.6.6");
    EXPECT_EQ(seal.judge(given.front(), words, now), http::ForwardedSeal::Verdict::forged);
}

TEST(Forwarding, never_passes_on_a_seal_of_the_clients)
{
    for (bool const trusted : {true, false}) {
        auto const request = sent("x-jupyterhub-forwarded: 1.x\r\nX-JupyterHub-Forwarded: 2.y\r\n", {},
                                  {.address = "1.2.3.4", .trusted = trusted});
        EXPECT_TRUE(request.all("X-JupyterHub-Forwarded").empty());
    }
}

TEST(Forwarding, appends_to_what_an_earlier_proxy_said_without_a_blank)
{
    auto const request = sent("X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 8.8.8.8\r\nX-Forwarded-Host: outer\r\n");
    EXPECT_EQ(request.all("x-forwarded-for"), Values{"9.9.9.9, 8.8.8.8,1.2.3.4"});
    EXPECT_EQ(request.all("x-forwarded-host"), Values{"outer"});
}

TEST(Forwarding, does_not_believe_clients_outside_the_trusted_networks)
{
    ForwardRules rules;

    auto const request =
        sent("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Real-IP: 6.6.6.6\r\n"
             "Forwarded: for=6.6.6.6\r\nX-Scheme: https\r\nX_Forwarded_For: 6.6.6.6\r\nX-REAL_IP: 6.6.6.6\r\nX_Other: "
             "kept\r\n",
             rules, {.address = "1.2.3.4", .trusted = false});
    EXPECT_EQ(request.all("x-forwarded-for"), Values{"1.2.3.4"});
    EXPECT_EQ(request.all("x-forwarded-proto"), Values{"http"});
    EXPECT_EQ(request.all("x-forwarded-host"), Values{"pub.test:81"});
    for (auto const* name : {"x-real-ip", "forwarded", "x-scheme", "x_forwarded_for", "x-real_ip"})
        EXPECT_TRUE(request.all(name).empty()) << name;
    EXPECT_EQ(request.all("x_other"), Values{"kept"});
}

TEST(Forwarding, removes_hop_by_hop_headers_but_nothing_that_carries_meaning_end_to_end)
{
    auto const request =
        sent("Connection: keep-alive, X-Foo, Cookie, Authorization, X-Forwarded-For\r\nX-Foo: 1\r\nX-Bar: 2\r\nCookie: "
             "c=1\r\n"
             "Authorization: token t\r\nX-Forwarded-For: 9.9.9.9\r\nTE: trailers\r\nTrailer: X\r\nKeep-Alive: 5\r\n"
             "Proxy-Connection: close\r\nProxy-Authorization: x\r\n");
    for (auto const* gone :
         {"x-foo", "connection", "te", "trailer", "keep-alive", "proxy-connection", "proxy-authorization"})
        EXPECT_TRUE(request.all(gone).empty()) << gone;
    EXPECT_EQ(request.all("cookie"), Values{"c=1"});
    EXPECT_EQ(request.all("authorization"), Values{"token t"});
    EXPECT_EQ(request.all("x-bar"), Values{"2"});
    EXPECT_EQ(request.all("x-forwarded-for"), Values{"9.9.9.9,1.2.3.4"});
}

TEST(Forwarding, custom_headers_replace_what_would_be_said_of_the_client)
{
    ForwardRules rules;
    rules.custom_headers = {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "outer"}, {"x-forwarded-port", "1"}};
    auto const request = sent("X-Forwarded-Proto: ws\r\n", rules);
    EXPECT_EQ(request.all("x-forwarded-proto"), Values{"https"});
    EXPECT_EQ(request.all("x-forwarded-host"), Values{"outer"});
    EXPECT_EQ(request.all("x-forwarded-port"), Values{"1"});
    EXPECT_EQ(request.all("x-forwarded-for"), Values{"1.2.3.4"});
}

TEST(Forwarding, custom_headers_replace_those_of_the_client)
{
    ForwardRules rules;
    rules.custom_headers = {{"X-One", "mine"}, {"Host", "fixed.test"}};
    auto const request = sent("x-one: forged\r\n", rules);
    EXPECT_EQ(request.all("x-one"), Values{"mine"});
    EXPECT_EQ(request.all("host"), Values{"fixed.test"});
}

TEST(Forwarding, only_a_proper_websocket_upgrade_is_forwarded_as_one)
{
    auto const kind = [](std::string const& head) {
        http::RequestHeadView view;
        std::string const whole = head + "Host: h\r\n\r\n";
        EXPECT_TRUE(http::parse_request_head(whole, {}, view).done()) << head;
        return exchange_kind(view);
    };
    EXPECT_EQ(kind("GET / HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"),
              ExchangeKind::websocket);
    for (auto const* not_one :
         {"GET / HTTP/1.1\r\nUpgrade: websocket\r\n", "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n",
          "POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n",
          "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n",
          "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket, h2c\r\n",
          "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n",
          "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n"})
        EXPECT_EQ(kind(not_one), ExchangeKind::plain) << not_one;
    auto const request = sent("Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n");
    EXPECT_TRUE(request.all("upgrade").empty());
}

struct Answered {
    std::string text;
    ClientFraming framing;
};

Answered answered(std::string const& head, RequestFacts const& request, ForwardRules const& rules = {},
                  std::string const& prefix = "")
{
    http::ResponseHeadView view;
    auto const outcome = http::parse_response_head(head, {}, view);
    EXPECT_TRUE(outcome.done()) << outcome.reason;
    Route route;
    route.key = prefix;
    route.target = *parse_target("http://10.0.0.1:9");
    Answered result;
    result.framing =
        append_client_response(result.text, view, http::response_framing(view, request.method), request, route, rules);
    http::ResponseHeadView again;
    EXPECT_TRUE(http::parse_response_head(result.text, {}, again).done()) << result.text;
    return result;
}

TEST(Forwarding, a_chunked_response_is_framed_anew_for_each_kind_of_client)
{
    std::string const head = "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n";
    auto const modern = answered(head, {});
    EXPECT_EQ(modern.text, "HTTP/1.1 200 Fine\r\nX: y\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n");
    auto const old = answered(head, {.minor_version = 0, .keep_alive = true});
    EXPECT_EQ(old.framing.kind, http::Framing::until_close);
    EXPECT_TRUE(old.framing.close);
    EXPECT_EQ(old.text, "HTTP/1.1 200 Fine\r\nX: y\r\nConnection: close\r\n\r\n");
}

TEST(Forwarding, the_length_of_a_head_answer_is_kept_and_no_body_follows)
{
    auto const answer = answered("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", {.method = http::Method::head});
    EXPECT_EQ(answer.framing.kind, http::Framing::none);
    EXPECT_NE(answer.text.find("Content-Length: 12345\r\n"), std::string::npos);
}

TEST(Forwarding, a_server_may_not_steer_the_browser_outside_its_prefix)
{
    std::string const head =
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nClear-Site-Data: \"*\"\r\nService-Worker-Allowed: /\r\n\r\n";
    EXPECT_EQ(answered(head, {}, {}, "/user/ada").text.find("-"),
              answered("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {}).text.find("-"));
    EXPECT_NE(answered(head, {}).text.find("Clear-Site-Data"), std::string::npos) << "the hub's own route covers all";
    std::string const narrow = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nService-Worker-Allowed: /user/ada/lab\r\n\r\n";
    EXPECT_NE(answered(narrow, {}, {}, "/user/ada").text.find("Service-Worker-Allowed"), std::string::npos);
}

TEST(Forwarding, a_server_may_not_replace_the_session_cookies_of_the_hub)
{
    auto const passes = [](std::string const& cookie) {
        auto const answer =
            answered("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: " + cookie + "\r\n\r\n", {}, {}, "/user/ada");
        return answer.text.find("Set-Cookie: " + cookie) != std::string::npos;
    };
    for (auto const* tossed : {"jupyterhub-hub-login=x; Path=/hub/", "jupyterhub-session-id=x; path=/",
                               "__Host-jupyterhub-hub-login=x; Path=/", "jupyterhub-hub-login=x; Domain=hub.test",
                               "jupyterhub-session-id=x; Path=/user/ada2"})
        EXPECT_FALSE(passes(tossed)) << tossed;
    for (auto const* fine : {"jupyterhub-user-ada=x; Path=/user/ada/", "session=x; Path=/",
                             "jupyterhub-session-id=x; Path=/user/ada/", "plain"})
        EXPECT_TRUE(passes(fine)) << fine;
}

TEST(Forwarding, redirects_to_the_target_itself_are_rewritten_only_when_asked)
{
    Target const target = *parse_target("http://10.0.0.1:9/base");
    EXPECT_EQ(rewritten_location("http://10.0.0.1:9/a?b", target, "pub:1", {}), "http://10.0.0.1:9/a?b");
    EXPECT_EQ(rewritten_location("http://10.0.0.1:9/a?b", target, "pub:1", {.auto_rewrite = true}), "http://pub:1/a?b");
    EXPECT_EQ(rewritten_location("http://10.0.0.1:9/a", target, "pub", {.protocol_rewrite = "https"}),
              "https://10.0.0.1:9/a");
    EXPECT_EQ(rewritten_location("http://other/a", target, "pub", {.auto_rewrite = true, .protocol_rewrite = "https"}),
              "http://other/a");
    EXPECT_EQ(rewritten_location("/a", target, "pub", {.auto_rewrite = true}), "/a");
}

} // namespace
} // namespace jhub::proxy
