#include "hub/dispatch/access_log.hpp"

#include <gtest/gtest.h>

namespace jhub::hub {
namespace {

using namespace std::chrono_literals;

TEST(AccessLog, values_of_fields_that_sound_secret_are_masked)
{
    EXPECT_EQ(without_secrets("/hub/x?token=abc&a=1"), "/hub/x?token=[secret]&a=1");
    for (std::string const name : {"token", "auth", "key", "code", "state", "_xsrf", "Access_Token", "api-KEY"})
        EXPECT_EQ(without_secrets("/p?" + name + "=v"), "/p?" + name + "=[secret]");
}

TEST(AccessLog, other_uris_stay_as_they_are)
{
    for (std::string const uri : {"/hub/home", "/hub/x?", "/hub/x?a=1&b=2", "/hub/x?a", "/hub/x?a&&b=", "/hub/token",
                                  "/hub/x?next=%2Fhub%2Fhome"})
        EXPECT_EQ(without_secrets(uri), uri);
}

TEST(AccessLog, a_masked_field_may_come_twice_and_may_contain_equal_signs)
{
    EXPECT_EQ(without_secrets("/p?code=a=b&x=1&code=c"), "/p?code=[secret]&x=1&code=[secret]");
    EXPECT_EQ(without_secrets("/login?next=%2Fx%3Fcode%3Dabc"), "/login?next=%2Fx%3Fcode%3D%5Bsecret%5D");
    EXPECT_EQ(without_secrets("/login?next=%2Fx%3Fa%3D1"), "/login?next=%2Fx%3Fa%3D1") << "as it was written";
    EXPECT_EQ(without_secrets("/hub/api/authorizations/token/abc"), "/hub/api/authorizations/token/[secret]");
}

TEST(AccessLog, a_line_has_status_method_uri_user_address_and_time)
{
    AccessEntry entry;
    entry.status = 302;
    entry.method = "GET";
    entry.uri = "/hub/login?next=%2F";
    entry.location = "/hub/api/oauth2/authorize?state=s3cret";
    entry.user = "ada";
    entry.address = "10.0.0.7";
    entry.took = 1234us;
    EXPECT_EQ(access_line(entry),
              "302 GET /hub/login?next=%2F -> /hub/api/oauth2/authorize?state=[secret] (ada@10.0.0.7) 1.23ms");
}

TEST(AccessLog, control_characters_cannot_forge_a_line)
{
    AccessEntry entry;
    entry.method = "GET";
    entry.uri = "/hub/\n200 GET /hub/admin";
    entry.user = "ada\r\nroot";
    auto const line = access_line(entry);
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    EXPECT_EQ(line.find('\r'), std::string::npos) << line;
}

TEST(AccessLog, the_level_follows_status_and_time)
{
    auto const level = [](int status, std::chrono::milliseconds took, bool quiet) {
        AccessEntry entry;
        entry.status = status;
        entry.took = took;
        entry.quiet = quiet;
        return access_level(entry);
    };
    EXPECT_EQ(level(200, 1ms, false), log::Level::info);
    EXPECT_EQ(level(304, 1ms, false), log::Level::debug);
    EXPECT_EQ(level(404, 1ms, false), log::Level::warning);
    EXPECT_EQ(level(500, 1ms, false), log::Level::error);
    EXPECT_EQ(level(200, 1ms, true), log::Level::debug) << "static files, health checks";
    EXPECT_EQ(level(200, 1500ms, true), log::Level::info) << "slow is always worth a line";
    EXPECT_EQ(level(404, 1ms, true), log::Level::warning);
}

} // namespace
} // namespace jhub::hub
