// Where a login may lead: reference auth-flow.md §5 "next URL", and what attackers write.
#include <gtest/gtest.h>

#include "auth/next_url.hpp"

namespace jhub::auth {
namespace {

OwnSite const site{"https", "hub.example.org:8443", ""};
OwnSite const with_subdomains{"https", "hub.example.org", "hub.example.org"};

using Pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

TEST(NextUrl, keeps_paths_with_query_and_fragment)
{
    for (auto const& [next, expected] : Pairs{
             {"/", "/"},
             {"/hub/home", "/hub/home"},
             {"/user/ada/lab?a=b&c=%2F#top", "/user/ada/lab?a=b&c=%2F#top"},
             {"/hub/spawn?next=https://evil.example", "/hub/spawn?next=https://evil.example"},
             {"/user/a:b/", "/user/a:b/"},
             {"/a//b", "/a//b"},
         })
        EXPECT_EQ(validate_next_url(next, site), expected);
}

TEST(NextUrl, strips_the_own_origin)
{
    for (auto const& [next, expected] : Pairs{
             {"https://hub.example.org:8443/hub/home?x#y", "/hub/home?x#y"},
             {"//hub.example.org:8443/hub/home", "/hub/home"},
             {"////hub.example.org:8443/hub/home", "/hub/home"},
             {"https://HUB.example.org:8443", "/"},
             {"https://hub.example.org:8443//evil.example/x", "/evil.example/x"},
             {"https://hub.example.org:8443/\\evil.example", "/%5Cevil.example"},
         })
        EXPECT_EQ(validate_next_url(next, site), expected) << next;
}

TEST(NextUrl, refuses_other_places)
{
    for (std::string_view const next : {
             "",
             "hub/home",
             "//evil.example",
             "///evil.example",
             "////evil.example/",
             "//evil.example\\@hub.example.org:8443/",
             "https://evil.example/",
             "http://hub.example.org:8443/",
             "https://hub.example.org/",
             "https://hub.example.org:8443@evil.example/",
             "https://user@hub.example.org:8443/",
             "https://hub.example.org:8443.evil.example/",
             "https:evil.example",
             "https:/evil.example",
             "https:///evil.example",
             "javascript:alert(1)",
             "javascript://hub.example.org:8443/%0aalert(1)",
             "data:text/html,x",
             "mailto:ada@example.org",
             " //evil.example",
             " /hub",
             "\t//evil.example",
             "/\t/evil.example",
             "/\n/evil.example",
             "/hub\r\nSet-Cookie: a=b",
             "?next=/hub",
             "#x",
             "\\\\evil.example",
             "\\/evil.example",
         })
        EXPECT_EQ(validate_next_url(next, site), std::nullopt) << next;
    EXPECT_EQ(validate_next_url(std::string_view("/a\0b", 4), site), std::nullopt);
    EXPECT_EQ(validate_next_url("/\x7F", site), std::nullopt);
    EXPECT_EQ(validate_next_url("/" + std::string(9000, 'a'), site), std::nullopt);
}

TEST(NextUrl, a_backslash_is_only_a_character)
{
    EXPECT_EQ(validate_next_url("/\\evil.example", site), "/%5Cevil.example");
    EXPECT_EQ(validate_next_url("/a\\b", site), "/a%5Cb");
}

TEST(NextUrl, is_fit_for_a_header)
{
    EXPECT_EQ(validate_next_url("/user/\xC3\xA5 b/\"<>", site), "/user/%C3%A5%20b/%22%3C%3E");
}

TEST(NextUrl, with_subdomains_theirs_are_our_own_but_only_their_path_is_kept)
{
    EXPECT_EQ(validate_next_url("https://ada.hub.example.org/user/ada/", with_subdomains), "/user/ada/");
    EXPECT_EQ(validate_next_url("//HUB.example.org/hub/", with_subdomains), "/hub/");
    for (auto const* next : {"https://evilhub.example.org/", "https://ada@ada.hub.example.org/",
                             "ftp://ada.hub.example.org/", "https://hub.example.org.evil.example/"})
        EXPECT_EQ(validate_next_url(next, with_subdomains), std::nullopt) << next;
}

TEST(NextUrl, without_a_host_of_its_own_nothing_absolute_is_own)
{
    EXPECT_EQ(validate_next_url("https:///x", OwnSite{"https", "", ""}), std::nullopt);
    EXPECT_EQ(validate_next_url("/x", OwnSite{"https", "", ""}), "/x");
}

} // namespace
} // namespace jhub::auth
