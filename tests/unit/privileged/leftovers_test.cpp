// A server or a login that is over has left nothing: with cgroups, on a hierarchy that the test mounts, and without.
#include <dirent.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <algorithm>
#include <set>

#include "base/strings.hpp"
#include "privileged/support.hpp"

namespace jhub::privileged {
namespace {

using namespace jhub::test;

enum class Means { cgroups, descent };

class Leftovers : public WithHelper, public testing::WithParamInterface<Means> {
  protected:
    void SetUp() override
    {
        SKIP_UNLESS_ROOT();
        std::filesystem::permissions(directory.path, std::filesystem::perms::all | std::filesystem::perms::sticky_bit);
        std::string base = "none";
        if (with_cgroups()) {
            std::filesystem::create_directory(hierarchy());
            ASSERT_EQ(mount("none", hierarchy().c_str(), "cgroup2", 0, nullptr), 0) << "no cgroup2 in this kernel";
            base = own_cgroup();
            std::filesystem::create_directory(base);
        }
        setenv("JUPYTERHUB_CGROUP", base.c_str(), 1);
        WithHelper::SetUp();
        ada.emplace(unique_name("jhlo"));
    }
    void TearDown() override
    {
        unsetenv("JUPYTERHUB_CGROUP");
        helper.reset();
        if (ada)
            for (int const pid : processes_of(ada->uid))
                kill(pid, SIGKILL);
        if (!with_cgroups() || !std::filesystem::exists(own_cgroup()))
            return;
        (void)eventually(io, [&] { return cgroups().empty(); });
        rmdir(subtree().c_str());
        rmdir(own_cgroup().c_str());
        umount(hierarchy().c_str());
    }
    static bool with_cgroups() { return GetParam() == Means::cgroups; }
    [[nodiscard]] std::string hierarchy() const { return directory.path + "/cgroup"; }
    [[nodiscard]] std::string own_cgroup() const { return hierarchy() + "/" + unique_name("jhub-test-"); }
    [[nodiscard]] std::string subtree() const { return own_cgroup() + "/jupyterhub"; }
    [[nodiscard]] std::set<std::string> cgroups() const
    {
        std::set<std::string> names;
        for (auto const& entry : std::filesystem::directory_iterator(subtree()))
            if (entry.is_directory())
                names.insert(entry.path().filename());
        return names;
    }
    static std::vector<int> processes_of(uid_t uid)
    {
        std::vector<int> found;
        for (auto const& entry : std::filesystem::directory_iterator("/proc")) {
            int const pid = std::atoi(entry.path().filename().c_str());
            if (pid > 0 && process_exists(pid) &&
                read_file(entry.path().string() + "/status").contains("\nUid:\t" + std::to_string(uid) + "\t"))
                found.push_back(pid);
        }
        return found;
    }

    ProcessHandle start(std::string const& script, std::string const& token = "token-of-one")
    {
        auto what = command({"sh", "-c", script});
        what.user = ada->name;
        what.env.emplace_back("P", pid_file());
        what.env.emplace_back("JUPYTERHUB_API_TOKEN", token);
        auto prepared = run(io, helper->prepare(what));
        if (!prepared || !run(io, helper->release((*prepared)->id().pid)))
            throw std::runtime_error("the server does not start");
        return *prepared;
    }
    [[nodiscard]] std::string pid_file() const { return directory.path + "/pids"; }
    // What the scripts wrote there, when it is so many.
    std::vector<int> pids(std::size_t count)
    {
        std::vector<int> found;
        EXPECT_TRUE(eventually(io, [&] {
            found.clear();
            for (auto const& line : split(read_file(pid_file()), '\n'))
                if (!line.empty())
                    found.push_back(std::stoi(line));
            return found.size() == count;
        })) << read_file(pid_file());
        return found;
    }
    static std::size_t alive(std::vector<int> const& pids)
    {
        return static_cast<std::size_t>(std::ranges::count_if(pids, process_exists));
    }
    bool ends(ProcessHandle const& process)
    {
        return eventually(io, [&] { return !process->running(); });
    }
    bool stops(ProcessHandle const& process)
    {
        EXPECT_TRUE(run(io, helper->signal(process->id(), SIGTERM)).value());
        return ends(process);
    }
    // Nobody's child, in a session of its own; tells its number.
    static constexpr char const* daemon = "(setsid sh -c 'echo $$ >>$P; exec sleep 1000' &)\n";
    static constexpr char const* child = "sh -c 'echo $$ >>$P; exec sleep 1000' &\n";
    static constexpr char const* stubborn =
        "(nohup sh -c 'echo $$ >>$P; trap \"\" INT TERM HUP; while :; do sleep 1000; done' >/dev/null 2>&1 &)\n";
    static constexpr char const* nameless = "(setsid env -i sh -c 'echo $$ >>$1; exec sleep 1000' - $P &)\n";
    static constexpr char const* serve = "exec sleep 1000";

