// What a user's groups and a user's own choices change about a server, without any Python.
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class OwnOptions : public TestHub {
  protected:
    std::vector<std::string> args_of(std::string const& user, Json const& options = Json::object())
    {
        auto const known = find_user(user);
        auto const server = hub()
                                .launcher
                                .start({.user = known ? *known : add_user(user),
                                        .server_name = {},
                                        .user_options = options,
                                        .when_busy = WhenBusy::queue})
                                .value();
        EXPECT_TRUE(until([&] { return server->settled->is_set(); }));
        failure = server->failure;
        return server->failure ? std::vector<std::string>{} : spawner.requests.back().args;
    }
    std::optional<StartFailure> failure;
};

TEST_F(OwnOptions, overrides_of_ones_groups_count_in_the_order_of_their_keys)
{
    settings.spawner.group_overrides = {{"1", {"staff", "x"}, {{"args", {"first"}}, {"mem_limit", "1G"}}},
                                        {"2", {"staff"}, {{"args", {"second"}}}},
                                        {"3", {"others"}, {{"args", {"never"}}}}};
    add_user("ada");
    add_group("staff", {"ada"});
    EXPECT_EQ(args_of("ada"), std::vector<std::string>{"second"});
    EXPECT_EQ(spawner.variable("ada", "MEM_LIMIT"), "1073741824");
    EXPECT_EQ(args_of("bob"), std::vector<std::string>{}) << "bob is in no group";
    EXPECT_EQ(spawner.variable("bob", "MEM_LIMIT"), "(none)");
}

TEST_F(OwnOptions, what_people_choose_sets_the_options_that_are_named_for_it)
{
    settings.spawner.ignores_user_options = false;
    settings.spawner.apply_user_options = {{"memory", "mem_limit"}, {"flags", "args"}};
    EXPECT_EQ(args_of("ada", {{"memory", "2G"}, {"flags", {"--x"}}, {"cmd", {"rm"}}}), std::vector<std::string>{"--x"});
    EXPECT_EQ(spawner.variable("ada", "MEM_LIMIT"), "2147483648");
    EXPECT_EQ(spawner.requests.back().cmd, settings.spawner.cmd) << "cmd was not offered";
}

TEST_F(OwnOptions, a_choice_that_does_not_fit_is_a_bad_request_and_starts_nothing)
{
    settings.spawner.ignores_user_options = false;
    settings.spawner.apply_user_options = {{"memory", "mem_limit"}};
    args_of("ada", {{"memory", "plenty"}});
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->status, 400);
    EXPECT_NE(failure->message.find("mem_limit"), std::string::npos) << failure->message;
    EXPECT_EQ(spawner.starts(), 0U);
}

} // namespace
} // namespace jhub::hub
