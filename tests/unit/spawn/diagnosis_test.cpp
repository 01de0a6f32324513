// From what is known of a failed start to words.
#include "spawn/diagnosis.hpp"

#include <gtest/gtest.h>

namespace jhub::spawn {
namespace {

FailedStart ended(int status, std::string output = {})
{
    return {.error = {Errc::failed, "ended", {}}, .started = true, .exit_status = status, .output = std::move(output)};
}

TEST(Diagnosis, a_command_that_is_not_there_is_named)
{
    Diagnosis const diagnosis =
        diagnose({.error = {Errc::not_found, "Command not found: jupyterhub-singleuser (PATH is /usr/bin)", {}},
                  .started = false});
    EXPECT_EQ(diagnosis.reason, "Command not found: jupyterhub-singleuser (PATH is /usr/bin)");
    EXPECT_TRUE(diagnosis.advice.contains("c.Spawner.cmd"));
}

TEST(Diagnosis, a_taken_port_is_recognised_in_the_output)
{
    Diagnosis const diagnosis = diagnose(ended(1, "Traceback\nOSError: [Errno 98] Address already in use"));
    EXPECT_EQ(diagnosis.reason, "The server's port was taken by another program.");
    EXPECT_TRUE(diagnosis.output.contains("Errno 98")) << "the output stays visible";
}

TEST(Diagnosis, a_missing_home_a_full_disk_and_a_missing_package_are_recognised)
{
    EXPECT_EQ(diagnose(ended(1, "Couldn't set CWD to /home/ada (No such file or directory)")).reason,
              "The home directory /home/ada does not exist.");
    EXPECT_TRUE(diagnose(ended(1, "OSError: [Errno 28] No space left on device")).reason.contains("disk is full"));
    EXPECT_TRUE(diagnose(ended(1, "ModuleNotFoundError: No module named 'jupyterhub'")).reason.contains("package"));
}

TEST(Diagnosis, a_missing_home_is_named_also_when_the_output_ends_with_its_consequences)
{
    FailedStart facts = ended(1, "Traceback\nPermissionError: [Errno 13] Permission denied");
    EXPECT_TRUE(diagnose(facts).reason.contains("refused access"));
    facts.beginning = "Couldn't set CWD to /home/ada (No such file or directory)\nTraceback\n";
    EXPECT_EQ(diagnose(facts).reason, "The home directory /home/ada does not exist.");
    facts.beginning = "Couldn't set CWD to /home/ada (Permission denied)\nTraceback\n";
    EXPECT_EQ(diagnose(facts).reason, "The home directory /home/ada cannot be entered (Permission denied).");
    facts.output = "OSError: [Errno 28] No space left on device";
    EXPECT_TRUE(diagnose(facts).reason.contains("disk is full")) << "what is more telling wins";
}

TEST(Diagnosis, a_missing_directory_to_begin_in_is_named_as_the_servers_tell_it)
{
    for (char const* line : {"[C] Bad config encountered during initialization: No such notebook dir: ''/srv/none''",
                             "Bad config encountered during initialization: No such directory: ''/srv/none''"}) {
        auto const diagnosis = diagnose(ended(1, line));
        EXPECT_EQ(diagnosis.reason, "The directory /srv/none, in which the server shall begin, does not exist.");
        EXPECT_TRUE(diagnosis.advice.contains("c.Spawner.notebook_dir"));
    }
}

TEST(Diagnosis, exit_statuses_and_signals_are_put_into_words)
{
    EXPECT_TRUE(diagnose(ended(3)).reason.contains("exit status 3"));
    EXPECT_TRUE(diagnose(ended(0)).advice.contains("foreground"));
    EXPECT_TRUE(diagnose(ended(-9)).advice.contains("memory"));
    EXPECT_TRUE(diagnose(ended(-11)).reason.contains("signal 11 (SIGSEGV)"));
}

TEST(Diagnosis, a_slow_server_is_told_from_a_slow_start)
{
    FailedStart slow{.error = {Errc::timeout, "did not answer", {}}, .running = true, .started = true};
    EXPECT_TRUE(diagnose(slow).advice.contains("http_timeout"));
    slow.running = false;
    EXPECT_TRUE(diagnose(slow).advice.contains("start_timeout"));
}

TEST(Diagnosis, what_is_not_known_is_passed_on)
{
    Diagnosis const diagnosis = diagnose({.error = {Errc::failed, "The proxy does not answer.", {}}, .started = true});
    EXPECT_EQ(diagnosis.reason, "The proxy does not answer.");
    EXPECT_EQ(diagnosis.advice, "");
}

} // namespace
} // namespace jhub::spawn
