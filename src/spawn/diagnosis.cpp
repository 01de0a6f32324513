#include "spawn/diagnosis.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/strings.hpp"

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
};
// Said only when nothing else is known: a missing home leads to it, too.
constexpr std::array vague_causes{
    OutputCause{"Permission denied", "The server was refused access to a file it needs.",
                "Check the rights of the file named in the output."},
};

// The servers' words about a directory that they shall begin in, before its name: notebook 6, jupyter_server 1 and 2.
constexpr std::array<std::string_view, 4> missing_directory{"No such notebook dir: ''", "No such notebook dir: '",
                                                            "No such directory: ''", "No such directory: '"};

// "the directory /srv/x": what stands in quotes after those words.
std::optional<std::string> named_directory(std::string_view output)
{
    for (auto const& words : missing_directory)
        if (auto const at = output.find(words); at != std::string_view::npos) {
            auto const rest = output.substr(at + words.size());
            auto const end = rest.find('\'');
            if (end != std::string_view::npos && end > 0)
                return std::string(rest.substr(0, end));
        }
    return std::nullopt;
}

// The line that the helper's child writes before everything else: "Couldn't set CWD to /home/ada (No such file …)".
std::optional<Diagnosis> of_home(std::string_view beginning)
{
    constexpr std::string_view words = "Couldn't set CWD to ";
    auto const at = beginning.find(words);
    if (at == std::string_view::npos)
        return std::nullopt;
    auto const line = beginning.substr(at + words.size(), beginning.find('\n', at) - at - words.size());
    auto const bracket = line.rfind(" (");
    if (bracket == std::string_view::npos)
        return std::nullopt;
    std::string const path = printable(line.substr(0, bracket)), why = printable(line.substr(bracket + 2));
    if (why.starts_with("No such file"))
        return Diagnosis{
            fmt::format("The home directory {} does not exist.", path), "Create it and give it to the account.", {}};
    return Diagnosis{
        fmt::format("The home directory {} cannot be entered ({}.", path, why), "Give it to the account.", {}};
}

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

// From the most telling to the least.
std::optional<Diagnosis> of_output(FailedStart const& facts)
{
    if (auto const* cause = find_cause(output_causes, facts.output, &OutputCause::output_part))
        return Diagnosis{std::string(cause->reason), std::string(cause->advice), {}};
    if (auto const directory = named_directory(facts.output))
        return Diagnosis{fmt::format("The directory {}, in which the server shall begin, does not exist.", *directory),
                         "Create it, or change c.Spawner.notebook_dir.",
                         {}};
    if (auto home = of_home(facts.beginning.empty() ? facts.output : facts.beginning))
        return home;
    if (auto const* cause = find_cause(vague_causes, facts.output, &OutputCause::output_part))
        return Diagnosis{std::string(cause->reason), std::string(cause->advice), {}};
    return std::nullopt;
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
    if (!(facts.running && late))
        if (auto const told = of_output(facts))
            return *told;
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
