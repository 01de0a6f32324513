#include "base/url.hpp"

#include <gtest/gtest.h>

namespace jhub {
namespace {

TEST(Url, names_keep_the_at_sign_and_the_tilde)
{
    EXPECT_EQ(escape_name("ada@x~y/z é"), "ada@x~y%2Fz%20%C3%A9");
    EXPECT_EQ(percent_decode("ada%40x%2fz"), "ada@x/z");
    for (std::string_view const bad : {"%", "%4", "%zz", "a%"})
        EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(Url, paths_are_joined_with_one_slash)
{
    EXPECT_EQ(join_path("/a/", "/b"), "/a/b");
    EXPECT_EQ(join_path("/a", "b/"), "/a/b/");
}

TEST(Url, query_fields_go_both_ways)
{
    auto const fields = parse_query("a=1&b=x+y%26z&a=2&flag&bad=%zz");
    EXPECT_EQ(fields, (QueryFields{{"a", "1"}, {"b", "x y&z"}, {"a", "2"}, {"flag", ""}, {"bad", "%zz"}}));
    EXPECT_EQ(query_value(fields, "a"), "2") << "the last one counts";
    EXPECT_EQ(query_value(fields, "none"), std::nullopt);
    EXPECT_EQ(build_query({{"next", "/hub/home?x=1"}}), "next=%2Fhub%2Fhome%3Fx%3D1");
    EXPECT_EQ(with_query("/a?b=1", "c=2"), "/a?b=1&c=2");
}

TEST(Url, absolute_urls_are_taken_apart)
{
    auto const url = parse_url("HTTP://[::1]:8080/a/b?c=d#e");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "http");
    EXPECT_EQ(url->host, "::1");
    EXPECT_EQ(url->port, 8080);
    EXPECT_EQ(url->path, "/a/b");
    EXPECT_EQ(url->query, "c=d");
    EXPECT_EQ(url->origin(), "http://[::1]:8080");
    EXPECT_EQ(parse_url("https://hub.example")->port, 443);
    EXPECT_EQ(parse_url("https://hub.example")->path, "/");
}

TEST(Url, what_is_not_an_http_url_is_refused)
{
    for (std::string_view const bad :
         {"", "/path", "ftp://x", "http://u:p@x/", "http://x:99999/", "http://x:y/", "http://[::1", "http://[::1]x/",
          "http://a b/", "javascript:alert(1)", "http://a\\b"})
        EXPECT_FALSE(parse_url(bad)) << bad;
}

} // namespace
} // namespace jhub
