// Every route of every table, met with strangers and nonsense: whatever comes, nobody gets a 5xx or a status that the
// route's documentation does not know, and nothing that asks for a scope answers without one.
#include "base/url.hpp"
#include "hub/dispatch/rest_api_document.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class AllRoutes : public TestHub {
  protected:
    struct Target {
        RouteTable table;
        Route route;
        std::string path;
    };
    // Each route with names filled in: those of somebody else, and those of nobody.
    std::vector<Target> targets(std::string const& user)
    {
        std::vector<Target> all;
        for (auto const& table : tables())
            for (auto const& route : table.routes)
                all.push_back({table, route, "/hub" + fill(std::string(route.pattern), user)});
        return all;
    }
    static std::string fill(std::string pattern, std::string const& user)
    {
        for (auto const& [name, value] : {std::pair<std::string, std::string>{"{user}", user},
                                          {"{owner}", user},
                                          {"{server}", "lab"},
                                          {"{server?}", "lab"},
                                          {"{id?}", "a1"},
                                          {"{code}", "404"},
                                          {"{path*}", "x/y"},
                                          {"{group}", "staff"},
                                          {"{service}", "grader"},
                                          {"{name}", "lab"}})
            if (auto const at = pattern.find(name); at != std::string::npos)
                pattern.replace(at, name.size(), value);
        while (pattern.find('{') != std::string::npos) { // a parameter that this test does not know
            auto const open = pattern.find('{'), close = pattern.find('}');
            pattern.replace(open, close - open + 1, "x");
        }
        return pattern;
    }
    static std::string name_of(Target const& target)
    {
        return std::string(http::to_string(target.route.method)) + " " + target.path;
    }
};

// A row without a requirement does not compile.
template <typename... Parts>
concept MakesRoute = requires(Parts... parts) { Route{parts...}; };
static_assert(MakesRoute<http::Method, char const*, rbac::Requirement, Handler>);
static_assert(!MakesRoute<http::Method, char const*, Handler>);
static_assert(!MakesRoute<http::Method, char const*>);
static_assert(!std::is_default_constructible_v<rbac::Requirement>);

TEST_F(AllRoutes, have_a_requirement_that_is_one)
{
    std::size_t count = 0;
    for (auto const& table : tables())
        for (auto const& route : table.routes) {
            ++count;
            EXPECT_TRUE(route.handler) << route.pattern;
            EXPECT_TRUE(route.pattern.starts_with('/')) << route.pattern;
            if (route.requirement.kind() == rbac::Requirement::Kind::scopes)
                EXPECT_FALSE(route.requirement.any_of().empty()) << route.pattern;
            if (table.credentials == Credentials::none)
                EXPECT_EQ(route.requirement.kind(), rbac::Requirement::Kind::anyone)
                    << route.pattern << ": nobody is ever looked up there";
        }
    EXPECT_GT(count, 60U);
}

TEST_F(AllRoutes, are_reachable)
{
    Router const router(tables());
    for (auto const& target : targets("ada")) {
        auto const match = router.find(target.route.method, std::string_view(target.path).substr(4));
        ASSERT_TRUE(match && match->route) << name_of(target);
        EXPECT_EQ(match->route->pattern, target.route.pattern) << name_of(target) << " is hidden by an earlier route";
    }
}

// Reference rest-api.md §1.1, http-pages.md §1.
TEST_F(AllRoutes, answer_head_only_where_they_say_so)
{
    Router const router(tables());
    std::size_t served = 0;
    for (auto const& target : targets("ada")) {
        auto const match = router.find(http::Method::head, std::string_view(target.path).substr(4));
        auto const answer = browser().send({"HEAD", target.path});
        ASSERT_TRUE(match) << target.path;
        if (match->route) {
            ++served;
            EXPECT_TRUE(answer.status == 200 || answer.status == 404) << target.path << " → " << answer.status;
            continue;
        }
        EXPECT_EQ(answer.status, 405) << target.path;
        EXPECT_EQ(answer.header("Allow"), match->allowed) << target.path;
    }
    EXPECT_EQ(served, 8U) << "GET and HEAD of health (twice), static files and the logo";
}

