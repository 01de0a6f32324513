// configurable-http-proxy: a drop-in for the npm program of that name.
#include <signal.h> // NOLINT: sigwait is POSIX
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "base/log.hpp"
#include "proxy/handover.hpp"
#include "proxy/monitor.hpp"
#include "proxy/options.hpp"
#include "proxy/privileges.hpp"
#include "proxy/program.hpp"
#include "proxy/program_names.hpp"

namespace {

using namespace jhub;

std::optional<std::string> environment(char const* name)
{
    char const* const value = std::getenv(name); // NOLINT: no other thread runs yet
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

constexpr int exit_on_signal = 2; // as the npm program
constexpr int exit_after_handover = 0;

sigset_t our_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    for (int const number : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2})
        sigaddset(&signals, number);
    return signals;
}

std::string own_path()
{
    std::array<char, 4096> path{};
    ssize_t const size = readlink("/proc/self/exe", path.data(), path.size());
    return {path.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

// Where the arguments lie in memory.
std::pair<char*, std::size_t> title_space(int argc, char** argv)
{
    char* const end = argv[argc - 1] + std::char_traits<char>::length(argv[argc - 1]);
    return {argv[0], static_cast<std::size_t>(end - argv[0])};
}

// The channel to the monitor: the predecessor's, or a new one's.
Result<Descriptor> monitor_channel(proxy::Inherited& inherited, proxy::Options const& options, int argc, char** argv)
{
    if (inherited.anything())
        return inherited.take_one(proxy::monitor_name);
    return proxy::Monitor::launch(
        {options.certificate_files(), own_path(), std::vector<std::string>(argv + 1, argv + argc), options.user},
        title_space(argc, argv));
}

Result<proxy::Inherited> inheritance()
{
    auto const numbers = environment(proxy::handover_variable);
    if (!numbers)
        return proxy::Inherited();
    unsetenv(proxy::handover_variable); // NOLINT: no other thread runs yet
    return proxy::Inherited::receive(*numbers);
}

// After another process took over: until the last connection has ended, the time is up or somebody insists.
int finish_connections(proxy::Program& program, std::chrono::seconds patience)
{
    constexpr timespec look_every{.tv_sec = 0, .tv_nsec = 250'000'000};
    constexpr unsigned looks_to_a_report = 4;
    sigset_t insisting;
    sigemptyset(&insisting);
    sigaddset(&insisting, SIGINT);
    sigaddset(&insisting, SIGTERM);
    sigaddset(&insisting, SIGQUIT);
    auto const end = std::chrono::steady_clock::now() + patience;
    for (unsigned looks = 0; program.connections() > 0 && std::chrono::steady_clock::now() < end; ++looks) {
        if (sigtimedwait(&insisting, nullptr, &look_every) > 0)
            break;
        if (looks % looks_to_a_report == 0)
            program.report_activity();
    }
    program.report_activity();
    log::info("Ending; {} connections are cut off", program.connections());
    program.stop();
    return exit_after_handover;
}

int serve(proxy::Program& program, std::chrono::seconds drain)
{
    auto const signals = our_signals();
    int number = 0;
    while (sigwait(&signals, &number) == 0 && (number == SIGHUP || number == SIGUSR1 || number == SIGUSR2)) {
        if (number == SIGHUP) {
            program.reload_certificates();
            continue;
        }
        if (number == SIGUSR1) {
            log::warning("Received SIGUSR1, going on. Connections: {}", program.connections());
            continue;
        }
        log::info("Starting a new process to take over");
        auto const handed_over = program.hand_over();
        if (handed_over)
            return finish_connections(program, drain);
        log::error("Going on here, nobody took over: {}", handed_over.error().message);
    }
    log::warning("{}", number == SIGINT ? "Interrupted" : "Terminated");
    program.stop();
    return exit_on_signal;
}

void give_up_rights()
{
    proxy::forbid_inspection(); // becoming another user took it back
    if (auto const restricted = proxy::restrict_system_calls(); !restricted)
        log::warning("{}", restricted.error().message);
}

int refuse(Error const& error)
{
    log::error("{}", error.message);
    return 1;
}

int run(int argc, char** argv)
{
    auto parsed = proxy::parse_command_line(std::vector<std::string>(argv + 1, argv + argc), environment);
    if (auto const* exit = std::get_if<proxy::Exit>(&parsed)) {
        std::fputs(exit->out.c_str(), stdout);
        std::fputs(exit->err.c_str(), stderr);
        return exit->code;
    }
    auto& options = std::get<proxy::Options>(parsed);
    log::configure({.program = "ConfigProxy", .level = options.level()});

    // Blocked before any thread starts, so that only serve() sees them.
    auto const signals = our_signals();
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    proxy::forbid_inspection();

    auto inherited = inheritance();
    if (!inherited)
        return refuse(inherited.error());
    auto channel = monitor_channel(*inherited, options, argc, argv);
    if (!channel)
        return refuse(channel.error());
    proxy::Monitor monitor(*std::move(channel));
    std::chrono::seconds const drain(options.drain_seconds);
    proxy::Program program(std::move(options), &monitor, *std::move(inherited));
    if (auto const started = program.start(give_up_rights); !started)
        return refuse(started.error());
    return serve(program, drain);
}

} // namespace

int main(int argc, char** argv)
try {
    return run(argc, argv);
} catch (std::exception const& problem) { // such as no descriptors for the event loops
    return refuse(Error{.message = problem.what()});
}
