#include "hub/core/registry.hpp"

#include <gtest/gtest.h>

namespace jhub::hub {
namespace {

std::shared_ptr<LiveServer> server(std::int64_t user_id, std::string user, std::string name = "")
{
    auto made = std::make_shared<LiveServer>();
    made->user_id = user_id;
    made->user_name = std::move(user);
    made->server_name = std::move(name);
    return made;
}

TEST(Registry, finds_servers_by_the_name_of_their_user)
{
    Registry registry;
    auto const ada = server(1, "ada"), lab = server(1, "ada", "lab"), bob = server(2, "bob");
    for (auto const& one : {ada, lab, bob})
        registry.add(one);
    EXPECT_EQ(registry.find_by_name("ada", ""), ada);
    EXPECT_EQ(registry.find_by_name("ada", "lab"), lab);
    EXPECT_EQ(registry.find_by_name("bob", "lab"), nullptr);
    EXPECT_EQ(registry.find_by_name("carol", ""), nullptr);
    EXPECT_EQ(registry.of_user("ada").size(), 2U);
    EXPECT_TRUE(registry.of_user("carol").empty());
}

TEST(Registry, finds_a_renamed_user_by_the_new_name_only)
{
    Registry registry;
    auto const ada = server(1, "ada"), lab = server(1, "ada", "lab");
    registry.add(ada);
    registry.add(lab);
    registry.rename_user(1, "lovelace");
    EXPECT_EQ(registry.find_by_name("lovelace", "lab"), lab);
    EXPECT_EQ(registry.find_by_name("ada", ""), nullptr);
}

TEST(Registry, gives_a_name_to_the_next_user_of_that_name)
{
    Registry registry;
    auto const before = server(1, "ada"), lab = server(1, "ada", "lab");
    registry.add(before);
    registry.add(lab);
    registry.remove(*before);
    EXPECT_EQ(registry.find_by_name("ada", "lab"), lab) << "one of the two is left";
    registry.remove(*lab);
    EXPECT_EQ(registry.find_by_name("ada", "lab"), nullptr);
    auto const after = server(2, "ada");
    registry.add(after);
    EXPECT_EQ(registry.find_by_name("ada", ""), after);
}

} // namespace
} // namespace jhub::hub
