// The supervisor against its hub, honest or taken over. Works without root as well: it then supervises with the
// privileges of whoever runs the tests, under the same rules.
#include <poll.h>
#include <signal.h> // NOLINT: signal numbers are POSIX
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>

#include "base/packets.hpp"
#include "base/sealed_file.hpp"
#include "privileged/supervisor_process.hpp"
#include "support.hpp"

namespace jhub::privileged {
namespace {

using test::read_file;
using namespace std::chrono_literals;

class SupervisorTest : public testing::Test {
  protected:
    SupervisorTest()
    {
        directory = std::filesystem::temp_directory_path() / ("supervisor-" + std::to_string(getpid()));
        std::filesystem::create_directory(directory);
        std::ofstream(program()) << "#!/bin/sh\necho \"$CONFIGPROXY_AUTH_TOKEN $*\" >\"$0.said\"\nsleep 60\n";
        std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
    }
    ~SupervisorTest() override { std::filesystem::remove_all(directory); }
    [[nodiscard]] std::string program() const { return directory / "some-proxy"; }
    [[nodiscard]] SupervisorPlan plan() const
    {
        SupervisorPlan result;
        result.helper.path = JHUB_BINARY_DIR "/jupyterhub-helper";
        result.helper.policy.hub = HubIdentity{getuid(), getgid()};
        result.hub.uid = getuid();
        result.proxy_command = {program(), "--port", "8000"};
        result.proxy_pid_file = directory / "proxy.pid";
        result.hub_pid_file = directory / "hub.pid";
        return result;
    }
    void launch(SupervisorPlan const& with)
    {
        auto launched = Supervisor::launch(with);
        ASSERT_TRUE(launched) << launched.error().message;
        supervisor = *std::move(launched);
    }
    static bool until(std::function<bool()> const& condition)
    {
        for (int i = 0; i < 1000 && !condition(); ++i)
            usleep(5000);
        return condition();
    }
    [[nodiscard]] bool has_ended() const
    {
        pollfd query{supervisor->channel(), POLLIN, 0};
        char byte = 0;
        return poll(&query, 1, 5000) == 1 && recv(supervisor->channel(), &byte, 1, MSG_PEEK) <= 0;
    }

