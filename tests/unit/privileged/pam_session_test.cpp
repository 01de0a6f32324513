// PAM sessions that last as long as a server, with the system's modules and with one that misbehaves.
#include <signal.h>
#include <sys/stat.h>

#include "base/strings.hpp"
#include "privileged/support.hpp"

namespace jhub::privileged {
namespace {

using namespace jhub::test;

class Session : public WithHelper {
  protected:
    void SetUp() override
    {
        SKIP_UNLESS_ROOT();
        WithHelper::SetUp();
        ada.emplace(unique_name("jhss"));
        std::ofstream(script()) << "#!/bin/sh\necho $PAM_TYPE $PAM_USER >>" << directory.path << "/sessions\n";
        chmod(script().c_str(), 0755);
    }
    [[nodiscard]] std::string script() const { return directory.path + "/tell"; }
    // A service whose sessions are told to a file, and that has other lines.
    [[nodiscard]] PamService service(std::string const& lines = {}) const
    {
        return PamService(lines + "\nsession required pam_exec.so " + script());
    }
    [[nodiscard]] std::string sessions() const { return read_file(directory.path + "/sessions"); }
    bool sessions_become(std::string const& text)
    {
        return eventually(io, [&] { return sessions() == text; });
    }
    Result<ProcessHandle> start(PamService const& with, std::string const& shell_command)
    {
        auto what = command({"sh", "-c", shell_command});
        what.user = ada->name;
        what.working_directory.clear();
        what.pam_service = with.name;
        auto prepared = run(io, helper->prepare(what));
        if (prepared)
            EXPECT_TRUE(run(io, helper->release((*prepared)->id().pid)));
        return prepared;
    }
    bool ends(ProcessHandle const& process)
    {
        return eventually(io, [&] { return !process->running(); });
    }
    [[nodiscard]] std::string opened() const { return "open_session " + ada->name + "\n"; }
    [[nodiscard]] std::string closed() const { return "close_session " + ada->name + "\n"; }

    std::optional<TemporaryAccount> ada;
};

TEST_F(Session, is_open_while_the_server_runs_and_closed_after_it)
{
    auto const tells = service();
    auto const server = start(tells, "exec sleep 60");
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_EQ(sessions(), opened());
    ASSERT_TRUE(run(io, helper->signal((*server)->id(), SIGTERM)));
    EXPECT_TRUE(ends(*server));
    EXPECT_EQ((*server)->exit_status(), -SIGTERM);
    EXPECT_TRUE(sessions_become(opened() + closed()));
}

TEST_F(Session, a_module_makes_the_home_directory_before_the_server_enters_it)
{
    std::filesystem::remove_all(ada->home);
    auto const server = start(service("session required pam_mkhomedir.so"), "pwd; touch made-by-me");
    ASSERT_TRUE(server && ends(*server));
    EXPECT_EQ(output(), ada->home + "\n");
    EXPECT_TRUE(std::filesystem::exists(ada->home + "/made-by-me"));
}

TEST_F(Session, the_server_gets_limits_and_umask_but_no_environment_and_no_descriptors)
{
    std::ofstream(directory.path + "/limits.conf") << "* hard nofile 321\n";
    auto const server =
        start(service("session required " PAM_CHAOS_MODULE "\nsession required pam_limits.so conf=" + directory.path +
                      "/limits.conf"),
              "env; umask; ulimit -Hn; pwd; ls -x /proc/$$/fd; grep SigIgn /proc/$$/status; "
              "id -u");
    ASSERT_TRUE(server && ends(*server));
    EXPECT_FALSE(output().contains("LEAK")) << output();
    auto lines = split(output(), '\n');
    auto const at = std::ranges::find(lines, "0027");
    ASSERT_GE(lines.end() - at, 6) << output();
    EXPECT_EQ(at[1], "321");
    EXPECT_EQ(at[2], ada->home);
    EXPECT_EQ(at[3], "0  1  2");
    EXPECT_EQ(at[4], "SigIgn:\t0000000000000000");
    EXPECT_EQ(at[5], std::to_string(ada->uid));
    EXPECT_TRUE(sessions_become(opened() + closed()));
}

TEST_F(Session, that_cannot_be_opened_costs_no_start_and_is_not_tried_again)
{
    for (int i = 0; i < 2; ++i) {
        auto const server = start(service("session required " PAM_CHAOS_MODULE " broken"), "echo it runs");
        ASSERT_TRUE(server && ends(*server));
        EXPECT_EQ(output(), "it runs\n");
    }
    EXPECT_EQ(sessions(), opened()) << "the line behind the broken one, once";
    ASSERT_TRUE(start(service(), "exit 0"));
    EXPECT_EQ(sessions(), opened()) << "off for good";
}

TEST_F(Session, a_module_that_crashes_costs_one_start)
{
    auto const failed = start(service("session required " PAM_CHAOS_MODULE " crash"), "echo it runs");
    EXPECT_FALSE(failed);
    auto const server = start(service(), "echo it runs");
    ASSERT_TRUE(server && ends(*server));
    EXPECT_EQ(sessions(), "") << "off for good";
}

TEST_F(Session, that_cannot_be_closed_is_the_last_one)
{
    auto const server = start(service("session required " PAM_CHAOS_MODULE " cannot_close"), "exit 0");
    ASSERT_TRUE(server && ends(*server));
    ASSERT_TRUE(sessions_become(opened() + closed()));
    // Its keeper may end a moment after its last line.
    EXPECT_TRUE(eventually(io, [&] {
        std::string const before = sessions();
        auto const next = start(service(), "exit 0");
        return next && ends(*next) && sessions() == before;
    }));
}

TEST_F(Session, is_closed_after_the_server_also_when_the_helper_died)
{
    auto const server = start(service(), "exec sleep 60");
    ASSERT_TRUE(server);
    helper.reset();
    EXPECT_TRUE(process_exists((*server)->id().pid));
    EXPECT_EQ(sessions(), opened());
    kill((*server)->id().pid, SIGKILL);
    EXPECT_TRUE(sessions_become(opened() + closed()));
}

TEST_F(Session, a_start_that_comes_to_nothing_closes_it)
{
    auto const tells = service();
    auto what = command({"no-such-command"});
    what.user = ada->name;
    what.pam_service = tells.name;
    auto const prepared = run(io, helper->prepare(what));
    ASSERT_TRUE(prepared);
    EXPECT_FALSE(run(io, helper->release((*prepared)->id().pid)));
    EXPECT_TRUE(sessions_become(opened() + closed()));
}

TEST_F(Session, needs_a_named_account_and_a_service_that_is_no_path)
{
    auto what = command({"true"});
    what.pam_service = "login";
    EXPECT_EQ(run(io, helper->prepare(what)).error().code, Errc::invalid_argument) << "the own account";
    what.user = ada->name;
    what.pam_service = "../../tmp/evil";
    EXPECT_EQ(run(io, helper->prepare(what)).error().code, Errc::invalid_argument);
}

} // namespace
} // namespace jhub::privileged
