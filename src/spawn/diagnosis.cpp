#include "spawn/diagnosis.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace jhub::spawn {
namespace {

// Before the command ran: the helper's words are the reason; this is what to do about it.
struct HelperCause {
    std::string_view message_part;
    std::string_view advice;
};
constexpr std::array helper_causes{
    HelperCause{"Command not found",
                "Install it where the PATH of the servers reaches, or set c.Spawner.cmd to its full path."},
    HelperCause{"interpreter that its first line names",
                "Install it again in the present environment (its Python moved or is gone)."},
    HelperCause{"Permission denied trying to run",
                "Give the account the right to read and execute the program and its folders."},
    HelperCause{"no system account",
                "Create the account on this machine, or set c.LocalAuthenticator.create_system_users = True."},
    HelperCause{"not started as root", "Log in as an ordinary user."},
    HelperCause{"does not run as root", ""},
    HelperCause{"no room for another process", "Raise the limit of processes, or stop some."},
    HelperCause{"larger than 64 KiB", "Shorten c.Spawner.environment and c.Spawner.args."},
    HelperCause{"Another program answers", "Start the server again: it gets another port."},
    HelperCause{"Is the home directory on a file server", "Ask the administrator to look at the file server."},
};

// What servers say before they give up, the most telling first.
struct OutputCause {
    std::string_view output_part;
    std::string_view reason;
    std::string_view advice;
};
constexpr std::array output_causes{
    OutputCause{"Address already in use", "The server's port was taken by another program.",
                "Start the server again: it gets another port."},
    OutputCause{"is already in use", "The server's port was taken by another program.",
                "Start the server again: it gets another port."},
    OutputCause{"No space left on device", "The disk is full.",
                "Remove files, or ask the administrator for more room."},
    OutputCause{"Disk quota exceeded", "The disk quota of the account is used up.",
                "Remove files, or ask the administrator for more room."},
    OutputCause{"Running as root is not recommended", "The notebook server refuses to run as root.",
                "Run the hub so that servers get accounts of their own, or add --allow-root to c.Spawner.args."},
    OutputCause{"No module named", "A Python package that the server needs is not installed.",
                "Install it in the environment that c.Spawner.cmd belongs to."},
    OutputCause{"Failed to connect to my Hub at", "The server cannot reach the hub.",
                "Check c.JupyterHub.hub_connect_ip, c.Spawner.hub_connect_url and firewalls."},
    OutputCause{"Cannot allocate memory", "The machine is out of memory.", "Stop other servers, or try again later."},
    OutputCause{"Couldn't set CWD to", "The home directory is missing or cannot be entered.",
                "Create it and give it to the account."},
    OutputCause{"Permission denied", "The server was refused access to a file it needs.",
                "Check the rights of the file named in the output."},
};

template <typename Table, typename Member>
auto const* find_cause(Table const& table, std::string_view text, Member part)
{
    auto const found = std::ranges::find_if(table, [&](auto const& row) { return text.contains(row.*part); });
    return found == table.end() ? nullptr : &*found;
}

Diagnosis of_exit(int status)
{
    if (status == -9)
        return {"The server was killed by signal 9 (SIGKILL) before it answered.",
                "Often the machine, or the server's memory limit, ran out of memory.",
                {}};
    if (status < 0) {
        char const* const name = sigabbrev_np(-status);
        return {fmt::format("The server was ended by signal {} (SIG{}) before it answered.", -status,
                            name != nullptr ? name : "?"),
                "Its output may tell why.",
                {}};
    }
    if (status == 0)
        return {"The server ended at once, without an error (exit status 0).",
                "c.Spawner.cmd must stay in the foreground while the server runs.",
                {}};
    return {fmt::format("The server ended with exit status {} before it answered.", status),
            "Its output may tell why.",
            {}};
}

Diagnosis of_cause(FailedStart const& facts)
{
    bool const late = facts.error.code == Errc::timeout;
    auto const by_message = [&facts]() -> Diagnosis {
        auto const* cause = find_cause(helper_causes, facts.error.message, &HelperCause::message_part);
        return {facts.error.message, std::string(cause != nullptr ? cause->advice : ""), {}};
    };
    if (!facts.started)
        return by_message();
    if (auto const* cause = find_cause(output_causes, facts.output, &OutputCause::output_part);
        cause != nullptr && !(facts.running && late))
        return {std::string(cause->reason), std::string(cause->advice), {}};
    if (!facts.running && facts.exit_status)
        return of_exit(*facts.exit_status);
    if (late)
        return {facts.error.message.empty() ? "The server did not answer in time." : facts.error.message,
                facts.running
                    ? "It runs, so it may only be slow: raise c.Spawner.http_timeout, or see whether it listens on "
                      "the address it was given."
                    : "Raise c.Spawner.start_timeout when servers need longer here.",
                {}};
    return by_message();
}

} // namespace

Diagnosis diagnose(FailedStart const& facts)
{
    Diagnosis diagnosis = of_cause(facts);
    diagnosis.output = facts.output;
    return diagnosis;
}

} // namespace jhub::spawn
