// The messages between hub and helper, and their bytes. One message is one packet of a SOCK_SEQPACKET socket pair, so
// the kernel keeps the boundaries: version, type, request number, then the fields; numbers are little-endian, texts and
// lists carry their length in front. The decoder is strict: whatever encode() cannot have made is refused, and the side
// that receives such a thing closes the connection. Used by the helper: no Asio, no JSON, nothing but this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "privileged/types.hpp"

namespace jhub::privileged::wire {

inline constexpr std::size_t max_message = 64 * 1024;

// Requests, hub to helper.
struct Prepare { // the output's file descriptor travels with the packet
    std::string user;
    std::vector<std::string> argv;
    std::vector<std::pair<std::string, std::string>> env;
    std::string working_directory;
    bool create_working_directory = false;
    std::string pam_service; // opens a PAM session for user; empty: none
};
struct Release {
    std::int32_t pid = 0;
};
struct Watch {
    ProcessId id;     // with start_time 0 only the number counts: a row of the Python hub
    std::string user; // whose server it must be when the helper has no record of it; empty: it must have one
};
struct Signal {
    ProcessId id;
    std::int32_t signal = 0;
};
struct Authenticate {
    std::string service, user, password, otp;
    bool check_account = true;
    std::uint32_t timeout_ms = 0;
};
struct LookUp {
    std::string user;
};
struct MakeAccount { // for a person who has none
    std::string user;
};

// Answers and events, helper to hub. Account and PamAnswer are answers as they are.
struct Watched { // to Prepare and Watch
    ProcessId id;
};
struct Done { // to Release, Signal and MakeAccount
    bool value = true;
};
struct Failed { // to any
    Errc code = Errc::failed;
    std::string message, detail;
};
struct Exited { // an event, its request number is 0
    std::int32_t pid = 0;
    bool status_known = false;
    std::int32_t status = 0; // negative for a signal
};

// The position in this list is the type on the wire.
using Message = std::variant<Prepare, Release, Watch, Signal, Authenticate, LookUp, MakeAccount, Watched, Done, Failed,
                             Exited, Account, PamAnswer>;

struct Packet {
    std::uint32_t request = 0;
    Message message;
};

// Errc::too_large when the packet would pass max_message.
[[nodiscard]] Result<std::string> encode(Packet const& packet);
// Errc::invalid_argument for anything that is not exactly one packet, texts with a NUL included.
[[nodiscard]] Result<Packet> decode(std::string_view bytes);

// Overwrites a secret in memory, also what a moved-from short string leaves behind.
void wipe(std::string& secret);

} // namespace jhub::privileged::wire
