// The helper program against a hub that somebody has taken over: whatever comes through the socket, it answers, refuses
// or ends; it does not crash and does not run anything it should not.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "privileged/helper_program.hpp"
#include "privileged/messages.hpp"

namespace jhub::privileged {
namespace {

using namespace std::chrono_literals;

class HostileHub : public testing::Test {
  protected:
    void SetUp() override { launch(); }
    void TearDown() override { end(); }
    void launch()
    {
        auto started = start_helper({.program = JHUB_BINARY_DIR "/jupyterhub-helper"}, 1024);
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
             wire::Watch{nobody}, wire::Signal{nobody, 0}, wire::LookUp{"no-such-user"},
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
        say(wire::Watch{{.pid = pid, .uid = getuid()}});
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

} // namespace
} // namespace jhub::privileged
