// The plain words that the hub and its privileged helper share: commands, processes, accounts, logins.
// Used on both sides of the socket; knows neither sockets nor Asio.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace jhub::privileged {

// Names one process for ever, also after its number was given to another one.
struct ProcessId {
    int pid = 0;
    std::uint64_t start_time = 0; // clock ticks after boot (/proc/PID/stat, field 22); 0: not known yet
    std::string boot_id;          // /proc/sys/kernel/random/boot_id
    std::uint32_t uid = 0;        // real user id

    bool operator==(ProcessId const&) const = default;
};

// A process to start. The helper looks argv[0] up in the PATH of env.
struct StartCommand {
    std::string user; // empty: the account the helper itself runs as
    std::vector<std::string> argv;
    std::vector<std::pair<std::string, std::string>> env; // exactly this, nothing is inherited
    std::string working_directory;                        // empty: the home directory of the account
    std::string
        output_path; // stdout and stderr go there, opened by the hub (0600, emptied first); empty: the hub's stderr
    bool create_working_directory = false; // made as the account, 0755, with its parents
    // Empty: none. Otherwise a PAM session of user lasts as long as the process; when it cannot be opened, the process
    // goes on without one and no more are tried.
    std::string pam_service;
};

struct Account {
    std::string name; // as the account database spells it
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string home;
    std::string shell;
    std::vector<std::uint32_t> group_ids; // all of them, the primary one included; sorted
    std::vector<std::string> groups;      // their names, where they have one
};

struct PamRequest {
    std::string service = "login";
    std::string user;     // at most 255 bytes, no NUL
    std::string password; // at most 1024 bytes, no NUL
    std::string otp;      // answers the second hidden prompt; empty: none
    bool check_account = true;
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
};

enum class PamOutcome : std::uint8_t {
    ok,
    denied,      // tell the person the uniform "Invalid username or password"
    unavailable, // PAM could not decide: too slow, crashed, overloaded, misconfigured. Never a wrong password (503)
    unreachable, // what PAM asks did not answer it (503); counts as a failed login, for some modules say no with it
};

struct PamAnswer {
    PamOutcome outcome = PamOutcome::unavailable;
    std::string canonical_user; // PAM_USER after authentication; only when ok
    std::string reason;         // for the operator's log, never for the person
};

} // namespace jhub::privileged
