// For tests with real processes, real accounts and real PAM: run a coroutine to its end, make an account and remove it
// again, wait for something to become true.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "base/async.hpp"
#include "privileged/helper.hpp"

namespace jhub::test {

using namespace std::chrono_literals;

// Runs the coroutine until it ends; a minute is taken for a hang.
template <typename T> T run(asio::io_context& io, Task<T> task)
{
    std::optional<T> result;
    asio::co_spawn(io, std::move(task), [&result](std::exception_ptr problem, T value) {
        if (problem)
            std::rethrow_exception(problem);
        result = std::move(value);
    });
    auto const deadline = std::chrono::steady_clock::now() + 60s;
    io.restart();
    while (!result && std::chrono::steady_clock::now() < deadline)
        io.run_one_until(deadline);
    if (!result)
        throw std::runtime_error("the coroutine did not end");
    return std::move(*result);
}

// Lets the program run until the condition holds.
inline bool eventually(asio::io_context& io, std::function<bool()> const& condition,
                       std::chrono::steady_clock::duration patience = 10s)
{
    auto const deadline = std::chrono::steady_clock::now() + patience;
    io.restart();
    while (!condition() && std::chrono::steady_clock::now() < deadline)
        if (io.run_for(5ms); io.stopped())
            io.restart();
    return condition();
}

inline std::string read_file(std::string const& path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

inline bool process_exists(int pid)
{
    std::string const status = read_file("/proc/" + std::to_string(pid) + "/status");
    return !status.empty() && !status.contains("\nState:\tZ");
}

// A system account that lives as long as this object. Its password is "correct horse".
class TemporaryAccount {
  public:
    explicit TemporaryAccount(std::string name_, std::string const& options = {})
        : name(std::move(name_)), home("/tmp/home-" + name)
    {
        remove(); // of a test run that was killed
        std::string const hash = "'$6$saltsalt$hRM5XZ86KXEw9UOmjigeVqFgULtFB2sgpC9lXQDfMib3Zgw7mEiUvBJI2EplzfAqxL5Vvwp2"
                                 "scFtv/uamSo5z0'";
        std::string const command = "useradd --create-home --home-dir " + home + " --shell /bin/bash --password " +
                                    hash + " " + options + " " + name + " 2>/dev/null";
        if (std::system(command.c_str()) != 0)
            throw std::runtime_error("cannot create the account " + name);
        passwd const* const entry = getpwnam(name.c_str());
        uid = entry->pw_uid;
        gid = entry->pw_gid;
    }
    ~TemporaryAccount() { remove(); }
    TemporaryAccount(TemporaryAccount const&) = delete;
    TemporaryAccount& operator=(TemporaryAccount const&) = delete;

    std::string name, home;
    uid_t uid = 0;
    gid_t gid = 0;

  private:
    void remove()
    {
        [[maybe_unused]] int const result = std::system(("userdel --force " + name + " >/dev/null 2>&1").c_str());
        std::filesystem::remove_all(home);
    }
};

inline std::string unique_name(std::string const& prefix) { return prefix + std::to_string(getpid()); }

// A directory of the test's own, as the hub would have it.
class TemporaryDirectory {
  public:
    TemporaryDirectory()
    {
        std::string pattern = "/tmp/jhub-test-XXXXXX";
        path = mkdtemp(pattern.data());
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path); }
    TemporaryDirectory(TemporaryDirectory const&) = delete;
    TemporaryDirectory& operator=(TemporaryDirectory const&) = delete;
    std::string path;
};

// A service file in /etc/pam.d that lives as long as this object.
class PamService {
  public:
    explicit PamService(std::string const& lines) : name(unique_name("jhub-test-") + "-" + std::to_string(++count_))
    {
        std::ofstream(path()) << lines << "\n";
    }
    ~PamService()
    {
        std::error_code ignored; // an ordinary user could not make it either
        std::filesystem::remove(path(), ignored);
    }
    PamService(PamService const&) = delete;
    PamService& operator=(PamService const&) = delete;
    std::string name;

  private:
    [[nodiscard]] std::string path() const { return "/etc/pam.d/" + name; }
    static inline int count_ = 0;
};

// A helper of the build directory, with a loop to run it on.
class WithHelper : public testing::Test {
  protected:
    void SetUp() override
    {
        auto launched = privileged::Helper::launch(io.get_executor(), options());
        ASSERT_TRUE(launched) << launched.error().message;
        helper = std::move(*launched);
    }
    [[nodiscard]] virtual privileged::HelperOptions options() const
    {
        return {.program = JHUB_BINARY_DIR "/jupyterhub-helper"};
    }

    privileged::StartCommand command(std::vector<std::string> argv) const
    {
        return {.argv = std::move(argv),
                .env = {{"PATH", "/usr/bin:/bin"}},
                .working_directory = directory.path,
                .output_path = directory.path + "/output"};
    }
    [[nodiscard]] std::string output() const { return read_file(directory.path + "/output"); }

    asio::io_context io;
    TemporaryDirectory directory;
    std::unique_ptr<privileged::Helper> helper;
};

#define SKIP_UNLESS_ROOT()                                                                                             \
    if (geteuid() != 0)                                                                                                \
    GTEST_SKIP() << "needs root, to create accounts and to start processes as them"

} // namespace jhub::test
