#include "proxy/control_api.hpp"

#include <gtest/gtest.h>

namespace jhub::proxy {
namespace {

class ControlApiTest : public testing::Test {
  protected:
    LocalReply ask(std::string const& method, std::string const& target, std::string const& body = {},
                   std::string const& authorization = "token secret")
    {
        std::string text = method + " " + target + " HTTP/1.1\r\nHost: h\r\n";
        if (!authorization.empty())
            text += "Authorization: " + authorization + "\r\n";
        http::RequestHeadView view;
        text += "\r\n";
        EXPECT_TRUE(http::parse_request_head(text, {}, view).done());
        if (auto refusal = api.answer_early(view))
            return *refusal;
        return api.answer(http::to_owned(view), body);
    }

    RouteTable table{RouteRules{}};
    int changes = 0;
    ControlApi api{table, "secret", [this] { ++changes; }};
};

TEST_F(ControlApiTest, wants_exactly_the_word_token_and_the_secret)
{
    for (auto const* wrong : {"", "token", "token ", "secret", "token secretx", "token secre", "Bearer secret",
                              "xtoken secret", "tokensecret"}) {
        auto const reply = ask("GET", "/api/routes", "", wrong);
        EXPECT_EQ(reply.status, 403) << wrong;
        EXPECT_EQ(reply.body, "") << wrong;
    }
    EXPECT_EQ(ask("GET", "/api/routes", "", "token  secret").status, 200);
    EXPECT_EQ(ask("GET", "/api/routes?token=secret", "", "").status, 403);
}

TEST_F(ControlApiTest, adds_reads_and_removes_routes)
{
    EXPECT_EQ(ask("POST", "/api/routes/user/a%20b", R"({"target":"http://h:1","user":"a b"})").status, 201);
    EXPECT_EQ(Json::parse(ask("GET", "/api/routes/user/a%20b").body).at("user"), "a b");
    EXPECT_TRUE(Json::parse(ask("GET", "/api/routes").body).contains("/user/a b"));
    EXPECT_EQ(ask("GET", "/api/routes/user").status, 404) << "no prefix match";
    EXPECT_EQ(ask("DELETE", "/api/routes/user/a%20b").status, 204);
    EXPECT_EQ(ask("DELETE", "/api/routes/user/a%20b").status, 404);
    EXPECT_EQ(changes, 2);
    EXPECT_EQ(api.counters().requests_api[404].get(), 2U);
}

TEST_F(ControlApiTest, explains_what_is_wrong_with_a_route)
{
    EXPECT_EQ(ask("POST", "/api/routes/x", R"({"target":5})").body, "Must specify 'target' as string");
    EXPECT_EQ(ask("POST", "/api/routes/x", "[]").body, "Must specify 'target' as string");
    EXPECT_TRUE(ask("POST", "/api/routes/x", "{").body.starts_with("Body not valid JSON"));
    for (auto const* target : {"file:///etc/passwd", "http://a:b@c", "gopher:", "", "http://x\\r\\nY:1"})
        EXPECT_EQ(ask("POST", "/api/routes/x", std::string(R"({"target":")") + target + "\"}").status, 400) << target;
    EXPECT_EQ(ask("POST", "/api/routes/..%2f..%2fhub", R"({"target":"http://127.0.0.1:9101"})").status, 400);
    EXPECT_EQ(table.size(), 0U);
    EXPECT_EQ(changes, 0);
}

TEST_F(ControlApiTest, answers_405_and_404_for_what_it_does_not_know)
{
    for (auto const* method : {"HEAD", "PUT", "PATCH", "OPTIONS", "TRACE", "FOO"})
        for (auto const* token : {"token secret", "token wrong", ""})
            EXPECT_EQ(ask(method, "/api/routes/x", "", token).body, "Method not supported") << method << token;
    EXPECT_EQ(ask("DELETE", "/api/routes").status, 405);
    EXPECT_EQ(ask("DELETE", "/api/routes", "", "").status, 403);
    for (auto const* path : {"/", "/api", "/api/routesx", "/api/route"})
        for (auto const* token : {"token secret", ""})
            EXPECT_EQ(ask("GET", path, "", token).body, "Not Found") << path;
}

TEST_F(ControlApiTest, lists_what_was_idle_since_a_time_in_any_form_of_iso_8601)
{
    EXPECT_EQ(ask("POST", "/api/routes/x", R"({"target":"http://h:1"})").status, 201);
    for (auto const* later : {"2999", "2999-12", "2999-12-31", "2999-12-31T10:00", "2999-12-31%2010:00:00",
                              "2999-12-31T10:00:00Z", "2999-12-31T10:00:00.123456%2B02:00"})
        EXPECT_TRUE(ask("GET", std::string("/api/routes?inactive_since=") + later).body.contains("/x")) << later;
    for (auto const* earlier : {"1999", "1999-12", "1999-12-31T10:00:00Z"})
        EXPECT_EQ(ask("GET", std::string("/api/routes?inactiveSince=") + earlier).body, "{}") << earlier;
    for (auto const* bad : {"yesterday", "", "2999-", "2999-13"}) {
        auto const reply = ask("GET", std::string("/api/routes?inactive_since=") + bad);
        EXPECT_EQ(reply.status, 400) << bad;
        EXPECT_EQ(reply.body, std::string("Invalid datestamp '") + bad + "' must be ISO8601.");
    }
}

} // namespace
} // namespace jhub::proxy
