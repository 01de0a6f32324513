// The local spawners with real processes, through the real helper program.
#include "spawn/local_process_spawner.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/strings.hpp"
#include "privileged/support.hpp"
#include "spawn/output_file.hpp"

namespace jhub::spawn {
namespace {

using namespace jhub::test;
using privileged::ProcessId;

class SimpleSpawner : public WithHelper {
  protected:
    void SetUp() override
    {
        WithHelper::SetUp();
        local.home_dir_template = directory.path + "/{username}-{userid}";
        local.log_dir = directory.path + "/logs";
        local.interrupt_timeout = local.term_timeout = 300ms;
        renew();
    }
    void TearDown() override
    {
        if (spawner)
            EXPECT_TRUE(run(io, spawner->stop(StopMode::now)));
    }
    // As after a restart of the hub: a new object, and a new helper.
    void restart_hub()
    {
        spawner.reset();
        helper.reset();
        WithHelper::SetUp();
        renew();
    }
    virtual void renew()
    {
        OnProcess const note = [this](ProcessId id) { return on_process(id); };
        spawner =
            make_local_spawner("simple", *helper, {.user_name = "ada", .server_name = "", .user_id = 7}, local, note);
    }
    virtual Async<> on_process(ProcessId id)
    {
        stored = id;
        co_return Result<>{};
    }
    Result<Endpoint> start(std::vector<std::string> cmd, Environment env = {{"PATH", "/usr/bin:/bin"}})
    {
        return run(io, spawner->start({.user_name = "ada", .env = std::move(env), .cmd = std::move(cmd)}));
    }
    Result<Endpoint> start_shell(std::string const& script) { return start({"sh", "-c", script}); }
    std::optional<int> poll() { return run(io, spawner->poll()).value(); }
    bool ends()
    {
        return eventually(io, [&] { return poll().has_value(); });
    }
    bool prints(std::string const& text)
    {
        return eventually(io, [&] { return spawner->last_output(50).contains(text); });
    }
    int pid() const { return spawner->state().value("pid", 0); }