TEST_F(AllRoutes, answer_options_without_a_login_where_the_api_is_and_nowhere_else)
{
    for (auto const& target : targets("ada")) {
        auto const answer = browser().send({"OPTIONS", target.path});
        if (target.table.surface == Surface::page) {
            EXPECT_EQ(answer.status, 405) << target.path;
            EXPECT_EQ(answer.header("Content-Type"), "text/html") << target.path;
            continue;
        }
        EXPECT_EQ(answer.status, 200) << target.path;
        EXPECT_EQ(answer.body, "") << target.path;
        EXPECT_EQ(answer.header("Access-Control-Allow-Headers"), "accept, content-type, authorization") << target.path;
        EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "(none)") << target.path;
    }
    EXPECT_EQ(browser().send({"OPTIONS", "/hub/api/no/such"}).status, 404);
    EXPECT_EQ(browser().get("/hub/api/").header("Access-Control-Allow-Origin"), "*") << "the only one";
}

TEST_F(AllRoutes, refuse_strangers_where_a_scope_is_needed)
{
    add_user("bob");
    for (auto const& target : targets("bob")) {
        if (target.route.requirement.kind() == rbac::Requirement::Kind::anyone)
            continue;
        Call call{std::string(http::to_string(target.route.method)), target.path};
        call.headers.set("Content-Type", "application/json");
        call.body = call.method == "GET" ? "" : "{}";
        auto const answer = browser().send(call);
        bool const sent_to_log_in = answer.status == 302 && answer.location().starts_with("/hub/login?");
        EXPECT_TRUE(answer.status == 403 || answer.status == 404 || sent_to_log_in)
            << name_of(target) << " → " << answer.status;
    }
    EXPECT_EQ(spawner.starts(), 0U);
}

TEST_F(AllRoutes, give_a_token_without_scopes_nothing)
{
    add_user("bob");
    TestClient weak = with_token("ada", {"read:users:name!user=ada"});
    for (auto const& target : targets("bob")) {
        if (target.route.requirement.kind() != rbac::Requirement::Kind::scopes)
            continue;
        Call call{std::string(http::to_string(target.route.method)), target.path};
        call.headers.set("Content-Type", "application/json");
        call.body = call.method == "GET" ? "" : "{}";
        auto const answer = weak.send(call);
        bool const sent_to_log_in = answer.status == 302 && answer.location().starts_with("/hub/login?");
        EXPECT_TRUE(answer.status == 403 || answer.status == 404 || sent_to_log_in)
            << name_of(target) << " → " << answer.status;
    }
    EXPECT_EQ(spawner.starts(), 0U);
}

struct Body {
    std::string name, type, text;
};

