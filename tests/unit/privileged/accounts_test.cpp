// Processes under other accounts: the identity is dropped, whole and for ever; and who may have a process at all.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fmt/format.h>

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
        chosen.policy.admission.allow_root_user = true;
        return chosen;
    }
};

TEST_F(HelperWithRootAllowed, starts_a_server_as_root)
{
    run_to_end(as("root", {"id", "-u"}));
    EXPECT_EQ(output(), "0\n");
}

// A process of ada's that leads a session of its own, as the Python hub starts servers; no helper has a record of it.
class Unrecorded : public HelperAccounts {
  protected:
    void SetUp() override
    {
        HelperAccounts::SetUp();
        if (IsSkipped())
            return;
        pid = start(SessionOf::its_own);
    }
    void TearDown() override
    {
        if (pid > 0)
            end(pid);
    }
    enum class SessionOf { its_own, another };
    pid_t start(SessionOf session) const
    {
        pid_t const child = fork();
        if (child == 0) {
            if (session == SessionOf::its_own)
                setsid();
            bool const dropped = setgid(ada->gid) == 0 && setuid(ada->uid) == 0;
            execl("/bin/sleep", "sleep", dropped ? "60" : "0", nullptr);
            _exit(1);
        }
        while (!read_file(fmt::format("/proc/{}/cmdline", child)).starts_with("sleep"))
            usleep(1000);
        return child;
    }
    static void end(pid_t process)
    {
        kill(process, SIGKILL);
        waitpid(process, nullptr, 0);
    }
    Errc refusal(ProcessId const& wanted, std::string const& account)
    {
        auto const watched = run(io, helper->watch(wanted, account));
        return watched ? Errc::conflict : watched.error().code;
    }
    pid_t pid = 0;
};

// S-SPAWN-05
TEST_F(Unrecorded, is_taken_over_when_it_belongs_to_the_person_and_leads_its_session)
{
    TemporaryAccount const bob(unique_name("jhtb"));
    EXPECT_EQ(refusal({.pid = pid}, bob.name), Errc::not_found) << "ada's";
    EXPECT_EQ(refusal({.pid = pid, .uid = ada->uid}, ""), Errc::not_found) << "nobody's";
    EXPECT_EQ(refusal({.pid = pid, .uid = ada->uid}, "no-such-account"), Errc::not_found);
    EXPECT_EQ(refusal({.pid = pid}, "root"), Errc::forbidden);
    EXPECT_EQ(refusal({.pid = 1}, ada->name), Errc::not_found);
    pid_t const follower = start(SessionOf::another);
    EXPECT_EQ(refusal({.pid = follower}, ada->name), Errc::not_found);
    end(follower);
    auto const adopted = run(io, helper->watch({.pid = pid}, ada->name));
    ASSERT_TRUE(adopted);
    EXPECT_EQ((*adopted)->id().uid, ada->uid);
    EXPECT_TRUE(run(io, helper->signal((*adopted)->id(), SIGKILL)).value());
}

TEST_F(Unrecorded, that_an_older_version_started_must_fit_what_the_hub_stored)
{
    auto const adopted = run(io, helper->watch({.pid = pid}, ada->name));
    ASSERT_TRUE(adopted);
    ProcessId const id = (*adopted)->id();
    helper.reset();
    std::filesystem::remove(fmt::format("/run/jupyterhub-helper/0/{}", pid));
    WithHelper::SetUp();
    ProcessId earlier = id;
    earlier.start_time -= 1;
    EXPECT_EQ(refusal(earlier, ada->name), Errc::not_found);
    ProcessId rebooted = id;
    rebooted.boot_id = "00000000-0000-0000-0000-000000000000";
    EXPECT_EQ(refusal(rebooted, ada->name), Errc::not_found);
    EXPECT_EQ(refusal(id, ""), Errc::not_found);
    EXPECT_EQ(refusal(id, ada->name), Errc::conflict) << "taken over";
}

TEST_F(Unrecorded, is_left_alone_when_it_stands_in_the_record_of_another_hub)
{
    auto const adopted = run(io, helper->watch({.pid = pid}, ada->name));
    ASSERT_TRUE(adopted);
    helper.reset();
    std::string const place = "/run/jupyterhub-helper/";
    std::filesystem::create_directory(place + "61042");
    std::filesystem::rename(fmt::format("{}0/{}", place, pid), fmt::format("{}61042/{}", place, pid));
    WithHelper::SetUp();
    EXPECT_EQ(refusal({.pid = pid}, ada->name), Errc::not_found);
    EXPECT_EQ(refusal((*adopted)->id(), ada->name), Errc::not_found);
    std::filesystem::remove_all(place + "61042");
}

} // namespace
} // namespace jhub::privileged
