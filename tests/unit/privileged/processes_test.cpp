// Starting, watching and ending real processes through the real helper program.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "privileged/support.hpp"

namespace jhub::privileged {
namespace {

using namespace jhub::test;

class HelperProcesses : public WithHelper {
  protected:
    // Prepares and releases; the test fails when either does.
    ProcessHandle start(StartCommand const& what)
    {
        auto prepared = run(io, helper->prepare(what));
        EXPECT_TRUE(prepared) << prepared.error().message;
        if (!prepared)
            return nullptr;
        auto const released = run(io, helper->release((*prepared)->id().pid));
        EXPECT_TRUE(released) << released.error().message;
        return *prepared;
    }
    ProcessHandle start_shell(std::string const& script) { return start(command({"sh", "-c", script})); }
    bool ends(ProcessHandle const& process)
    {
        return eventually(io, [&] { return !process->running(); });
    }
    Error release_error(std::vector<std::string> argv)
    {
        auto const prepared = run(io, helper->prepare(command(std::move(argv))));
        EXPECT_TRUE(prepared);
        auto const released = run(io, helper->release((*prepared)->id().pid));
        EXPECT_FALSE(released);
        EXPECT_TRUE(ends(*prepared)) << "a process whose command cannot run must go away";
        return released ? Error{} : released.error();
    }
};

TEST_F(HelperProcesses, runs_a_command_with_exactly_the_given_environment)
{
    auto what = command({"env"});
    what.env = {{"PATH", "/usr/bin"}, {"ONE", "1"}, {"EMPTY", ""}, {"LINES", "a\nb"}};
    ASSERT_TRUE(ends(start(what)));
    EXPECT_EQ(output(), "PATH=/usr/bin\nONE=1\nEMPTY=\nLINES=a\nb\n");
}

TEST_F(HelperProcesses, reports_exit_statuses_and_signals)
{
    auto const failed = start_shell("exit 7");
    auto const killed = start_shell("kill -9 $$");
    ASSERT_TRUE(ends(failed));
    ASSERT_TRUE(ends(killed));
    EXPECT_EQ(failed->exit_status(), 7);
    EXPECT_EQ(killed->exit_status(), -9);
}

TEST_F(HelperProcesses, tells_the_hub_of_an_exit)
{
    std::optional<int> told;
    ProcessId who;
    helper->on_exit([&](ProcessId const& id, std::optional<int> status) { who = id, told = status; });
    auto const process = start_shell("exit 3");
    ASSERT_TRUE(ends(process));
    EXPECT_EQ(told, 3);
    EXPECT_EQ(who, process->id());
    EXPECT_EQ(helper->find(who.pid), nullptr);
}

TEST_F(HelperProcesses, gives_the_process_a_clean_start)
{
    // Own session, no stray descriptors, default signals, nothing blocked, the hub's limit of open files.
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    ASSERT_TRUE(ends(start_shell("ulimit -Sn; ls -x /proc/$$/fd; readlink /proc/$$/fd/0; "
                                 "grep -E '^Sig(Blk|Ign)' /proc/self/status; cut -d' ' -f5,6 /proc/$$/stat; echo $$")));
    auto const lines = split(output(), '\n');
    ASSERT_GE(lines.size(), 7u) << output();
    EXPECT_EQ(lines[0], std::to_string(limit.rlim_cur));
    EXPECT_EQ(lines[1], "0  1  2");
    EXPECT_EQ(lines[2], "/dev/null");
    EXPECT_EQ(lines[3], "SigBlk:\t0000000000000000");
    EXPECT_EQ(lines[4], "SigIgn:\t0000000000000000");
    EXPECT_EQ(lines[5], lines[6] + " " + lines[6]) << "process group and session are its own";
}

TEST_F(HelperProcesses, waits_for_the_release_before_the_command_runs)
{
    auto const prepared = run(io, helper->prepare(command({"touch", directory.path + "/ran"})));
    ASSERT_TRUE(prepared);
    ASSERT_TRUE(run(io, helper->account(""))) << "by then the process had time to run ahead";
    EXPECT_TRUE(process_exists((*prepared)->id().pid));
    EXPECT_FALSE(std::filesystem::exists(directory.path + "/ran"));
    ASSERT_TRUE(run(io, helper->release((*prepared)->id().pid)));
    ASSERT_TRUE(ends(*prepared));
    EXPECT_TRUE(std::filesystem::exists(directory.path + "/ran"));
    EXPECT_EQ((*prepared)->exit_status(), 0);
}

TEST_F(HelperProcesses, a_prepared_process_vanishes_with_the_hub)
{
    auto const prepared = run(io, helper->prepare(command({"touch", directory.path + "/ran"})));
    ASSERT_TRUE(prepared);
    helper.reset(); // closes the socket, as the hub's death does
    EXPECT_TRUE(eventually(io, [&] { return !process_exists((*prepared)->id().pid); }));
    EXPECT_FALSE(std::filesystem::exists(directory.path + "/ran"));
}

TEST_F(HelperProcesses, a_released_process_lives_on_without_hub_and_helper)
{
    std::string const go = directory.path + "/go";
    auto const process = start_shell("until [ -e " + go + " ]; do sleep 0.02; done; echo still here; exec sleep 60");
    int const pid = process->id().pid;
    helper.reset();
    std::ofstream(go) << "go";
    EXPECT_TRUE(eventually(io, [&] { return output() == "still here\n"; })) << output();
    EXPECT_TRUE(process_exists(pid));
    kill(pid, SIGKILL);
}

TEST_F(HelperProcesses, names_a_missing_command_and_the_path)
{
    Error const error = release_error({"no-such-command"});
    EXPECT_EQ(error.code, Errc::not_found);
    EXPECT_EQ(error.message, "Command not found: no-such-command (PATH is /usr/bin:/bin)");
}

// S-SPAWN-02: execve
TEST_F(HelperProcesses, tells_a_missing_permission_from_a_missing_interpreter)
{
    std::ofstream(directory.path + "/plain") << "#!/bin/sh\n";
    std::ofstream(directory.path + "/script") << "#!/no/such/python\n";
    std::filesystem::permissions(directory.path + "/script", std::filesystem::perms::owner_all);
    Error const plain = release_error({directory.path + "/plain"});
    EXPECT_EQ(plain.code, Errc::forbidden);
    EXPECT_EQ(plain.message, "Permission denied trying to run " + directory.path + "/plain");
    EXPECT_EQ(release_error({directory.path + "/script"}).message,
              directory.path + "/script cannot run: the interpreter that its first line names does not exist.");
}

TEST_F(HelperProcesses, refuses_an_impossible_command)
{
    auto bad_name = command({"true"});
    bad_name.env.emplace_back("A=B", "c");
    auto with_nul = command({"true", std::string("a\0b", 3)});
    auto large = command({"true", std::string(70'000, 'x')});
    EXPECT_EQ(run(io, helper->prepare(command({}))).error().code, Errc::invalid_argument);
    EXPECT_EQ(run(io, helper->prepare(bad_name)).error().code, Errc::invalid_argument);
    EXPECT_EQ(run(io, helper->prepare(with_nul)).error().code, Errc::invalid_argument);
    EXPECT_EQ(run(io, helper->prepare(large)).error().code, Errc::too_large);
    EXPECT_TRUE(run(io, helper->prepare(command({"true"})))) << "the helper must live through all of that";
}

TEST_F(HelperProcesses, makes_the_working_directory_when_asked)
{
    auto what = command({"pwd"});
    what.working_directory = directory.path + "/one/two";
    what.create_working_directory = true;
    ASSERT_TRUE(ends(start(what)));
    EXPECT_EQ(output(), directory.path + "/one/two\n");
}

TEST_F(HelperProcesses, falls_back_to_a_parent_and_then_to_a_temporary_directory)
{
    auto what = command({"pwd"});
    what.working_directory = directory.path + "/gone/away";
    ASSERT_TRUE(ends(start(what)));
    EXPECT_TRUE(output().starts_with("Couldn't set CWD to " + directory.path + "/gone/away (No such file"));
    EXPECT_TRUE(output().ends_with(")\n" + directory.path + "\n")) << output();
    what.working_directory = "/no-such-directory";
    ASSERT_TRUE(ends(start(what)));
    EXPECT_TRUE(output().contains("using temp dir\n/tmp/jupyterhub-")) << output();
    std::filesystem::remove(trim(output().substr(output().rfind("/tmp/"))));
}

TEST_F(HelperProcesses, signals_reach_the_process_and_only_while_it_lives)
{
    auto const process = start(command({"sleep", "60"}));
    EXPECT_EQ(run(io, helper->signal(process->id(), SIGTERM)), true);
    ASSERT_TRUE(ends(process));
    EXPECT_EQ(process->exit_status(), -SIGTERM);
    EXPECT_EQ(run(io, helper->signal(process->id(), SIGTERM)), false);
}

TEST_F(HelperProcesses, a_signal_for_an_earlier_process_of_that_number_does_nothing)
{
    auto const process = start(command({"sleep", "60"}));
    ProcessId earlier = process->id();
    earlier.start_time -= 1;
    EXPECT_EQ(run(io, helper->signal(earlier, SIGKILL)), false);
    EXPECT_TRUE(process_exists(process->id().pid));
    EXPECT_TRUE(run(io, helper->signal(process->id(), SIGKILL)));
}

// ---- the helper's death ----

TEST_F(HelperProcesses, a_killed_helper_is_replaced_and_watches_everything_again)
{
    auto const process = start(command({"sleep", "60"}));
    int const first = helper->helper_pid();
    auto const before = std::chrono::steady_clock::now();
    kill(first, SIGKILL);
    ASSERT_TRUE(eventually(io, [&] { return helper->helper_pid() != 0 && helper->helper_pid() != first; }));
    EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
    EXPECT_TRUE(process->running());
    EXPECT_TRUE(run(io, helper->signal(process->id(), SIGTERM)).value());
    EXPECT_TRUE(ends(process));
    EXPECT_EQ(process->exit_status(), std::nullopt) << "not the new helper's child, so nobody knows";
}

TEST_F(HelperProcesses, an_exit_while_there_is_no_helper_is_noticed_afterwards)
{
    auto const process = start(command({"sleep", "60"}));
    kill(helper->helper_pid(), SIGKILL);
    kill(process->id().pid, SIGKILL);
    EXPECT_TRUE(ends(process));
}

TEST_F(HelperProcesses, a_prepared_process_vanishes_with_the_helper)
{
    auto const prepared = run(io, helper->prepare(command({"touch", directory.path + "/ran"})));
    ASSERT_TRUE(prepared);
    kill(helper->helper_pid(), SIGKILL);
    EXPECT_TRUE(ends(*prepared));
    EXPECT_FALSE(process_exists((*prepared)->id().pid));
    EXPECT_FALSE(run(io, helper->release((*prepared)->id().pid)));
    EXPECT_FALSE(std::filesystem::exists(directory.path + "/ran"));
}

TEST_F(HelperProcesses, a_request_during_the_restart_waits_for_the_new_helper)
{
    kill(helper->helper_pid(), SIGKILL);
    ASSERT_TRUE(eventually(io, [&] { return helper->helper_pid() == 0; }));
    EXPECT_TRUE(run(io, helper->account("root")));
}

TEST_F(HelperProcesses, a_request_in_flight_fails_when_the_helper_dies)
{
    kill(helper->helper_pid(), SIGSTOP); // so that it cannot answer first
    std::optional<Result<Account>> answer;
    asio::co_spawn(io, helper->account("root"),
                   [&](std::exception_ptr, Result<Account> value) { answer = std::move(value); });
    io.restart();
    io.poll();
    kill(helper->helper_pid(), SIGKILL);
    ASSERT_TRUE(eventually(io, [&] { return answer.has_value(); }));
    ASSERT_FALSE(*answer);
    EXPECT_EQ(answer->error().code, Errc::unavailable);
}

// S-SPAWN-02: a system call on the way to the person's identity is refused.
class RefusedCall : public HelperProcesses, public testing::WithParamInterface<std::pair<char const*, char const*>> {
  protected:
    void SetUp() override
    {
        SKIP_UNLESS_ROOT();
        std::filesystem::create_symlink(JHUB_BINARY_DIR "/refusing_helper", program());
        HelperProcesses::SetUp();
        ada.emplace(unique_name("jhrf"));
    }
    [[nodiscard]] std::string program() const { return directory.path + "/refuse-" + GetParam().first; }
    [[nodiscard]] HelperOptions options() const override { return {.program = program()}; }
    std::optional<TemporaryAccount> ada;
};

TEST_P(RefusedCall, ends_the_start_with_that_reason_and_nothing_runs)
{
    auto what = command({"sh", "-c", "id >" + directory.path + "/ran"});
    std::filesystem::permissions(directory.path, std::filesystem::perms::all | std::filesystem::perms::sticky_bit);
    what.user = ada->name;
    auto const prepared = run(io, helper->prepare(what));
    ASSERT_FALSE(prepared);
    EXPECT_TRUE(prepared.error().message.contains(GetParam().second)) << prepared.error().message;
    EXPECT_TRUE(prepared.error().message.contains("Operation not permitted")) << prepared.error().message;
    EXPECT_TRUE(run(io, helper->account(ada->name))) << "the helper lives";
    EXPECT_FALSE(std::filesystem::exists(directory.path + "/ran"));
}

INSTANTIATE_TEST_SUITE_P(Calls, RefusedCall,
                         testing::Values(std::pair("setgroups", "setting the account's groups failed"),
                                         std::pair("setresgid", "changing to the account's group failed"),
                                         std::pair("setresuid", "changing to the account failed"),
                                         std::pair("getgroups", "verifying that it is nobody else any more failed"),
                                         std::pair("chdir", "entering a directory failed")),
                         [](auto const& info) { return info.param.first; });

TEST(HelperLaunch, a_missing_helper_program_is_a_clear_error)
{
    asio::io_context io;
    auto const launched = Helper::launch(io.get_executor(), {.program = "/no/such/helper"});
    ASSERT_FALSE(launched);
    EXPECT_EQ(launched.error().message, "Cannot start /no/such/helper: No such file or directory");
}

// ---- adoption ----

class Adoption : public HelperProcesses {
  protected:
    void SetUp() override
    {
        HelperProcesses::SetUp();
        auto const process = start(command({"sleep", "60"}));
        id = process->id();
        helper.reset(); // the next hub
        HelperProcesses::SetUp();
    }
    void TearDown() override { kill(id.pid, SIGKILL); }
    Errc refusal(ProcessId const& wanted, std::string const& account = {})
    {
        auto const watched = run(io, helper->watch(wanted, account));
        return watched ? Errc::conflict : watched.error().code;
    }
    ProcessId id;
};

TEST_F(Adoption, takes_over_the_very_process)
{
    auto const adopted = run(io, helper->watch(id, {}));
    ASSERT_TRUE(adopted);
    EXPECT_EQ((*adopted)->id(), id);
    EXPECT_TRUE(run(io, helper->signal(id, SIGKILL)).value());
    EXPECT_TRUE(ends(*adopted));
}

// S-SPAWN-05: also after a reboot
TEST_F(Adoption, refuses_another_process_under_the_same_number)
{
    for (auto const& change : std::initializer_list<std::function<void(ProcessId&)>>{
             [](ProcessId& other) { other.start_time += 1; },
             [](ProcessId& other) { other.boot_id = "00000000-0000-0000-0000-000000000000"; },
             [](ProcessId& other) { other.uid += 1; },
             [](ProcessId& other) { other.pid = getpid(); },
         }) {
        ProcessId other = id;
        change(other);
        EXPECT_EQ(refusal(other), Errc::not_found);
        EXPECT_EQ(run(io, helper->signal(other, SIGKILL)), false);
    }
    EXPECT_TRUE(process_exists(id.pid));
}

TEST_F(Adoption, with_only_a_number_the_owner_must_be_right_and_it_must_lead_its_session)
{
    if (geteuid() == 0)
        GTEST_SKIP() << "root's helper asks whose it is: HelperAccounts";
    EXPECT_EQ(refusal({.pid = id.pid, .uid = id.uid + 1}), Errc::not_found);
    EXPECT_EQ(refusal({.pid = helper->helper_pid(), .uid = getuid()}), Errc::not_found) << "no session leader";
    EXPECT_EQ(refusal({.pid = 1, .uid = 0}), Errc::not_found);
    auto const adopted = run(io, helper->watch({.pid = id.pid, .uid = id.uid}, {}));
    ASSERT_TRUE(adopted);
    EXPECT_EQ((*adopted)->id(), id) << "the rest is read from the system";
}

TEST_F(Adoption, of_the_own_account_goes_by_the_record_alone)
{
    SKIP_UNLESS_ROOT();
    EXPECT_EQ(refusal({.pid = id.pid}, "root"), Errc::forbidden);
    std::string const record = "/run/jupyterhub-helper/0/" + std::to_string(id.pid);
    EXPECT_EQ(read_file(record), fmt::format("{} {} 0\n", id.start_time, id.boot_id));
    std::filesystem::remove(record);
    EXPECT_EQ(refusal(id), Errc::not_found);
    EXPECT_EQ(refusal({.pid = id.pid}), Errc::not_found) << "the number alone";
    EXPECT_EQ(refusal(id, "root"), Errc::forbidden);
}

TEST_F(Adoption, the_record_goes_with_the_process)
{
    SKIP_UNLESS_ROOT();
    std::string const record = "/run/jupyterhub-helper/0/" + std::to_string(id.pid);
    ASSERT_TRUE(run(io, helper->watch(id, {})));
    EXPECT_TRUE(std::filesystem::exists(record));
    kill(id.pid, SIGKILL);
    EXPECT_TRUE(eventually(io, [&] { return !std::filesystem::exists(record); }));
    std::ofstream("/run/jupyterhub-helper/0/4194303") << "1 of-an-earlier-boot 0\n";
    helper.reset();
    WithHelper::SetUp();
    EXPECT_TRUE(run(io, helper->account("root")));
    EXPECT_FALSE(std::filesystem::exists("/run/jupyterhub-helper/0/4194303")) << "the next helper tidies up";
}

TEST_F(Adoption, signals_other_than_those_that_end_a_process_are_refused)
{
    ASSERT_TRUE(run(io, helper->watch(id, {})));
    for (int const number : {0, SIGSTOP, SIGCONT, SIGHUP, SIGUSR1, SIGSEGV, 64})
        EXPECT_FALSE(run(io, helper->signal(id, number))) << number;
    EXPECT_TRUE(process_exists(id.pid));
}

} // namespace
} // namespace jhub::privileged