std::string repeated(std::string_view text, int times)
{
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

std::vector<Body> const& nonsense()
{
    static std::vector<Body> const bodies{
        {"empty", "", ""},
        {"broken JSON", "application/json", "{\"a\": "},
        {"null", "application/json", "null"},
        {"number", "application/json", "-1e308"},
        {"list", "application/json", "[1, \"x\", null]"},
        {"text", "application/json", "\"x\""},
        {"deep", "application/json", std::string(5000, '[')},
        {"not UTF-8", "application/json", "{\"note\": \"\xff\xfe\", \"name\": \"\xc3\"}"},
        {"wrong types", "application/json",
         R"({"name": 5, "admin": "x", "usernames": 7, "users": "x", "groups": {}, "scopes": 1, "roles": 1, "note": [],
             "expires_in": "x", "last_activity": [], "servers": [], "remove": 3, "auth": [], "user": [], "group": 1,
             "properties": 1, "url": 1, "api_url": 1, "proxy": "x"})"},
        {"huge numbers", "application/json",
         R"({"expires_in": 1e30, "admin": 18446744073709551615, "scopes": [1e400], "last_activity": -9e18})"},
        {"strange times", "application/json",
         R"({"last_activity": "99999-99-99T99:99:99Z", "servers": {"": {"last_activity": "-1"}}})"},
        {"NUL", "application/json", std::string("{\"name\": \"a\\u0000b\", \"usernames\": [\"a\\u0000b\"]}")},
        {"long", "application/json", "{\"note\": \"" + std::string(200'000, 'n') + "\"}"},
        {"form", "application/x-www-form-urlencoded", "a=%zz&=&scopes=x&username=%00&code=x&" + std::string(100, '&')},
        {"large form", "application/x-www-form-urlencoded", "a=" + std::string(200'000, 'x')},
        {"broken multipart", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: nothing\r\n\r\n--"},
        {"unknown type", "image/png; =;;", "\x89PNG"},
        {"byte order mark", "application/json", "\xef\xbb\xbf{}"},
        {"UTF-16", "application/json", std::string("\xff\xfe{\0}\0", 6)},
        {"lone surrogate", "application/json", R"({"name": "\ud800", "usernames": ["\udfff"], "note": "\ud800"})"},
        {"same key twice", "application/json", R"({"admin": false, "admin": "x", "usernames": ["z"], "usernames": 5})"},
        {"nulls", "application/json",
         R"({"name": null, "admin": null, "usernames": null, "users": null, "groups": null, "scopes": null,
             "roles": null, "note": null, "expires_in": null, "last_activity": null, "servers": null, "remove": null,
             "auth": null, "user": null, "group": null, "url": null, "api_url": null, "proxy": null})"},
        {"lists of wrong things", "application/json",
         R"({"usernames": [1, null, {}], "users": [[]], "groups": [{}], "scopes": [5], "roles": [null]})"},
        {"escapes without end", "application/json", "{\"note\": \"" + repeated("\\u0000", 100'000) + "\"}"},
        {"an encoding nobody asked for", "application/json; charset=utf-32", "\x1f\x8b\x08\x00"},
    };
    return bodies;
}

class Nonsense : public AllRoutes {
  protected:
    // Servers that are asked to start do so at once; a proxy stays reachable whatever PATCH /proxy says.
    void throw_at_all_routes(std::vector<TestClient> clients)
    {
        for (auto const& target : targets("bob")) {
            bool const leaves = target.path == "/hub/logout" || target.path == "/hub/api/shutdown";
            bool const moves_proxy = target.path == "/hub/api/proxy" && target.route.method == http::Method::patch;
            if (leaves || moves_proxy)
                continue;
            for (auto& client : clients)
                for (auto const& body : nonsense()) {
                    Call call{std::string(http::to_string(target.route.method)), target.path};
                    if (!body.type.empty())
                        call.headers.set("Content-Type", body.type);
                    call.body = body.text;
                    auto const answer = client.send(call);
                    EXPECT_LT(answer.status, 500) << name_of(target) << " with " << body.name << ": " << answer.body;
                    EXPECT_TRUE(is_documented(*find_note(route_name(target.route)), answer.status))
                        << name_of(target) << " with " << body.name << " answers " << answer.status;
                }
        }
    }
};

TEST_F(Nonsense, of_strangers_never_gives_5xx)
{
    add_user("bob");
    throw_at_all_routes({browser()});
}

TEST_F(Nonsense, of_an_administrators_program_never_gives_5xx)
{
    settings.hub.allow_named_servers = true;
    add_user("bob");
    add_user("root", true);
    throw_at_all_routes({with_token("root")});
}

TEST_F(Nonsense, in_queries_and_paths_never_gives_5xx)
{
    add_user("root", true);
    TestClient program = with_token("root"), person = login("root");
    auto const look_at_all = [&](std::string const& user, std::string const& query) {
        for (auto const& target : targets(user)) {
            if (target.route.method != http::Method::get || target.path == "/hub/logout")
                continue;
            for (auto* client : {&program, &person}) {
                auto const answer = client->get(target.path + query);
                EXPECT_LT(answer.status, 500) << name_of(target) << query << ": " << answer.body.substr(0, 300);
            }
        }
    };
    for (std::string const user : {"%00", "%FF", "a%2Fb", "..", "%2E%2E", "%F0%9F%A6%89"})
        look_at_all(user, "");
    look_at_all(std::string(300, 'x'), "");
    for (std::string const query : {"?", "?limit=9223372036854775807&offset=-9223372036854775808",
                                    "?a=%zz&_xsrf=%00&next=%00&code=%FF&state=x&sort=%00",
                                    "?client_id=%FF&response_type=code&redirect_uri=%00&scope=%FF"})
        look_at_all("root", query);
}

} // namespace
} // namespace jhub::hub
