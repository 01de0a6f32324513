#include "proxy/routes.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace jhub::proxy {
namespace {

Json target(std::string const& url = "http://127.0.0.1:1") { return Json{{"target", url}}; }

std::string matched(RouteTable& table, std::string_view path, std::string_view host = {})
{
    RouteKey key;
    key.clear();
    if (!host.empty())
        key.append_segment(host);
    if (!key.append_path(path))
        return "undecodable";
    auto const snapshot = table.snapshots().newest();
    auto const match = snapshot->find(key);
    return match.route == nullptr ? "none" : (*match.route)->shown();
}

TEST(Routes, the_longest_prefix_of_whole_segments_wins)
{
    RouteTable table{RouteRules{}};
    for (auto const* path : {"/", "/user/foo", "/user/foo/a/b"})
        ASSERT_TRUE(table.add(path, target()));
    EXPECT_EQ(matched(table, "/user/foo/x"), "/user/foo");
    EXPECT_EQ(matched(table, "/user/foo/"), "/user/foo");
    EXPECT_EQ(matched(table, "/user/foo"), "/user/foo");
    EXPECT_EQ(matched(table, "/user/foox"), "/");
    EXPECT_EQ(matched(table, "/user/foo/a/x"), "/user/foo");
    EXPECT_EQ(matched(table, "/user/foo/a/b/c/d/e"), "/user/foo/a/b");
    EXPECT_EQ(matched(table, "/"), "/");
    EXPECT_EQ(matched(table, "//user/foo"), "/");
}

TEST(Routes, escapes_are_decoded_for_matching_but_an_escaped_slash_stays_inside_its_segment)
{
    RouteTable table{RouteRules{}};
    ASSERT_TRUE(table.add("/user/a%20b", target()));
    ASSERT_TRUE(table.add("/user/x%2Fy", target()));
    EXPECT_EQ(matched(table, "/user/%61%20b/z"), "/user/a b");
    EXPECT_EQ(matched(table, "/user/x%2fy"), "/user/x%2Fy");
    EXPECT_EQ(matched(table, "/user/x/y"), "none");
    EXPECT_EQ(matched(table, "/user/%zz"), "undecodable");
    EXPECT_EQ(matched(table, "/user/a%00b"), "undecodable");
    EXPECT_EQ(matched(table, "/user/%c0%ae%c0%ae"), "undecodable");
}

TEST(Routes, with_host_routing_the_first_segment_is_the_host)
{
    RouteTable table{RouteRules{.host_routing = true}};
    auto const added = table.add("/Ada.Test/user/ada", target());
    ASSERT_TRUE(added);
    EXPECT_EQ(matched(table, "/user/ada/x", "ada.test"), "/ada.test/user/ada");
    EXPECT_EQ(matched(table, "/user/ada/x", "bob.test"), "none");
    std::string json;
    (*added)->append_json(json);
    EXPECT_EQ(parse_json(json)->at("host"), "ada.test");
}

TEST(Routes, a_trailing_slash_does_not_make_another_route)
{
    RouteTable table{RouteRules{}};
    ASSERT_TRUE(table.add("/a/", target()));
    EXPECT_TRUE(table.get("/a"));
    EXPECT_TRUE(table.get("a/"));
    EXPECT_TRUE(table.remove("/a"));
    EXPECT_EQ(table.remove("/a").error().code, Errc::not_found);
}

TEST(Routes, bad_targets_and_paths_change_nothing)
{
    RouteTable table{RouteRules{}};
    for (auto const* url : {"", "file:///etc/passwd", "http://a:b@c", "gopher://x", "http://x\r\nY:1", "http://",
                            "http://x:0", "http://x:99999", "unix+http://relative", "http://x/a b"})
        EXPECT_EQ(table.add("/x", target(url)).error().code, Errc::invalid_argument) << url;
    for (auto const* path : {"/..%2f..%2fhub", "/a/../b", "/%", "/%00", "/."})
        EXPECT_EQ(table.add(path, target()).error().code, Errc::invalid_argument) << path;
    EXPECT_EQ(table.size(), 0U);
    EXPECT_EQ(table.snapshots().version(), 0U);
}

TEST(Routes, the_listing_keeps_the_order_of_adding_and_flat_posted_fields)
{
    ManualClock clock(Timestamp(std::chrono::milliseconds(1'000)));
    RouteTable table(RouteRules{}, clock);
    ASSERT_TRUE(table.add("/b", Json{{"user", "zoë"}, {"target", "http://h:1"}}));
    ASSERT_TRUE(table.add("/a", target("http://h:2")));
    ASSERT_TRUE(table.add("/b", Json{{"target", "http://h:3"}, {"n", 1.5}}));
    EXPECT_EQ(table.json(), R"({"/b":{"target":"http://h:3","n":1.5,"last_activity":"1970-01-01T00:00:01.000Z"},)"
                            R"("/a":{"target":"http://h:2","last_activity":"1970-01-01T00:00:01.000Z"}})");
    (*table.get("/a"))->touch(5'000);
    EXPECT_EQ(table.json(Timestamp(std::chrono::milliseconds(1'000))), "{}") << "strictly before";
    EXPECT_EQ(Json::parse(table.json(Timestamp(std::chrono::milliseconds(5'000)))).size(), 1U);
}

TEST(Routes, a_snapshot_does_not_see_later_changes)
{
    RouteTable table{RouteRules{}};
    ASSERT_TRUE(table.add("/a", target()));
    auto const before = table.snapshots().newest();
    ASSERT_TRUE(table.remove("/a"));
    ASSERT_TRUE(table.add("/b", target()));
    RouteKey key;
    ASSERT_TRUE(key.append_path("/a/x"));
    EXPECT_NE(before->find(key).route, nullptr);
    EXPECT_EQ(table.snapshots().newest()->find(key).route, nullptr);
    EXPECT_EQ(table.snapshots().version(), 3U);
}

// The oracle is a plain map searched by cutting segments off the path.
TEST(Routes, thousands_of_random_changes_agree_with_a_plain_map)
{
    std::mt19937 random(7); // NOLINT: the same walk every time
    RouteTable table{RouteRules{}};
    std::map<std::string, bool> oracle;
    auto const path = [&] {
        std::string text;
        for (auto depth = random() % 4; depth-- > 0;)
            text += "/" + std::to_string(random() % 12);
        return text;
    };
    for (int step = 0; step < 6000; ++step) {
        std::string const changed = path();
        if (random() % 3 != 0) {
            ASSERT_TRUE(table.add(changed, target()));
            oracle[changed] = true;
        } else {
            EXPECT_EQ(table.remove(changed).has_value(), oracle.erase(changed) == 1);
        }
        std::string const asked = path() + "/5";
        std::string best = asked;
        while (!best.empty() && !oracle.contains(best))
            best.erase(best.rfind('/'));
        std::string const expected = best.empty() ? (oracle.contains("") ? "/" : "none") : best;
        ASSERT_EQ(matched(table, asked), expected) << "at step " << step;
    }
    EXPECT_EQ(table.size(), oracle.size());
}

} // namespace
} // namespace jhub::proxy
