#include "hub/core/urls.hpp"

#include <gtest/gtest.h>

namespace jhub::hub {
namespace {

TEST(Urls, at_the_root_of_the_site)
{
    Urls const urls("/", "http://127.0.0.1:8081", "");
    EXPECT_EQ(urls.hub_prefix(), "/hub/");
    EXPECT_EQ(urls.hub("home"), "/hub/home");
    EXPECT_EQ(urls.api("users"), "/hub/api/users");
    EXPECT_EQ(urls.internal_api(), "http://127.0.0.1:8081/hub/api");
    EXPECT_EQ(urls.hub_origin(), "http://127.0.0.1:8081");
    EXPECT_EQ(urls.public_origin(), "");
}

TEST(Urls, below_a_base_url)
{
    Urls const urls("/jh/", "http://10.0.0.1:8081", "https://example.org/jh/");
    EXPECT_EQ(urls.base(), "/jh/");
    EXPECT_EQ(urls.user("ada"), "/jh/user/ada/");
    EXPECT_EQ(urls.internal_hub(), "http://10.0.0.1:8081/jh/hub/");
    EXPECT_EQ(urls.public_origin(), "https://example.org");
}

TEST(Urls, a_slash_at_the_end_of_the_connect_url_is_not_doubled)
{
    EXPECT_EQ(Urls("/", "http://10.0.0.1:8081/", "").internal_hub(), "http://10.0.0.1:8081/hub/");
}

TEST(Urls, the_default_server_has_no_segment_of_its_own)
{
    Urls const urls("/", "http://h", "");
    EXPECT_EQ(urls.server("ada", ""), "/user/ada/");
    EXPECT_EQ(urls.spawn("ada", ""), "/hub/spawn/ada");
    EXPECT_EQ(urls.spawn_pending("ada", ""), "/hub/spawn-pending/ada");
    EXPECT_EQ(urls.progress("ada", ""), "/hub/api/users/ada/server/progress");
}

TEST(Urls, a_named_server_adds_its_name)
{
    Urls const urls("/", "http://h", "");
    EXPECT_EQ(urls.server("ada", "lab"), "/user/ada/lab/");
    EXPECT_EQ(urls.spawn("ada", "lab"), "/hub/spawn/ada/lab");
    EXPECT_EQ(urls.server_api("ada", "lab"), "/hub/api/users/ada/servers/lab");
    EXPECT_EQ(urls.progress("ada", "lab"), "/hub/api/users/ada/servers/lab/progress");
}

TEST(Urls, names_are_escaped_but_for_unreserved_characters_and_at)
{
    Urls const urls("/", "http://h", "");
    EXPECT_EQ(urls.user("a b/c@d.e"), "/user/a%20b%2Fc@d.e/");
    EXPECT_EQ(urls.server("ada", "ü x"), "/user/ada/%C3%BC%20x/");
}

TEST(ClientId, of_a_server_names_user_and_server)
{
    EXPECT_EQ(server_client_id("ada", ""), "jupyterhub-user-ada");
    EXPECT_EQ(server_client_id("ada", "lab"), "jupyterhub-user-ada-lab");
    EXPECT_EQ(server_client_id("a@b", ""), "jupyterhub-user-a%40b");
    EXPECT_EQ(server_client_id("a/b", ""), "jupyterhub-user-a/b");
}

TEST(ClientId, no_two_servers_share_one)
{
    EXPECT_EQ(server_client_id("a-b", ""), "jupyterhub-user-a%2Db");
    EXPECT_EQ(server_client_id("a", "b"), "jupyterhub-user-a-b");
    EXPECT_EQ(server_client_id("a-b", "c"), "jupyterhub-user-a%2Db-c");
    EXPECT_EQ(server_client_id("a", "b-c"), "jupyterhub-user-a-b-c");
}

} // namespace
} // namespace jhub::hub
