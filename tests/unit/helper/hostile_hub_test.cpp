// The helper program against a hub that somebody has taken over: whatever comes through the socket, it answers, refuses
// or ends; it does not crash and does not run anything it should not.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <gtest/gtest.h>

#include "helper/process_info.hpp"
#include "privileged/helper_program.hpp"
#include "privileged/messages.hpp"

namespace jhub::privileged {
namespace {

using namespace std::chrono_literals;

class HostileHub : public testing::Test {
  protected:
    void SetUp() override { launch(); }
    void TearDown() override { end(); }
    virtual void launch()
    {
        auto started = start_helper({.program = JHUB_BINARY_DIR "/jupyterhub-helper"});
        ASSERT_TRUE(started) << started.error().message;
        helper = *started;
    }
    // Its exit status; kills it when it does not end by itself after its socket was closed.
    int end()
    {
        if (helper.socket < 0)
            return -1;
        close(std::exchange(helper.socket, -1));
        return exit_status();
    }
    int exit_status()
    {
        pollfd query{helper.pidfd, POLLIN, 0};
        if (poll(&query, 1, 5000) != 1)
            kill(helper.pid, SIGKILL);
        int status = 0;
        waitpid(helper.pid, &status, 0);
        close(helper.pidfd);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    void say(std::string_view bytes, std::vector<int> const& descriptors = {}) const
    {
        iovec data{const_cast<char*>(bytes.data()), bytes.size()};
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(16 * sizeof(int))> control{};
        if (!descriptors.empty()) {
            message.msg_control = control.data();
            message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
            cmsghdr* const part = CMSG_FIRSTHDR(&message);
            part->cmsg_level = SOL_SOCKET;
            part->cmsg_type = SCM_RIGHTS;
            part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
            std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size() * sizeof(int));
        }
        sendmsg(helper.socket, &message, MSG_NOSIGNAL);
    }
    void say(wire::Message message, std::vector<int> const& descriptors = {}) const
    {
        say(wire::encode({1, std::move(message)}).value(), descriptors);
    }
    // The next answer; nothing when the helper hung up.
    std::optional<wire::Message> hear() const
    {
        std::string buffer(wire::max_message, '\0');
        pollfd query{helper.socket, POLLIN, 0};
        ssize_t const size = poll(&query, 1, 5000) == 1 ? recv(helper.socket, buffer.data(), buffer.size(), 0) : -1;
        auto packet = wire::decode({buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
        return packet ? std::optional(std::move(packet->message)) : std::nullopt;
    }
    StartedHelper helper;
};

TEST_F(HostileHub, an_honest_question_is_answered_and_closing_ends_the_helper)
{
    say(wire::LookUp{"root"});
    auto const answer = hear();
    ASSERT_TRUE(answer && std::holds_alternative<Account>(*answer));
    EXPECT_EQ(end(), 0);
}

// S-SPAWN-07
TEST_F(HostileHub, garbage_ends_the_connection)
{
    std::string const whole = wire::encode({1, wire::LookUp{"root"}}).value();
    std::string unknown_kind = whole;
    unknown_kind[1] = '\x7f';
    std::string too_long_text = whole;
    too_long_text.replace(6, 4, "\xff\xff\xff\xff"); // the length of its name
    for (std::string const& bytes :
         {std::string("x"), std::string(200, '\0'), whole + "x", whole + whole, whole.substr(0, 9), unknown_kind,
          too_long_text, wire::encode({1, wire::Done{}}).value()}) {
        say(bytes);
        EXPECT_EQ(hear(), std::nullopt);
        EXPECT_EQ(exit_status(), 0) << "it ends by itself, in good order";
        close(helper.socket);
        launch();
    }
}

// S-SPAWN-07
TEST_F(HostileHub, random_changes_to_requests_never_crash_it)
{
    std::mt19937 random(20260102); // NOLINT: the same bytes each run
    ProcessId const nobody{.pid = 4194303, .start_time = 1, .boot_id = "x", .uid = 1};
    std::vector<std::string> seeds;
    for (wire::Message const& message : std::initializer_list<wire::Message>{
             wire::Prepare{.user = "no-such-user", .argv = {"true"}, .env = {{"A", "b"}}}, wire::Release{4194303},
             wire::Watch{nobody, "no-such-user"}, wire::Signal{nobody, 0}, wire::LookUp{"no-such-user"},
             wire::Authenticate{.service = "", .user = "no-such-user", .password = "x", .timeout_ms = 50}})
        seeds.push_back(wire::encode({1, message}).value());
    for (int round = 0; round < 300; ++round) {
        std::string bytes = seeds[random() % seeds.size()];
        // Behind the request number: a changed version or kind would only end the connection.
        bytes[6 + random() % (bytes.size() - 6)] ^= static_cast<char>(1 << random() % 8);
        say(bytes);
        if (hear())
            continue;
        ASSERT_EQ(exit_status(), 0) << "round " << round;
        close(helper.socket);
        launch();
    }
}

// S-SPAWN-07
TEST_F(HostileHub, more_descriptors_than_one_are_refused_and_do_not_stay_open)
{
    std::vector<int> const many(8, STDERR_FILENO);
    say(wire::LookUp{"root"}, many);
    EXPECT_EQ(hear(), std::nullopt);
    EXPECT_EQ(exit_status(), 0);
    close(std::exchange(helper.socket, -1));
}

TEST_F(HostileHub, an_unneeded_descriptor_is_closed)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    say(wire::LookUp{"root"}, {ends[1]});
    close(ends[1]);
    ASSERT_TRUE(hear());
    pollfd query{ends[0], POLLIN, 0};
    EXPECT_EQ(poll(&query, 1, 5000), 1) << "the last writing end must be closed";
    close(ends[0]);
}

TEST_F(HostileHub, a_start_without_an_output_is_refused)
{
    say(wire::Prepare{.argv = {"true"}});
    auto const answer = hear();
    ASSERT_TRUE(answer && std::holds_alternative<wire::Failed>(*answer));
    EXPECT_EQ(std::get<wire::Failed>(*answer).code, Errc::invalid_argument);
}

TEST_F(HostileHub, signals_reach_no_process_that_the_helper_does_not_watch)
{
    pid_t const bystander = fork();
    if (bystander == 0) {
        pause();
        _exit(0);
    }
    for (int const pid : {bystander, 1, 0, -1, -bystander}) {
        say(wire::Signal{{.pid = pid}, SIGKILL});
        auto const answer = hear();
        ASSERT_TRUE(answer && std::holds_alternative<wire::Done>(*answer)) << pid;
        EXPECT_FALSE(std::get<wire::Done>(*answer).value);
        say(wire::Watch{{.pid = pid, .uid = getuid()}, "root"});
        ASSERT_TRUE(hear()) << "not a session leader, or no such process";
    }
    EXPECT_EQ(waitpid(bystander, nullptr, WNOHANG), 0) << "it lives";
    kill(bystander, SIGKILL);
    waitpid(bystander, nullptr, 0);
}

TEST_F(HostileHub, is_not_meant_to_be_started_by_hand)
{
    int const status = std::system(JHUB_BINARY_DIR "/jupyterhub-helper 3</dev/null 2>/dev/null");
    EXPECT_EQ(WEXITSTATUS(status), 2);
}

// A hub that gave up root, and then was taken over: whoever speaks now has its account and its socket.
class TakenOverHub : public HostileHub {
  protected:
    static constexpr uid_t hubs = 61077;
    void SetUp() override
    {
        if (geteuid() != 0)
            GTEST_SKIP() << "needs root, which the helper then has";
        policy.hub = HubIdentity{hubs, hubs};
        HostileHub::SetUp();
    }
    void TearDown() override
    {
        HostileHub::TearDown();
        for (pid_t const pid : strangers) {
            kill(pid, SIGKILL);
            waitpid(pid, nullptr, 0);
        }
        std::filesystem::remove_all("/run/jupyterhub-helper/" + std::to_string(hubs));
    }
    void launch() override
    {
        std::array<int, 2> pair{};
        ASSERT_EQ(seteuid(hubs), 0); // the kernel remembers who made the pair
        int const made = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data());
        ASSERT_EQ(seteuid(0), 0);
        ASSERT_EQ(made, 0);
        auto started = run_helper({JHUB_BINARY_DIR "/jupyterhub-helper", policy}, pair[1]);
        close(pair[1]);
        ASSERT_TRUE(started) << started.error().message;
        helper = {started->pid, started->pidfd, pair[0]};
    }
    // A process that this hub has nothing to do with, leading a session.
    ProcessId stranger(uid_t uid)
    {
        pid_t const pid = fork();
        if (pid == 0) {
            setsid();
            bool const dropped = setresuid(uid, uid, uid) == 0;
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            execl("/bin/sleep", "sleep", dropped ? "300" : "0", nullptr);
            _exit(1);
        }
        strangers.push_back(pid);
        std::optional<jhub::helper::ProcessFacts> facts;
        do
            facts = jhub::helper::read_process(pid);
        while (!facts || facts->session != pid || facts->uid != uid);
        return {pid, facts->start_time, jhub::helper::boot_id(), uid};
    }
    static bool lives(ProcessId const& id)
    {
        auto const facts = jhub::helper::read_process(id.pid);
        return facts && facts->start_time == id.start_time && facts->state != 'Z' && facts->state != 'T';
    }
    Errc refusal(wire::Message message, std::vector<int> const& descriptors = {}) const
    {
        say(std::move(message), descriptors);
        auto const answer = hear();
        auto const* const failed = answer ? std::get_if<wire::Failed>(&*answer) : nullptr;
        EXPECT_TRUE(failed != nullptr) << "answered with kind " << (answer ? answer->index() : 99);
        return failed != nullptr ? failed->code : Errc::conflict;
    }
    // What the program prints that is started so; empty when it is refused.
    std::string output_of(wire::Prepare const& start) const
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
        say(start, {ends[1]});
        close(ends[1]);
        auto const answer = hear();
        std::string text;
        if (auto const* const watched = answer ? std::get_if<wire::Watched>(&*answer) : nullptr) {
            say(wire::Release{watched->id.pid});
            std::array<char, 512> room{};
            for (ssize_t size = 1; size > 0;) {
                size = read(ends[0], room.data(), room.size());
                text.append(room.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
            }
            hear(); // released
            hear(); // exited
        }
        close(ends[0]);
        return text;
    }
    HelperPolicy policy;
    std::vector<pid_t> strangers;
};

// S-SPAWN-05
TEST_F(TakenOverHub, cannot_have_a_process_signalled_that_the_helper_did_not_start)
{
    for (uid_t const uid : {uid_t{0}, uid_t{65534}, uid_t{1}, hubs}) {
        ProcessId const victim = stranger(uid);
        ProcessId const number_only{.pid = victim.pid, .uid = uid};
        for (ProcessId const& id : {victim, number_only})
            for (std::string const name : {"", "root", "nobody", "daemon", "no-such-account", "a\nb"}) {
                auto const code = refusal(wire::Watch{id, name});
                EXPECT_TRUE(code == Errc::not_found || code == Errc::forbidden) << uid << " " << name;
                say(wire::Signal{id, SIGKILL});
                auto const answer = hear();
                ASSERT_TRUE(answer && std::holds_alternative<wire::Done>(*answer));
                EXPECT_FALSE(std::get<wire::Done>(*answer).value);
            }
        EXPECT_TRUE(lives(victim)) << uid;
    }
}

TEST_F(TakenOverHub, signals_only_its_processes_and_only_so_that_they_end)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    say(wire::Prepare{.argv = {"sleep", "60"}, .env = {{"PATH", "/bin"}}}, {ends[1]});
    auto const prepared = hear();
    ASSERT_TRUE(prepared && std::holds_alternative<wire::Watched>(*prepared));
    ProcessId const own = std::get<wire::Watched>(*prepared).id;
    EXPECT_EQ(own.uid, hubs);
    for (int const number : {0, SIGSTOP, SIGSEGV, SIGUSR1, -1, 64, 1000})
        EXPECT_EQ(refusal(wire::Signal{own, number}), Errc::forbidden) << number;
    ProcessId other = own;
    other.uid = 0;
    say(wire::Signal{other, SIGKILL});
    EXPECT_FALSE(std::get<wire::Done>(hear().value()).value);
    EXPECT_TRUE(lives(own));
    say(wire::Signal{own, SIGKILL});
    EXPECT_TRUE(std::get<wire::Done>(hear().value()).value);
    close(ends[0]);
    close(ends[1]);
}

TEST_F(TakenOverHub, gets_no_program_run_with_more_rights_than_it_has)
{
    auto const told = output_of(
        {.argv = {"sh", "-c", "id -ru; id -u; grep -E 'NoNewPrivs|CapPrm|CapEff|CapAmb|Groups' /proc/self/status"},
         .env = {{"PATH", "/usr/bin:/bin"}},
         .working_directory = "/"});
    EXPECT_EQ(told, "61077\n61077\nGroups:\t61077 \nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
                    "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
}

// The value of a line of /proc/PID/status.
std::string status_of(std::string const& pid, std::string const& name)
{
    std::ifstream file("/proc/" + pid + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name + ":\t"))
            return line.substr(name.size() + 2);
    return {};
}

TEST_F(TakenOverHub, whose_helper_keeps_three_capabilities_and_shows_its_memory_to_nobody)
{
    say(wire::LookUp{"root"});
    ASSERT_TRUE(hear()) << "it is at work";
    std::string const pid = std::to_string(helper.pid);
    EXPECT_EQ(status_of(pid, "CapEff"), "00000000000000e0");
    EXPECT_EQ(status_of(pid, "CapPrm"), "00000000000000e0");
    EXPECT_EQ(status_of(pid, "CapBnd"), status_of("self", "CapBnd")) << "people's programs inherit it";
    rlimit core{};
    EXPECT_EQ(prlimit(helper.pid, RLIMIT_CORE, nullptr, &core), 0);
    EXPECT_EQ(core.rlim_cur, 0U);
    rlimit own{};
    EXPECT_EQ(getrlimit(RLIMIT_CORE, &own), 0);
    EXPECT_EQ(core.rlim_max, own.rlim_max);
    EXPECT_EQ(output_of({.argv = {"sh", "-c", "ulimit -c; grep CapBnd /proc/self/status"},
                         .env = {{"PATH", "/usr/bin:/bin"}},
                         .working_directory = "/"}),
              (own.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(own.rlim_cur / 512)) + "\nCapBnd:\t" +
                  status_of("self", "CapBnd") + "\n");
}

// S-SPAWN-06
TEST_F(TakenOverHub, acts_for_nobody_whom_the_policy_does_not_let_in)
{
    for (char const* name : {"root", "daemon", "nobody", "www-data", "mail", "sync", "no-such-account", "../x"}) {
        auto const code = refusal(wire::Prepare{.user = name, .argv = {"true"}}, {STDERR_FILENO});
        EXPECT_TRUE(code == Errc::not_found || code == Errc::forbidden) << name;
    }
    EXPECT_EQ(refusal(wire::Prepare{.argv = {"true"}, .env = {{"LD_PRELOAD", "/x.so"}}}, {STDERR_FILENO}),
              Errc::forbidden);
}

TEST_F(TakenOverHub, makes_no_accounts_unless_root_said_so_and_then_with_roots_command)
{
    EXPECT_EQ(refusal(wire::MakeAccount{"no-such-person"}), Errc::forbidden);
    end();
    std::string const file = std::filesystem::temp_directory_path() / ("made-" + std::to_string(getpid()));
    policy.add_account = AddAccount{.command = {"sh", "-c", "echo \"$0 $(id -u)\" >>" + file}, .uids = {}};
    launch();
    for (char const* name : {"root", "daemon"})
        EXPECT_EQ(refusal(wire::MakeAccount{name}), Errc::conflict) << name;
    for (char const* name : {"-rf", "a b", "a;b", "", "../x", "12"})
        EXPECT_EQ(refusal(wire::MakeAccount{name}), Errc::invalid_argument) << name;
    say(wire::MakeAccount{"no-such-person"});
    auto const answer = hear();
    EXPECT_TRUE(answer && std::holds_alternative<wire::Done>(*answer));
    std::ifstream told(file);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(told), {}), "no-such-person 0\n");
    std::filesystem::remove(file);
}

TEST_F(TakenOverHub, asks_no_pam_service_but_the_configured_one)
{
    EXPECT_EQ(refusal(wire::Authenticate{.service = "su", .user = "root", .timeout_ms = 1000}), Errc::forbidden)
        << "which lets root become anybody, and the helper is root";
    EXPECT_EQ(refusal(wire::Prepare{.user = "daemon", .argv = {"true"}, .pam_service = "su"}, {STDERR_FILENO}),
              Errc::forbidden);
}

} // namespace
} // namespace jhub::privileged
