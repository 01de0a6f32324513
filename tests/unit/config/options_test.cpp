// The tables themselves: complete, without contradictions.
#include "config/options.hpp"

#include <set>

#include <gtest/gtest.h>

#include "base/strings.hpp"
#include "config/coerce.hpp"
#include "config/command_line.hpp"
#include "config/tables.hpp"

namespace jhub::config {
namespace {

TEST(Tables, every_option_is_declared_once_for_a_known_class_with_help_and_a_default_that_it_accepts)
{
    std::set<std::string> seen;
    std::size_t count = 0;
    for (auto const table : {jupyterhub_options(), authenticator_options(), spawner_options(), proxy_options()})
        for (auto const& option : table) {
            auto const name = std::string(option.class_name) + "." + std::string(option.name);
            EXPECT_TRUE(seen.insert(name).second) << name << " is declared twice";
            EXPECT_NE(find_class(option.class_name), nullptr) << name;
            EXPECT_TRUE(option.help.ends_with('.')) << name;
            EXPECT_NO_THROW((void)default_value(option)) << name;
            ++count;
        }
    EXPECT_GE(count, 160U);
}

TEST(Tables, options_that_took_over_and_options_of_flags_exist)
{
    auto const exists = [](std::string_view option) {
        auto const parts = split(option, '.');
        return find_option(parts[0], parts[1]) != nullptr;
    };
    for (auto const table : {jupyterhub_options(), authenticator_options(), spawner_options(), proxy_options()})
        for (auto const& option : table)
            EXPECT_TRUE(option.replaced_by.empty() || exists(option.replaced_by)) << option.name;
    for (auto const& flag : flags())
        EXPECT_TRUE(exists(flag.option)) << flag.name;
    for (auto const& alias : aliases())
        EXPECT_TRUE(exists(alias.option)) << alias.name;
}

TEST(EntryPoints, names_in_any_case_and_dotted_paths_find_the_class)
{
    struct Case {
        char const* group;
        char const* name;
        char const* expected;
    };
    for (auto const& [group, name, expected] : {
             Case{"authenticator", "default", "PAMAuthenticator"},
             Case{"authenticator", "PAM", "PAMAuthenticator"},
             Case{"authenticator", "Dummy", "DummyAuthenticator"},
             Case{"authenticator", "shared-password", "SharedPasswordAuthenticator"},
             Case{"authenticator", "null", "NullAuthenticator"},
             Case{"authenticator", "jupyterhub.auth.PAMAuthenticator", "PAMAuthenticator"},
             Case{"authenticator", "jupyterhub.authenticators.shared.SharedPasswordAuthenticator",
                  "SharedPasswordAuthenticator"},
             Case{"spawner", "default", "LocalProcessSpawner"},
             Case{"spawner", "simple", "SimpleLocalProcessSpawner"},
             Case{"spawner", "jupyterhub.spawner.LocalProcessSpawner", "LocalProcessSpawner"},
             Case{"proxy", "default", "ConfigurableHTTPProxy"},
             Case{"proxy", "jupyterhub.proxy.ConfigurableHTTPProxy", "ConfigurableHTTPProxy"},
         }) {
        auto const* found = find_entry_point(group, name);
        ASSERT_NE(found, nullptr) << name;
        EXPECT_EQ(found->name, expected) << name;
    }
    for (auto const* name :
         {"", "simple", "kubespawner.KubeSpawner", "jupyterhub.auth.pamauthenticator", "PAMAuthenticator"})
        EXPECT_EQ(find_entry_point("authenticator", name), nullptr) << name;
}

TEST(Lineage, a_class_has_the_options_of_its_bases_and_its_own_first)
{
    EXPECT_EQ(find_option("SimpleLocalProcessSpawner", "env_keep")->class_name, "LocalProcessSpawner");
    EXPECT_EQ(find_option("SimpleLocalProcessSpawner", "cmd")->class_name, "Spawner");
    EXPECT_EQ(find_option("DummyAuthenticator", "create_system_users"), nullptr);
    EXPECT_EQ(find_option("JupyterHub", "log_level")->class_name, "Application");
}

} // namespace
} // namespace jhub::config
