#include "hub/dispatch/pattern.hpp"

#include <gtest/gtest.h>

namespace jhub::hub {
namespace {

using Values = PathValues;

TEST(Pattern, literal_segments_match_only_themselves)
{
    Pattern const pattern("/api/users");
    EXPECT_TRUE(pattern.match("/api/users"));
    EXPECT_FALSE(pattern.match("/api/users/")) << "a slash at the end counts";
    EXPECT_FALSE(pattern.match("/api"));
    EXPECT_FALSE(pattern.match("/api/user"));
    EXPECT_FALSE(pattern.match("/api/users/x"));
    EXPECT_FALSE(pattern.match("/api//users"));
    EXPECT_FALSE(pattern.match("api/users"));
    EXPECT_FALSE(pattern.match(""));
}

TEST(Pattern, the_root_is_one_empty_segment)
{
    EXPECT_TRUE(Pattern("/").match("/"));
    EXPECT_FALSE(Pattern("/").match("/x"));
    EXPECT_FALSE(Pattern("/").match("//"));
}

TEST(Pattern, a_capture_takes_one_segment_that_is_not_empty)
{
    Pattern const pattern("/api/users/{user}/server");
    EXPECT_EQ(pattern.match("/api/users/ada/server"), (Values{{"user", "ada"}}));
    EXPECT_FALSE(pattern.match("/api/users//server"));
    EXPECT_FALSE(pattern.match("/api/users/a/b/server"));
}

TEST(Pattern, captures_are_decoded_after_matching)
{
    Pattern const pattern("/api/users/{user}");
    EXPECT_EQ(pattern.match("/api/users/a%2Fb%20c"), (Values{{"user", "a/b c"}})) << "%2F separates no segments";
    EXPECT_EQ(pattern.match("/api/users/a+b"), (Values{{"user", "a+b"}})) << "+ is a plus in a path";
    EXPECT_FALSE(pattern.match("/api/users/%zz"));
    EXPECT_FALSE(pattern.match("/api/users/a%2"));
}

TEST(Pattern, an_optional_last_capture_may_be_empty_but_not_missing)
{
    Pattern const pattern("/users/{user}/servers/{server?}");
    EXPECT_EQ(pattern.match("/users/ada/servers/"), (Values{{"user", "ada"}, {"server", ""}}));
    EXPECT_EQ(pattern.match("/users/ada/servers/lab"), (Values{{"user", "ada"}, {"server", "lab"}}));
    EXPECT_FALSE(pattern.match("/users/ada/servers"));
    EXPECT_FALSE(pattern.match("/users/ada/servers/lab/"));
}

TEST(Pattern, a_rest_takes_slashes_and_may_be_empty)
{
    Pattern const pattern("/user/{user}/{path*}");
    EXPECT_EQ(pattern.match("/user/ada/lab/tree/x"), (Values{{"user", "ada"}, {"path", "lab/tree/x"}}));
    EXPECT_EQ(pattern.match("/user/ada/"), (Values{{"user", "ada"}, {"path", ""}}));
    EXPECT_FALSE(pattern.match("/user/ada"));
}

} // namespace
} // namespace jhub::hub