    LocalOptions local;
    std::unique_ptr<Spawner> spawner;
    std::optional<ProcessId> stored;
};

TEST_F(SimpleSpawner, makes_the_home_directory_and_sets_the_variables_of_the_account)
{
    Environment const env{{"PATH", "/usr/bin"}, {"HOME", "/wrong"}, {"X", "y"}};
    ASSERT_TRUE(start({"env"}, env));
    ASSERT_TRUE(ends());
    std::string const home = directory.path + "/ada-7";
    EXPECT_EQ(spawner->last_output(50), "PATH=/usr/bin\nHOME=" + home + "\nX=y\nUSER=ada\nSHELL=/bin/bash");
    renew();
    ASSERT_TRUE(start({"pwd"}));
    ASSERT_TRUE(ends());
    EXPECT_EQ(spawner->last_output(50), home);
    struct stat facts{};
    ASSERT_EQ(stat(home.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0755u);
}

TEST_F(SimpleSpawner, a_running_server_has_a_state_and_no_exit_status)
{
    auto const endpoint = start({"sleep", "60"});
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(poll(), std::nullopt);
    ASSERT_TRUE(stored);
    EXPECT_EQ(spawner->state().dump(), "{\"pid\":" + std::to_string(stored->pid) + "}");
    EXPECT_TRUE(process_exists(stored->pid));
    EXPECT_FALSE(start({"sleep", "60"})) << "one object, one server";
}

TEST_F(SimpleSpawner, a_server_that_never_started_polls_as_zero)
{
    EXPECT_EQ(poll(), 0);
    EXPECT_EQ(spawner->state(), Json::object());
    EXPECT_TRUE(run(io, spawner->stop(StopMode::gentle)));
}

TEST_F(SimpleSpawner, the_chosen_port_is_free_and_stays)
{
    auto const chosen = spawner->choose_endpoint();
    ASSERT_TRUE(chosen);
    EXPECT_GT(chosen->port, 1024);
    EXPECT_EQ(chosen->ip, "127.0.0.1");
    EXPECT_EQ(start({"sleep", "60"})->port, chosen->port);
}

TEST_F(SimpleSpawner, all_interfaces_are_reached_through_the_loopback)
{
    local.ip = "";
    local.port = 4711;
    renew();
    EXPECT_EQ(spawner->choose_endpoint()->ip, "");
    auto const endpoint = start({"sleep", "60"});
    EXPECT_EQ(endpoint->ip, "127.0.0.1");
    EXPECT_EQ(endpoint->port, 4711);
}

TEST_F(SimpleSpawner, a_shell_gets_the_command_as_one_quoted_word)
{
    local.shell_cmd = {"sh", "-c"};
    renew();
    ASSERT_TRUE(start({"printf", "%s|", "two words", "$HOME"}));
    ASSERT_TRUE(prints("two words|$HOME|"));
}

TEST_F(SimpleSpawner, exit_statuses_are_told_at_once)
{
    std::optional<int> told;
    spawner->on_exit([&](std::optional<int> status) { told = status; });
    ASSERT_TRUE(start_shell("exit 5"));
    ASSERT_TRUE(eventually(io, [&] { return told.has_value(); }));
    EXPECT_EQ(told, 5);
    EXPECT_EQ(poll(), 5);
    EXPECT_EQ(spawner->state(), Json::object());
}

// ---- stopping ----

TEST_F(SimpleSpawner, a_gentle_stop_begins_with_an_interrupt)
{
    ASSERT_TRUE(start_shell("trap 'echo interrupted; exit 0' INT; trap 'echo terminated; exit 0' TERM; echo up; "
                            "while :; do sleep 0.05; done"));
    ASSERT_TRUE(prints("up"));
    ASSERT_TRUE(run(io, spawner->stop(StopMode::gentle)));
    EXPECT_TRUE(spawner->last_output(5).ends_with("interrupted"));
    EXPECT_EQ(poll(), 0);
}

TEST_F(SimpleSpawner, a_stop_now_skips_the_interrupt)
{
    ASSERT_TRUE(start_shell("trap 'echo interrupted; exit 0' INT; trap 'echo terminated; exit 0' TERM; echo up; "
                            "while :; do sleep 0.05; done"));
    ASSERT_TRUE(prints("up"));
    ASSERT_TRUE(run(io, spawner->stop(StopMode::now)));
    EXPECT_TRUE(spawner->last_output(5).ends_with("terminated"));
}

TEST_F(SimpleSpawner, a_server_that_ignores_both_is_killed)
{
    ASSERT_TRUE(start_shell("trap '' INT TERM; echo up; while :; do sleep 0.05; done"));
    ASSERT_TRUE(prints("up"));
    int const number = pid();
    std::optional<int> told;
    spawner->on_exit([&](std::optional<int> status) { told = status; });
    auto const before = std::chrono::steady_clock::now();
    ASSERT_TRUE(run(io, spawner->stop(StopMode::gentle)));
    EXPECT_GE(std::chrono::steady_clock::now() - before, 600ms) << "both got their time";
    EXPECT_FALSE(process_exists(number));
    EXPECT_TRUE(eventually(io, [&] { return told == -9; }));
    EXPECT_EQ(spawner->state(), Json::object());
}

TEST_F(SimpleSpawner, a_stop_works_while_the_helper_is_restarted)
{
    ASSERT_TRUE(start({"sleep", "60"}));
    int const number = pid();
    kill(helper->helper_pid(), SIGKILL);
    EXPECT_TRUE(run(io, spawner->stop(StopMode::gentle)));
    EXPECT_FALSE(process_exists(number));
}

TEST_F(SimpleSpawner, a_stop_during_the_start_leaves_nothing_behind)
{
    std::optional<Result<Endpoint>> outcome;
    asio::co_spawn(io, spawner->start({.user_name = "ada", .env = {{"PATH", "/usr/bin"}}, .cmd = {"sleep", "60"}}),
                   [&](std::exception_ptr, Result<Endpoint> value) { outcome = std::move(value); });
    io.restart();
    io.poll(); // the start has begun
    ASSERT_TRUE(run(io, spawner->stop(StopMode::now)));
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(*outcome);
    EXPECT_TRUE(!stored || !process_exists(stored->pid));
}

TEST_F(SimpleSpawner, a_spawner_dropped_during_the_start_leaves_nothing_behind)
{
    std::optional<Result<Endpoint>> outcome;
    asio::co_spawn(io, spawner->start({.user_name = "ada", .env = {{"PATH", "/usr/bin"}}, .cmd = {"sleep", "60"}}),
                   [&](std::exception_ptr, Result<Endpoint> value) { outcome = std::move(value); });
    io.restart();
    io.poll();
    spawner.reset();
    ASSERT_TRUE(eventually(io, [&] { return outcome.has_value(); }));
    EXPECT_FALSE(*outcome);
    EXPECT_TRUE(!stored || !process_exists(stored->pid));
}

// ---- failing ----

class FailingStore : public SimpleSpawner {
    Async<> on_process(ProcessId id) override
    {
        stored = id;
        co_return fail(Errc::unavailable, "The database is locked.");
    }
};

TEST_F(FailingStore, a_process_that_cannot_be_stored_never_runs_its_command)
{
    auto const started = start({"touch", directory.path + "/ran"});
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message, "The database is locked.");
    EXPECT_FALSE(process_exists(stored->pid));
    EXPECT_FALSE(std::filesystem::exists(directory.path + "/ran"));
}

TEST_F(SimpleSpawner, a_missing_command_is_diagnosed)
{
    auto const started = start({"no-such-server"});
    ASSERT_FALSE(started);
    Diagnosis const diagnosis = spawner->diagnose(started.error());
    EXPECT_EQ(diagnosis.reason, "Command not found: no-such-server (PATH is /usr/bin:/bin)");
    EXPECT_FALSE(diagnosis.advice.empty());
    EXPECT_EQ(poll(), 0);
    EXPECT_FALSE(process_exists(stored->pid));
}

TEST_F(SimpleSpawner, a_server_that_dies_is_diagnosed_with_its_last_words)
{
    ASSERT_TRUE(start_shell("echo first; echo 'OSError: Address already in use' >&2; exit 1"));
    ASSERT_TRUE(ends());
    Diagnosis const diagnosis = spawner->diagnose({Errc::failed, "The server ended before it answered.", {}});
    EXPECT_EQ(diagnosis.reason, "The server's port was taken by another program.");
    EXPECT_EQ(diagnosis.output, "first\nOSError: Address already in use");
}

TEST_F(SimpleSpawner, a_flood_of_output_stays_bounded_and_the_server_runs_on)
{
    ASSERT_TRUE(start_shell("head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; echo the end; exec sleep 60"));
    std::string const path = directory.path + "/logs/ada.log";
    ASSERT_TRUE(prints("the end"));
    ASSERT_TRUE(eventually(io, [&] { return std::filesystem::file_size(path) < OutputFile::limit; }));
    EXPECT_EQ(spawner->last_output(1), "the end") << "kept although the file is empty";
    EXPECT_EQ(poll(), std::nullopt);
}

TEST_F(SimpleSpawner, a_new_start_shows_nothing_of_the_last_one)
{
    ASSERT_TRUE(start_shell("echo old"));
    ASSERT_TRUE(prints("old"));
    ASSERT_TRUE(ends());
    renew();
    ASSERT_TRUE(start_shell("echo new"));
    ASSERT_TRUE(prints("new"));
    EXPECT_EQ(spawner->last_output(10), "new");
}

// ---- a restart of the hub ----

TEST_F(SimpleSpawner, a_restarted_hub_finds_its_server_again)
{
    ASSERT_TRUE(start_shell("echo hello; exec sleep 60"));
    ASSERT_TRUE(prints("hello"));
    Json const saved = spawner->state();
    restart_hub();
    ASSERT_TRUE(run(io, spawner->load_state(saved, stored)));
    EXPECT_EQ(poll(), std::nullopt);
    EXPECT_EQ(spawner->state(), saved);
    EXPECT_EQ(spawner->last_output(5), "hello");
    std::optional<int> told;
    bool called = false;
    spawner->on_exit([&](std::optional<int> status) { told = status, called = true; });
    EXPECT_TRUE(run(io, spawner->stop(StopMode::gentle)));
    EXPECT_FALSE(process_exists(stored->pid));
    EXPECT_TRUE(eventually(io, [&] { return called; }));
}

TEST_F(SimpleSpawner, a_server_of_a_python_hub_is_found_by_its_number_and_then_stored_whole)
{
    ASSERT_TRUE(start({"sleep", "60"}));
    Json const saved = spawner->state();
    ProcessId const first = *stored;
    restart_hub();
    stored.reset();
    ASSERT_TRUE(run(io, spawner->load_state(saved, std::nullopt)));
    EXPECT_EQ(poll(), std::nullopt);
    EXPECT_EQ(stored, first);
}

TEST_F(SimpleSpawner, our_own_row_is_ignored_when_the_state_names_another_process)
{
    ASSERT_TRUE(start({"sleep", "60"}));
    Json const saved = spawner->state();
    ProcessId older = *stored; // from before a Python hub started the present server
    older.pid += 1;
    older.start_time = 1;
    restart_hub();
    ASSERT_TRUE(run(io, spawner->load_state(saved, older)));
    EXPECT_EQ(poll(), std::nullopt);
}

TEST_F(SimpleSpawner, a_reused_number_is_not_the_server)
{
    ASSERT_TRUE(start({"sleep", "60"}));
    Json const saved = spawner->state();
    ProcessId victim = *stored;
    victim.start_time -= 100; // what was stored was started earlier
    int const number = pid();
    restart_hub();
    ASSERT_TRUE(run(io, spawner->load_state(saved, victim)));
    EXPECT_EQ(poll(), 0) << "gone, says the hub";
    EXPECT_TRUE(run(io, spawner->stop(StopMode::now)));
    EXPECT_TRUE(process_exists(number)) << "and the stranger is left alone";
    kill(number, SIGKILL);
}

TEST_F(SimpleSpawner, a_server_that_ended_meanwhile_or_a_strange_state_is_no_error)
{
    for (char const* text : {"{}", "{\"pid\":0}", "{\"pid\":-5}", "{\"pid\":\"x\"}", "null", "{\"pid\":4194303}"}) {
        EXPECT_TRUE(run(io, spawner->load_state(Json::parse(text), std::nullopt))) << text;
        EXPECT_EQ(poll(), 0);
    }
}

// ---- system accounts ----

class LocalSpawner : public SimpleSpawner {
  protected:
    void SetUp() override
    {
        SKIP_UNLESS_ROOT();
        account.emplace(unique_name("jhtl"));
        SimpleSpawner::SetUp();
    }
    void renew() override
    {
        OnProcess const note = [this](ProcessId id) { return on_process(id); };
        spawner = make_local_spawner("jupyterhub.spawner.LocalProcessSpawner", *helper, {.user_name = account->name},
                                     local, note);
    }
    std::optional<TemporaryAccount> account;
};

TEST_F(LocalSpawner, runs_as_the_user_in_its_home)
{
    ASSERT_TRUE(start_shell("id -un; pwd; echo $USER $HOME $SHELL; exec sleep 60"));
    EXPECT_TRUE(prints("/bin/bash"));
    EXPECT_EQ(spawner->last_output(5),
              account->name + "\n" + account->home + "\n" + account->name + " " + account->home + " /bin/bash");
    EXPECT_EQ(stored->uid, account->uid);
}

TEST_F(LocalSpawner, a_missing_account_is_diagnosed)
{
    spawner = make_local_spawner("local", *helper, {.user_name = "no-such-account"}, local, {});
    auto const started = start({"true"});
    ASSERT_FALSE(started);
    EXPECT_TRUE(spawner->diagnose(started.error()).advice.contains("create_system_users"));
}

TEST_F(LocalSpawner, a_missing_home_is_diagnosed_when_the_server_fails)
{
    std::filesystem::remove_all(account->home);
    ASSERT_TRUE(start_shell("exit 1"));
    ASSERT_TRUE(ends());
    EXPECT_TRUE(spawner->diagnose({Errc::failed, "x", {}}).reason.contains("home directory"));
}

TEST_F(LocalSpawner, by_number_alone_only_a_process_of_the_account_is_taken_over)
{
    ASSERT_TRUE(start({"sleep", "60"}));
    Json const saved = spawner->state();
    int const number = pid();
    restart_hub();
    TemporaryAccount const bob(unique_name("jhtm"));
    auto const other = make_local_spawner("local", *helper, {.user_name = bob.name}, local, {});
    ASSERT_TRUE(run(io, other->load_state(saved, std::nullopt)));
    EXPECT_EQ(run(io, other->poll()).value(), 0);
    auto const of_the_system = make_local_spawner("local", *helper, {.user_name = "daemon"}, local, {});
    EXPECT_EQ(run(io, of_the_system->load_state(saved, std::nullopt)).error().code, Errc::forbidden);
    ASSERT_TRUE(run(io, spawner->load_state(saved, std::nullopt)));
    EXPECT_EQ(pid(), number);
}

// A server of the account, at 127.0.0.1 and that port; answers nobody.
class Listener {
  public:
    Listener(uid_t account, std::uint16_t port, int type = AF_INET)
    {
        std::array<int, 2> ready{};
        EXPECT_EQ(pipe(ready.data()), 0);
        pid_ = fork();
        if (pid_ == 0) {
            sockaddr_in6 at{};
            bool bound = setresuid(account, account, account) == 0;
            int const listening = socket(type, SOCK_STREAM, 0);
            at.sin6_port = htons(port); // at the same place in both kinds
            at.sin6_family = static_cast<sa_family_t>(type);
            if (type == AF_INET)
                reinterpret_cast<sockaddr_in*>(&at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            bound =
                bound && bind(listening, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 && listen(listening, 1) == 0;
            for (char const answer = bound ? 'y' : 'n'; write(ready[1], &answer, 1) == 1;)
                pause();
        }
        char answer = 0;
        EXPECT_TRUE(read(ready[0], &answer, 1) == 1 && answer == 'y');
        close(ready[0]);
        close(ready[1]);
    }
    ~Listener()
    {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    Listener(Listener const&) = delete;
    Listener& operator=(Listener const&) = delete;

  private:
    pid_t pid_;
};

// S-SPAWN-04
TEST_F(LocalSpawner, a_port_that_another_account_took_is_not_the_server)
{
    TemporaryAccount const bob(unique_name("jhtb"));
    std::uint16_t const port = spawner->choose_endpoint()->port;
    ASSERT_TRUE(start({"sleep", "60"}));
    {
        Listener const thief(bob.uid, port);
        auto const checked = spawner->check_listener("127.0.0.1", port);
        ASSERT_FALSE(checked);
        EXPECT_TRUE(checked.error().detail.contains(std::to_string(bob.uid)));
        EXPECT_TRUE(spawner->diagnose(checked.error()).advice.contains("another port"));
        EXPECT_FALSE(spawner->check_listener("localhost", port));
        EXPECT_FALSE(spawner->check_listener("::ffff:127.0.0.1", port));
        EXPECT_TRUE(spawner->check_listener("192.0.2.1", port)) << "he listens elsewhere";
    }
    EXPECT_FALSE(spawner->check_listener("127.0.0.1", port)) << "he answered and left: he may come back";
    {
        Listener const everywhere(bob.uid, port, AF_INET6);
        EXPECT_FALSE(spawner->check_listener("127.0.0.1", port));
    }
    {
        Listener const own(account->uid, port);
        EXPECT_TRUE(spawner->check_listener("127.0.0.1", port));
    }
    Listener const of_root(0, port, AF_INET6);
    EXPECT_TRUE(spawner->check_listener("127.0.0.1", port));
}

TEST(MakeLocalSpawner, knows_its_two_classes_and_no_other)
{
    asio::io_context io;
    auto const helper =
        privileged::Helper::launch(io.get_executor(), {.program = JHUB_BINARY_DIR "/jupyterhub-helper"});
    ASSERT_TRUE(helper);
    EXPECT_NE(make_local_spawner("SimpleLocalProcessSpawner", **helper, {}, {}, {}), nullptr);
    EXPECT_EQ(make_local_spawner("dockerspawner.DockerSpawner", **helper, {}, {}, {}), nullptr);
}

} // namespace
} // namespace jhub::spawn