    std::filesystem::path directory;
    std::unique_ptr<Supervisor> supervisor;
};

TEST_F(SupervisorTest, a_helper_that_it_started_serves_the_hub)
{
    launch(plan());
    asio::io_context io;
    auto const helper = Helper::launch(io.get_executor(), {.supervisor = supervisor.get()});
    ASSERT_TRUE(helper) << helper.error().message;
    auto const account = test::run(io, (*helper)->account("root"));
    ASSERT_TRUE(account);
    EXPECT_EQ(account->uid, 0U);
    int const first = (*helper)->helper_pid();
    kill(first, SIGKILL);
    EXPECT_TRUE(test::eventually(io, [&] { return (*helper)->helper_pid() != first && (*helper)->helper_pid() != 0; }));
    EXPECT_TRUE(test::run(io, (*helper)->account("root"))) << "the next one, too";
}

TEST_F(SupervisorTest, only_a_socket_that_the_hubs_account_made_gets_a_helper)
{
    auto strangers = plan();
    strangers.hub.uid = getuid() + 1;
    launch(strangers);
    std::array<int, 2> pair{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
    EXPECT_FALSE(supervisor->start_helper(pair[1]));
    close(pair[0]);
    close(pair[1]);
}

TEST_F(SupervisorTest, the_proxy_gets_its_token_and_what_was_settled_before)
{
    launch(plan());
    auto const pid = supervisor->start_proxy("secret token");
    ASSERT_TRUE(pid) << pid.error().message;
    EXPECT_TRUE(until([&] { return read_file(program() + ".said") == "secret token --port 8000\n"; }));
    EXPECT_EQ(read_file(directory / "proxy.pid"), std::to_string(*pid));
    EXPECT_EQ(getsid(*pid), *pid) << "a session of its own";
    kill(*pid, SIGKILL);
}

TEST_F(SupervisorTest, a_proxy_is_signalled_and_a_stranger_is_not)
{
    launch(plan());
    auto const proxy = supervisor->start_proxy("x");
    ASSERT_TRUE(proxy);
    ASSERT_TRUE(until([&] { return runs_program(*proxy, program()); }));
    pid_t const stranger = fork();
    if (stranger == 0) {
        pause();
        _exit(0);
    }
    EXPECT_FALSE(supervisor->signal_proxy(stranger, SIGKILL));
    EXPECT_FALSE(supervisor->signal_proxy(1, SIGTERM));
    EXPECT_FALSE(supervisor->signal_proxy(-1, SIGKILL));
    EXPECT_FALSE(supervisor->signal_proxy(*proxy, SIGSTOP)) << "only what ends it";
    EXPECT_EQ(kill(stranger, 0), 0);
    EXPECT_EQ(waitpid(stranger, nullptr, WNOHANG), 0) << "it lives";
    EXPECT_TRUE(supervisor->signal_proxy(*proxy, SIGKILL));
    EXPECT_TRUE(until([&] { return kill(*proxy, 0) != 0; }));
    kill(stranger, SIGKILL);
    waitpid(stranger, nullptr, 0);
}

TEST_F(SupervisorTest, a_command_that_cannot_run_is_an_error_and_no_end)
{
    auto wrong = plan();
    wrong.proxy_command = {"/no/such/proxy"};
    launch(wrong);
    EXPECT_FALSE(supervisor->start_proxy("x"));
    EXPECT_FALSE(supervisor->start_proxy(std::string("x\0y", 3)));
    EXPECT_FALSE(supervisor->start_proxy(std::string(2000, 'x')));
    supervisor->remove_hub_pid_file();
    EXPECT_FALSE(has_ended()) << "it serves on";
}

TEST_F(SupervisorTest, the_hubs_pid_file_can_be_removed)
{
    std::ofstream(directory / "hub.pid") << "1";
    launch(plan());
    supervisor->remove_hub_pid_file();
    EXPECT_FALSE(std::filesystem::exists(directory / "hub.pid"));
}

TEST_F(SupervisorTest, packets_of_another_size_end_it)
{
    launch(plan());
    std::string const bytes(17, 'x');
    send(supervisor->channel(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    EXPECT_TRUE(has_ended());
}

TEST_F(SupervisorTest, nonsense_of_the_right_size_is_refused)
{
    auto nothing = plan();
    nothing.proxy_command.clear();
    nothing.helper.path = "/no/such/helper";
    launch(nothing);
    std::mt19937 random(20260103); // NOLINT: the same bytes each run
    for (int round = 0; round < 200; ++round) {
        std::array<char, sizeof(SupervisorRequest)> bytes{};
        std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
        if (round % 2 == 0) { // a known kind
            bytes = {};
            bytes[0] = static_cast<char>(round / 2 % 6);
            bytes[4 + random() % 1000] = static_cast<char>(random());
        }
        int const descriptor = round % 3 == 0 ? STDERR_FILENO : -1;
        ASSERT_GT(send_packet(supervisor->channel(), {bytes.data(), bytes.size()}, one_or_none(descriptor)), 0);
        SupervisorAnswer answer;
        int received = -1;
        ASSERT_EQ(receive_with_descriptor(supervisor->channel(), &answer, sizeof answer, received), sizeof answer);
        EXPECT_NE(answer.error, 0) << "round " << round;
    }
}

TEST_F(SupervisorTest, it_ends_with_its_hub)
{
    launch(plan());
    shutdown(supervisor->channel(), SHUT_WR); // as the end of the hub looks from there
    EXPECT_TRUE(has_ended());
}

// ---- the Python process ----

class SupervisedPython : public SupervisorTest {
  protected:
    SupervisedPython()
    {
        with_python = plan();
        with_python.python = std::make_shared<PythonProgram>();
        with_python.python->command = {
            "/bin/sh", "-c", "cat /proc/self/fd/$0 >\"$TOLD\"; ls /proc/self/fd >&3; read line <&3; echo $line >&3"};
        with_python.python->environment = {"PATH=/usr/bin:/bin", "TOLD=" + told()};
        with_python.python->request = sealed_file("test", "what root has settled").value();
    }
    [[nodiscard]] std::string told() const { return directory / "told"; }

    struct Ours {
        Descriptor channel;
        Result<int> pid;
    };
    Ours start()
    {
        std::array<int, 2> pair{};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
        Descriptor const its(pair[1]);
        return {Descriptor(pair[0]), supervisor->start_python(its.get())};
    }
    // What comes until the other end is closed, or asks for more.
    static std::string read_from(Descriptor const& channel)
    {
        std::array<char, 4096> text{};
        pollfd query{channel.get(), POLLIN, 0};
        if (poll(&query, 1, 5000) != 1)
            return "nothing came";
        return {text.data(),
                static_cast<std::size_t>(std::max<ssize_t>(0, read(channel.get(), text.data(), text.size())))};
    }
    static bool is_gone(int pid)
    {
        return until([pid] {
            waitpid(pid, nullptr, WNOHANG); // one that this process has forked
            return kill(pid, 0) != 0;
        });
    }

    SupervisorPlan with_python;
};

TEST_F(SupervisedPython, gets_the_hubs_socket_and_what_was_sealed_and_nothing_else)
{
    launch(with_python);
    for (int round = 0; round < 2; ++round) {
        auto const ours = start();
        ASSERT_TRUE(ours.pid) << ours.pid.error().message;
        std::string const descriptors = read_from(ours.channel);
        EXPECT_EQ(read_file(told()), "what root has settled") << "also the second one, from its beginning";
        EXPECT_EQ(descriptors, "0\n1\n2\n3\n4\n5\n") << "the last one is the look itself";
        ASSERT_EQ(write(ours.channel.get(), "hello\n", 6), 6);
        EXPECT_EQ(read_from(ours.channel), "hello\n");
        std::filesystem::remove(told());
    }
}

TEST_F(SupervisedPython, what_was_sealed_cannot_be_changed)
{
    int const file = with_python.python->request.get();
    EXPECT_EQ(pwrite(file, "x", 1, 0), -1);
    EXPECT_EQ(ftruncate(file, 0), -1);
    EXPECT_EQ(ftruncate(file, 1000), -1);
}

TEST_F(SupervisedPython, there_is_one_at_a_time_and_none_when_the_hub_wants_none)
{
    pid_t const first = fork();
    if (first == 0) {
        pause();
        _exit(0);
    }
    with_python.python->running = first;
    launch(with_python);
    auto const second = start();
    ASSERT_TRUE(second.pid);
    EXPECT_TRUE(is_gone(first));
    auto const third = start();
    ASSERT_TRUE(third.pid);
    EXPECT_TRUE(is_gone(*second.pid));
    supervisor->end_python();
    EXPECT_TRUE(is_gone(*third.pid));
}

TEST_F(SupervisedPython, ends_with_the_hub)
{
    launch(with_python);
    auto const ours = start();
    ASSERT_TRUE(ours.pid);
    shutdown(supervisor->channel(), SHUT_WR);
    EXPECT_TRUE(is_gone(*ours.pid));
}

TEST_F(SupervisedPython, is_not_started_without_end)
{
    launch(with_python);
    int started = 0;
    for (int i = 0; i < 30; ++i)
        started += start().pid.has_value() ? 1 : 0;
    EXPECT_LE(started, 15);
    EXPECT_GE(started, 10);
    EXPECT_FALSE(has_ended()) << "the supervisor serves on";
}

TEST_F(SupervisedPython, is_not_started_for_a_stranger_or_against_an_objection)
{
    with_python.python->objection = [] { return std::string("everybody can write to it"); };
    launch(with_python);
    auto const ours = start();
    EXPECT_EQ(read_from(ours.channel), "") << "it ends without a word";
    EXPECT_FALSE(std::filesystem::exists(told()));

    with_python.hub.uid = getuid() + 1;
    launch(with_python);
    EXPECT_FALSE(start().pid);
    with_python.python = nullptr;
    with_python.hub.uid = getuid();
    launch(with_python);
    EXPECT_FALSE(start().pid) << "there is no such program";
}

} // namespace
} // namespace jhub::privileged
