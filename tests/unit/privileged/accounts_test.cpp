// Processes under other accounts: the identity is dropped, whole and for ever; and who may have a process at all.
#include <signal.h>
#include <sys/stat.h>

#include "base/strings.hpp"
#include "privileged/support.hpp"

namespace jhub::privileged {
namespace {

using namespace jhub::test;

class HelperAccounts : public WithHelper {
  protected:
    void SetUp() override
    {
        SKIP_UNLESS_ROOT();
        WithHelper::SetUp();
        ada.emplace(unique_name("jhta"), "--groups users,audio");
        chmod(directory.path.c_str(), 0711); // so that another account can enter it
    }
    StartCommand as(std::string const& user, std::vector<std::string> argv) const
    {
        auto what = command(std::move(argv));
        what.user = user;
        what.working_directory.clear();
        return what;
    }
    void run_to_end(StartCommand what)
    {
        auto const process = run(io, helper->prepare(std::move(what)));
        ASSERT_TRUE(process) << process.error().message;
        ASSERT_TRUE(run(io, helper->release((*process)->id().pid)));
        ASSERT_TRUE(eventually(io, [&] { return !(*process)->running(); }));
    }
    std::optional<TemporaryAccount> ada;
};

TEST_F(HelperAccounts, tells_all_about_an_account)
{
    auto const account = run(io, helper->account(ada->name));
    ASSERT_TRUE(account);
    EXPECT_EQ(account->name, ada->name);
    EXPECT_EQ(account->uid, ada->uid);
    EXPECT_EQ(account->home, ada->home);
    EXPECT_EQ(account->shell, "/bin/bash");
    auto groups = account->groups;
    std::ranges::sort(groups);
    EXPECT_EQ(groups, (std::vector<std::string>{"audio", ada->name, "users"}));
    EXPECT_EQ(run(io, helper->account("no-such-account")).error().code, Errc::not_found);
    EXPECT_EQ(run(io, helper->account(""))->uid, geteuid());
}

TEST_F(HelperAccounts, runs_as_the_user_with_its_groups_in_its_home_and_with_no_capabilities)
{
    run_to_end(as(ada->name, {"sh", "-c",
                              "id -u; id -ru; id -g; id -Gn | tr ' ' '\\n' | sort | tr '\\n' ' '; echo; pwd; "
                              "grep -E '^Cap(Prm|Eff)' /proc/self/status; setpriv --reuid=0 true || echo no"}));
    auto const lines = split(output(), '\n');
    ASSERT_GE(lines.size(), 9u) << output();
    EXPECT_EQ(lines[0], std::to_string(ada->uid));
    EXPECT_EQ(lines[1], std::to_string(ada->uid));
    EXPECT_EQ(lines[2], std::to_string(ada->gid));
    EXPECT_EQ(lines[3], "audio " + ada->name + " users ");
    EXPECT_EQ(lines[4], ada->home);
    EXPECT_EQ(lines[5], "CapPrm:\t0000000000000000");
    EXPECT_EQ(lines[6], "CapEff:\t0000000000000000");
    EXPECT_TRUE(output().ends_with("no\n")) << output();
}

TEST_F(HelperAccounts, the_prepared_process_has_dropped_its_identity_already)
{
    auto const prepared = run(io, helper->prepare(as(ada->name, {"true"})));
    ASSERT_TRUE(prepared);
    EXPECT_EQ((*prepared)->id().uid, ada->uid);
    std::string const status = read_file("/proc/" + std::to_string((*prepared)->id().pid) + "/status");
    std::string const uid = std::to_string(ada->uid);
    EXPECT_TRUE(status.contains("\nUid:\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid)) << status;
}

TEST_F(HelperAccounts, a_server_cannot_reopen_its_output_file)
{
    run_to_end(as(ada->name, {"sh", "-c", "cat /proc/self/fd/1 || echo refused"}));
    EXPECT_TRUE(output().ends_with("refused\n")) << output();
}

TEST_F(HelperAccounts, a_missing_home_does_not_keep_the_server_from_starting)
{
    std::filesystem::remove_all(ada->home);
    run_to_end(as(ada->name, {"pwd"}));
    EXPECT_TRUE(output().starts_with("Couldn't set CWD to " + ada->home)) << output();
    EXPECT_TRUE(output().ends_with("\n/tmp\n")) << output();
}

TEST_F(HelperAccounts, unknown_accounts_and_root_are_refused)
{
    auto const unknown = run(io, helper->prepare(as("no-such-account", {"true"})));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::not_found);
    EXPECT_EQ(unknown.error().message, "There is no system account named no-such-account.");
    auto const root = run(io, helper->prepare(as("root", {"true"})));
    ASSERT_FALSE(root);
    EXPECT_EQ(root.error().code, Errc::forbidden);
    TemporaryAccount const twin(unique_name("jhtr"), "--non-unique --uid 0");
    EXPECT_EQ(run(io, helper->prepare(as(twin.name, {"true"}))).error().code, Errc::forbidden)
        << "another name for root";
}

class HelperWithRootAllowed : public HelperAccounts {
    [[nodiscard]] HelperOptions options() const override
    {
        HelperOptions chosen = HelperAccounts::options();
        chosen.allow_root_user = true;
        return chosen;
    }
};

TEST_F(HelperWithRootAllowed, starts_a_server_as_root)
{
    run_to_end(as("root", {"id", "-u"}));
    EXPECT_EQ(output(), "0\n");
}

TEST_F(HelperAccounts, an_adopted_process_must_belong_to_the_account)
{
    auto const process = run(io, helper->prepare(as(ada->name, {"sleep", "60"})));
    ASSERT_TRUE(process && run(io, helper->release((*process)->id().pid)));
    ProcessId const id = (*process)->id();
    helper.reset();
    WithHelper::SetUp();
    EXPECT_FALSE(run(io, helper->watch({.pid = id.pid, .uid = 0})));
    EXPECT_TRUE(run(io, helper->watch({.pid = id.pid, .uid = ada->uid})));
    EXPECT_TRUE(run(io, helper->signal(id, SIGKILL)).value());
}

} // namespace
} // namespace jhub::privileged
