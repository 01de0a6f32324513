// Who belongs to a server: decided on tables as /proc might show them.
#include "helper/process_group.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace jhub::helper {
namespace {

constexpr int helper_pid = 50;
constexpr std::uint32_t ada = 1001, bob = 1002;

// A machine: processes with parent, session, account and the token of their environment.
class ProcessGroups : public testing::Test {
  protected:
    void process(int pid, int parent, int session, std::uint32_t uid, Mark mark = 0, char state = 'S')
    {
        table[pid] = {.state = state, .parent = parent, .session = session, .start_time = 7, .uid = uid};
        marks[pid] = mark;
    }
    std::vector<int> members(ProcessGroup const& group, std::vector<ProcessGroup> const& others = {})
    {
        Recognition const how{.helper = helper_pid,
                              .is_spoken_for = [this](int pid) { return std::ranges::find(owned, pid) != owned.end(); },
                              .uid_of = [this](int pid) { return table.at(pid).uid; },
                              .mark_of = [this](int pid) { return marks.at(pid); }};
        return members_of(table, group, others, how);
    }
    void SetUp() override
    {
        process(1, 0, 1, 0);
        process(helper_pid, 1, 40, 0);
        process(60, 1, 60, ada);                    // a login of ada's
        process(61, 60, 60, ada);                   // and what runs in it
        process(70, 1, 70, 0);                      // cron
        process(71, 70, 71, ada);                   // its job for ada
        process(100, helper_pid, 100, ada, 5, 'Z'); // the server's leader, which has ended
    }
    ProcessTable table;
    std::map<int, Mark> marks;
    std::vector<int> owned{100};
    ProcessGroup const server{.leader = 100, .uid = ada, .mark = 5};
};

using Pids = std::vector<int>;

TEST_F(ProcessGroups, nothing_is_left_of_a_server_that_has_ended_alone) { EXPECT_EQ(members(server), Pids{}); }

TEST_F(ProcessGroups, whatever_is_in_the_session_belongs_to_it)
{
    process(110, helper_pid, 100, ada, 5);
    process(111, 110, 100, ada, 5);
    EXPECT_EQ(members(server), (Pids{110, 111}));
}

TEST_F(ProcessGroups, what_descends_from_it_belongs_to_it_in_whatever_session)
{
    process(110, helper_pid, 100, ada, 5);
    process(120, 110, 120, ada);
    process(121, 120, 121, ada);
    EXPECT_EQ(members(server), (Pids{110, 120, 121}));
}

TEST_F(ProcessGroups, orphans_that_daemonised_are_found_as_children_of_the_helper)
{
    process(120, helper_pid, 119, ada, 5);
    process(121, 120, 121, ada, 0);
    EXPECT_EQ(members(server), (Pids{120, 121}));
}

TEST_F(ProcessGroups, other_accounts_are_never_touched)
{
    process(110, helper_pid, 100, bob, 5);
    process(120, helper_pid, 119, 0, 5);
    process(121, helper_pid, 121, bob, 5);
    EXPECT_EQ(members(server), Pids{});
}

TEST_F(ProcessGroups, what_has_ended_already_is_no_member_but_its_children_are)
{
    process(110, helper_pid, 100, ada, 5, 'Z');
    process(120, helper_pid, 119, ada, 5, 'X');
    process(111, 110, 111, ada, 5);
    EXPECT_EQ(members(server), Pids{111});
}

TEST_F(ProcessGroups, the_helpers_other_children_are_spoken_for)
{
    process(130, helper_pid, 130, ada, 5); // another server's leader, or the keeper of a session
    process(131, 130, 130, ada, 5);
    owned.push_back(130);
    EXPECT_EQ(members(server), Pids{});
}

TEST_F(ProcessGroups, of_two_servers_each_has_the_orphans_with_its_token)
{
    ProcessGroup const other{.leader = 200, .uid = ada, .mark = 9};
    process(200, helper_pid, 200, ada, 9);
    owned.push_back(200);
    process(120, helper_pid, 119, ada, 5);
    process(220, helper_pid, 219, ada, 9);
    process(320, helper_pid, 319, ada, 0); // which has cleared its environment
    process(230, helper_pid, 200, ada, 0); // so has this one, but it is in the other's session
    EXPECT_EQ(members(server, {other}), Pids{120});
    EXPECT_EQ(members(other, {server}), (Pids{220, 230}));
    table.erase(230);
    EXPECT_EQ(members(server), (Pids{120, 220, 320})) << "the last one takes the rest with it";
}

TEST_F(ProcessGroups, an_adopted_server_has_no_orphans_here)
{
    ProcessGroup const adopted{.leader = 100, .uid = ada, .mark = 5, .ours = false};
    process(110, 1, 100, ada, 5); // in its session
    process(120, helper_pid, 119, ada, 0);
    EXPECT_EQ(members(adopted), Pids{110});
    ProcessGroup const mine{.leader = 200, .uid = ada, .mark = 9};
    EXPECT_EQ(members(mine, {adopted}), Pids{120}) << "and leaves those of others to them";
}

TEST_F(ProcessGroups, a_workers_descendants_are_all_there_are)
{
    process(140, helper_pid, 140, 0);
    process(141, 140, 140, 0);
    process(142, 140, 142, bob);
    process(143, 142, 143, 0);
    EXPECT_EQ(descendants_of(table, 140), (Pids{141, 142, 143}));
}

TEST(Marks, are_of_the_token_and_nothing_else)
{
    std::vector<std::string> const one{"A=1", "JUPYTERHUB_API_TOKEN=abc"}, same{"JUPYTERHUB_API_TOKEN=abc"},
        other{"JUPYTERHUB_API_TOKEN=abd"}, none{"A=JUPYTERHUB_API_TOKEN=abc", "JUPYTERHUB_API_TOKEN="};
    EXPECT_EQ(mark_of(one), mark_of(same));
    EXPECT_NE(mark_of(one), mark_of(other));
    EXPECT_EQ(mark_of(none), 0U);
    EXPECT_NE(mark_of(one), 0U);
}

} // namespace
} // namespace jhub::helper
