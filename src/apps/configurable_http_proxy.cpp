// configurable-http-proxy: a drop-in for the npm program of that name.
#include <signal.h> // NOLINT: sigwait is POSIX

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/log.hpp"
#include "proxy/options.hpp"
#include "proxy/privileges.hpp"
#include "proxy/program.hpp"

namespace {

std::optional<std::string> environment(char const* name)
{
    char const* const value = std::getenv(name); // NOLINT: no other thread runs yet
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

constexpr int exit_on_signal = 2; // as the npm program

} // namespace

int main(int argc, char** argv)
{
    using namespace jhub;
    auto parsed = proxy::parse_command_line(std::vector<std::string>(argv + 1, argv + argc), environment);
    if (auto const* exit = std::get_if<proxy::Exit>(&parsed)) {
        std::fputs(exit->out.c_str(), stdout);
        std::fputs(exit->err.c_str(), stderr);
        return exit->code;
    }
    auto& options = std::get<proxy::Options>(parsed);
    log::configure({.program = "ConfigProxy", .level = options.level()});

    // Blocked before any thread starts, so that only sigwait() below sees them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);

    proxy::forbid_inspection();
    proxy::Program program(std::move(options));
    if (auto const started = program.start(); !started) {
        log::error("{}", started.error().message);
        return 1;
    }
    int number = 0;
    while (sigwait(&signals, &number) == 0 && number == SIGHUP)
        program.reload_certificates();
    log::warning("{}", number == SIGINT ? "Interrupted" : "Terminated");
    program.stop();
    return exit_on_signal;
}
