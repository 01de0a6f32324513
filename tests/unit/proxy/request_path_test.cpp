#include "proxy/request_path.hpp"

#include <gtest/gtest.h>

namespace jhub::proxy {
namespace {

std::string normal(std::string_view target)
{
    auto const result = parse_request_target(target);
    return result ? result->text() : "refused";
}

TEST(RequestPath, dot_segments_are_resolved_in_every_spelling)
{
    EXPECT_EQ(normal("/a/../x"), "/x");
    EXPECT_EQ(normal("/a/./b"), "/a/b");
    EXPECT_EQ(normal("/a/%2e%2E/b"), "/b");
    EXPECT_EQ(normal("/a/.%2e/b"), "/b");
    EXPECT_EQ(normal("/a/b/.."), "/a/");
    EXPECT_EQ(normal("/a/b/."), "/a/b/");
    EXPECT_EQ(normal("/../../x"), "/x");
    EXPECT_EQ(normal("/user/alice\\..\\bob"), "/user/bob");
    EXPECT_EQ(normal("/a/..%2fb"), "/a/..%2fb") << "an escaped slash does not separate segments";
    EXPECT_EQ(normal("/a/...;/..b/.c"), "/a/...;/..b/.c");
}

TEST(RequestPath, empty_segments_and_queries_stay_as_sent)
{
    EXPECT_EQ(normal("//a//b/"), "//a//b/");
    EXPECT_EQ(normal("/p?x=/../y?z"), "/p?x=/../y?z");
    EXPECT_EQ(normal("/p?q=%20+%2F%zz"), "/p?q=%20+%2F%zz");
    EXPECT_EQ(normal("/p?"), "/p?");
}

TEST(RequestPath, characters_outside_urls_are_encoded_as_browsers_do)
{
    EXPECT_EQ(normal("/a\"<>`{}'b"), "/a%22%3C%3E%60%7B%7D'b");
    EXPECT_EQ(normal("/?a='\"<>`"), "/?a=%27%22%3C%3E`");
    EXPECT_EQ(normal("/\xc3\xa9"), "/%C3%A9");
}

TEST(RequestPath, hosts_are_compared_without_case_port_and_final_dot)
{
    EXPECT_EQ(host_name("ALICE.hub.test"), "alice.hub.test");
    EXPECT_EQ(host_name("alice.hub.test.:8000"), "alice.hub.test");
    EXPECT_EQ(host_name("[::1]:80"), "[::1]");
    EXPECT_EQ(host_port("h:81"), "81");
    EXPECT_EQ(host_port("[::1]:82"), "82");
    EXPECT_EQ(host_port("[::1]"), "");
}

struct Joined {
    std::string_view target, request;
    std::size_t matched;
    JoinRules rules;
    std::string_view expected;
};

class UpstreamPath : public testing::TestWithParam<Joined> {};

TEST_P(UpstreamPath, is_joined)
{
    Joined const& row = GetParam();
    auto const target = parse_target(row.target);
    auto const request = parse_request_target(row.request);
    ASSERT_TRUE(target && request);
    EXPECT_EQ(upstream_path(*target, *request, row.matched, row.rules), row.expected);
}

constexpr JoinRules no_prefix{.include_prefix = false};
constexpr JoinRules no_prepend{.prepend_path = false};
INSTANTIATE_TEST_SUITE_P(Rows, UpstreamPath,
                         testing::Values(Joined{"http://h", "/a/x", 1, {}, "/a/x"},
                                         Joined{"http://h/", "/", 0, {}, "/"},
                                         Joined{"http://h/base/", "/a//x/", 1, {}, "/base/a//x/"},
                                         Joined{"http://h/t?k=1", "/x?y=2", 0, {}, "/t/x?k=1&y=2"},
                                         Joined{"http://h/t?k=1", "/x", 0, {}, "/t/x?k=1"},
                                         Joined{"http://h/t?k=1", "/x?y", 0, no_prepend, "/x?y"},
                                         Joined{"http://h/t", "/a/b/x/y?z=1", 2, no_prefix, "/t/x/y?z=1"},
                                         Joined{"http://h/t", "/a%2Fb/x", 1, no_prefix, "/t/x"},
                                         Joined{"http://h/t", "/a", 1, no_prefix, "/t"},
                                         Joined{"http://h", "/a", 1, no_prefix, "/"},
                                         Joined{"http://h", "/a/", 1, no_prefix, "/"}));

TEST(Target, a_unix_socket_path_stands_percent_encoded_in_the_host)
{
    auto const target = parse_target("unix+http://%2Frun%2Fa%20b.sock/base");
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->unix_path(), "/run/a b.sock");
    EXPECT_EQ(target->base_path(), "/base");
}

} // namespace
} // namespace jhub::proxy