    std::optional<TemporaryAccount> ada;
};

INSTANTIATE_TEST_SUITE_P(By, Leftovers, testing::Values(Means::cgroups, Means::descent),
                         [](auto const& info) { return info.param == Means::cgroups ? "cgroups" : "descent"; });

TEST_P(Leftovers, of_a_stopped_server_are_gone_when_its_end_is_told)
{
    auto const server = start(std::string(daemon) + child + stubborn + nameless + serve);
    auto const all = pids(4);
    ASSERT_EQ(alive(all), 4U);
    ASSERT_TRUE(stops(server));
    EXPECT_EQ(alive(all), 0U);
    EXPECT_TRUE(processes_of(ada->uid).empty());
    EXPECT_EQ(server->exit_status(), -SIGTERM);
    if (with_cgroups())
        EXPECT_TRUE(cgroups().empty()) << "its cgroup is removed";
}

TEST_P(Leftovers, of_a_server_that_ends_by_itself_are_gone_too)
{
    auto const server = start(std::string(daemon) + "until [ -s $P ]; do sleep 0.01; done; exit 7");
    ASSERT_TRUE(ends(server));
    EXPECT_EQ(server->exit_status(), 7);
    EXPECT_EQ(alive(pids(1)), 0U);
}

TEST_P(Leftovers, what_the_person_started_elsewhere_lives_on)
{
    pid_t const login = fork();
    if (login == 0) { // with the server's token, as a job of at(1) may have it
        setsid();
        setenv("JUPYTERHUB_API_TOKEN", "token-of-one", 1);
        if (setresgid(ada->gid, ada->gid, ada->gid) == 0 && setresuid(ada->uid, ada->uid, ada->uid) == 0)
            execlp("sleep", "sleep", "1000", nullptr);
        _exit(1);
    }
    ASSERT_TRUE(eventually(io, [&] { return processes_of(ada->uid).size() == 1; }));
    auto const server = start(std::string(daemon) + child + serve);
    auto const all = pids(2);
    ASSERT_TRUE(stops(server));
    EXPECT_EQ(alive(all), 0U);
    EXPECT_EQ(processes_of(ada->uid), std::vector{login});
    kill(login, SIGKILL);
    waitpid(login, nullptr, 0);
}

TEST_P(Leftovers, of_one_server_do_not_take_those_of_another_of_the_same_person)
{
    auto const one = start(std::string(daemon) + serve, "token-of-one");
    auto const first = pids(1);
    auto const other = start(std::string(daemon) + nameless + child + serve, "token-of-other");
    std::vector<int> second = pids(4);
    second.erase(second.begin());
    ASSERT_TRUE(stops(one));
    EXPECT_EQ(alive(first), 0U);
    EXPECT_EQ(alive(second), 3U);
    EXPECT_TRUE(other->running());
    ASSERT_TRUE(stops(other));
    EXPECT_EQ(alive(second), 0U);
}

TEST_P(Leftovers, that_go_on_forking_are_caught)
{
    auto const server =
        start("(setsid sh -c 'echo $$ >>$P; while :; do (setsid sleep 3 &) ; done' &)\n" + std::string(serve));
    (void)pids(1);
    ASSERT_TRUE(eventually(io, [&] { return processes_of(ada->uid).size() > 20; }));
    ASSERT_TRUE(stops(server));
    EXPECT_TRUE(processes_of(ada->uid).empty());
}

TEST_P(Leftovers, orphans_that_end_leave_no_zombies_at_the_helper)
{
    auto const server = start("for i in 1 2 3 4 5; do (setsid sh -c 'echo $$ >>$P' &); done\n" + std::string(serve));
    (void)pids(5);
    auto const zombies = [&] {
        std::size_t count = 0;
        for (auto const& entry : std::filesystem::directory_iterator("/proc"))
            count +=
                read_file(entry.path().string() + "/stat").contains(" Z " + std::to_string(helper->helper_pid()) + " ");
        return count;
    };
    EXPECT_TRUE(eventually(io, [&] { return zombies() == 0; })) << zombies();
    EXPECT_TRUE(server->running());
    ASSERT_TRUE(stops(server));
    EXPECT_TRUE(eventually(io, [&] { return zombies() == 0; })) << zombies();
}

// Descent is known to the helper that was there; afterwards only the session tells.
TEST_P(Leftovers, of_a_server_that_a_new_helper_adopted)
{
    auto const server = start(std::string(child) + serve);
    auto const in_session = pids(1);
    int const first = helper->helper_pid();
    kill(first, SIGKILL);
    ASSERT_TRUE(eventually(io, [&] { return helper->helper_pid() != 0 && helper->helper_pid() != first; }));
    ASSERT_TRUE(stops(server));
    EXPECT_EQ(alive(in_session), 0U);

    auto const second = start(std::string(daemon) + serve);
    auto const daemonised = pids(2).back();
    int const again = helper->helper_pid();
    kill(again, SIGKILL);
    ASSERT_TRUE(eventually(io, [&] { return helper->helper_pid() != 0 && helper->helper_pid() != again; }));
    ASSERT_TRUE(stops(second));
    EXPECT_EQ(process_exists(daemonised), !with_cgroups());
}

TEST_P(Leftovers, of_a_server_that_ended_while_there_was_no_helper_are_found_in_its_cgroup)
{
    if (!with_cgroups())
        GTEST_SKIP() << "only a cgroup remembers";
    auto const server = start(std::string(daemon) + serve);
    auto const other = start(std::string(child) + serve);
    auto const all = pids(2);
    helper.reset(); // the hub, too
    kill(server->id().pid, SIGKILL);
    ASSERT_TRUE(eventually(io, [&] { return !process_exists(server->id().pid); }));
    ASSERT_EQ(alive(all), 2U);
    WithHelper::SetUp();
    EXPECT_TRUE(eventually(io, [&] { return alive(all) == 1 && cgroups().size() == 1; }));
    EXPECT_TRUE(process_exists(other->id().pid)) << "its cgroup is nobody's business";
}

TEST_P(Leftovers, a_server_that_is_given_up_before_it_ran_leaves_no_cgroup)
{
    auto what = command({"no-such-command"});
    what.user = ada->name;
    auto const prepared = run(io, helper->prepare(what));
    ASSERT_TRUE(prepared);
    EXPECT_FALSE(run(io, helper->release((*prepared)->id().pid)));
    EXPECT_TRUE(ends(*prepared));
    if (with_cgroups())
        EXPECT_TRUE(cgroups().empty());
}

TEST_P(Leftovers, a_pam_session_is_still_closed)
{
    std::string const script = directory.path + "/tell";
    std::ofstream(script) << "#!/bin/sh\necho $PAM_TYPE >>" << directory.path << "/sessions\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    PamService const service("session required pam_exec.so " + script);
    auto what = command({"sh", "-c", std::string(daemon) + serve});
    what.user = ada->name;
    what.env.emplace_back("P", pid_file());
    what.pam_service = service.name;
    auto const server = run(io, helper->prepare(what));
    ASSERT_TRUE(server);
    ASSERT_TRUE(run(io, helper->release((*server)->id().pid)));
    auto const all = pids(1);
    ASSERT_TRUE(stops(*server));
    EXPECT_EQ(alive(all), 0U);
    EXPECT_TRUE(eventually(io, [&] {
        return read_file(directory.path + "/sessions") == "open_session\nclose_session\n";
    })) << read_file(directory.path + "/sessions");
}

// ---- logins ----

TEST_P(Leftovers, of_a_login_are_gone_whatever_became_of_it)
{
    for (char const* mode : {"daemon", "daemon_and_hang", "daemon_and_crash"}) {
        if (mode == std::string_view("daemon_and_crash") && !with_cgroups())
            continue; // nobody can tell any more whose it was
        std::filesystem::remove(pid_file());
        PamService const service("auth required " PAM_CHAOS_MODULE " " + std::string(mode) + " " + pid_file() +
                                 "\naccount required pam_permit.so");
        auto const answer =
            run(io, helper->authenticate({.service = service.name, .user = "root", .password = "x", .timeout = 1s}));
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->outcome, mode == std::string_view("daemon") ? PamOutcome::ok : PamOutcome::unavailable);
        auto const all = pids(1);
        EXPECT_TRUE(eventually(io, [&] { return alive(all) == 0; })) << mode;
    }
    if (with_cgroups())
        EXPECT_TRUE(eventually(io, [&] { return cgroups().empty(); }));
}

} // namespace
} // namespace jhub::privileged
