// Single permission checks: reference rbac.md §5.
#include <gtest/gtest.h>

#include "rbac/scope_support.hpp"

namespace jhub::rbac {
namespace {

FixedMemberships const groups({{"staff", {"ada"}}});

bool holds(Texts const& held, std::string_view asked) { return has_scope(set_of(held), asked, builtin(), groups); }

TEST(HasScope, an_unfiltered_holding_answers_everything)
{
    EXPECT_TRUE(holds({"servers"}, "servers"));
    EXPECT_TRUE(holds({"servers"}, "servers!user=ada"));
    EXPECT_TRUE(holds({"servers"}, "servers!server=ada/lab"));
}

TEST(HasScope, a_filtered_holding_never_answers_an_unfiltered_question)
{
    EXPECT_FALSE(holds({"servers!user=ada", "servers!group=staff"}, "servers"));
}

TEST(HasScope, users_and_groups_reach_down_to_servers)
{
    EXPECT_TRUE(holds({"servers!user=ada"}, "servers!server=ada/lab"));
    EXPECT_TRUE(holds({"servers!group=staff"}, "servers!server=ada/"));
    EXPECT_TRUE(holds({"servers!group=staff"}, "servers!user=ada"));
    EXPECT_FALSE(holds({"servers!group=staff"}, "servers!user=bob"));
    EXPECT_FALSE(holds({"servers!user=ad"}, "servers!server=ada/lab"));
}

TEST(HasScope, nothing_reaches_up)
{
    EXPECT_FALSE(holds({"servers!server=ada/lab"}, "servers!user=ada"));
    EXPECT_FALSE(holds({"groups!user=ada"}, "groups!group=staff"));
    EXPECT_FALSE(holds({"servers!server=ada/lab"}, "servers!server=ada/"));
    EXPECT_FALSE(holds({"servers!user=ada"}, "servers!service=ada"));
}

TEST(HasScope, an_unknown_scope_or_a_broken_filter_is_held_by_nobody)
{
    EXPECT_FALSE(holds({"servers"}, "nonsense"));
    EXPECT_FALSE(holds({"servers"}, "servers!user="));
    EXPECT_FALSE(holds({"servers"}, "servers!user"));
}

TEST(HasScope, the_name_of_a_server_alone_is_not_its_identity)
{
    // Upstream looks the plain name up too, so that a server of eve's named "ada/lab" would match.
    EXPECT_FALSE(holds({"read:servers!server=ada/lab"}, "read:servers!server=eve/ada/lab"));
}

} // namespace
} // namespace jhub::rbac
