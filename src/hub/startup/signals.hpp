// What the hub does when it is signalled, as one table (reference cli.md §1.8).
#pragma once

#include <csignal>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.hpp"
#include "hub/core/hub.hpp"

namespace jhub::hub {

enum class SignalAction : std::uint8_t {
    stop,        // an orderly end; the exit status is 0
    report,      // a line of status in the log, and on it goes
    reopen_logs, // after a rotation of log files, and on it goes
    pass_over,   // it means nothing here, which the log says
};

struct SignalRow {
    int number;
    std::string_view name;
    SignalAction action;
};

// SIGPIPE is ignored (ignore_early_signals): whoever read our output may come and go.
inline constexpr std::array signal_rows{
    SignalRow{SIGTERM, "SIGTERM", SignalAction::stop},      SignalRow{SIGINT, "SIGINT", SignalAction::stop},
    SignalRow{SIGQUIT, "SIGQUIT", SignalAction::stop},      SignalRow{SIGUSR1, "SIGUSR1", SignalAction::report},
    SignalRow{SIGHUP, "SIGHUP", SignalAction::reopen_logs}, SignalRow{SIGUSR2, "SIGUSR2", SignalAction::pass_over},
};

// Before anything is started that a signal could end halfway. What asks for an end still ends the program.
void ignore_early_signals();

// Until the program ends. hub and server must outlive it.
Task<> listen_to_signals(Hub& hub, http::Server const& server);

// people: those in the database; nothing when it does not tell.
[[nodiscard]] std::string status_line(Hub const& hub, http::ServerStatistics const& connections,
                                      std::optional<std::int64_t> people);

} // namespace jhub::hub
