// What the helper does for the hub: takes each request, checks it against the helper's own policy, has it carried out.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "helper/hub_channel.hpp"
#include "helper/loop.hpp"
#include "helper/processes.hpp"
#include "helper/workers.hpp"

namespace jhub::helper {

struct HubIdentity {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

struct Policy {
    bool allow_root_user = false; // whether a named account with uid 0 may have a process
    rlim_t open_files = 0;        // soft limit of the processes; 0: as the helper's
    // The account of a hub that is not root while the helper is: it then stands for the "own account" in requests.
    std::optional<HubIdentity> hub;
    std::vector<std::string> allowed_variables; // those of check_environment's that the configuration has
};

// Whether a process may be started for the account, which was asked for by name (empty: the own account).
// own_uid is what the helper runs as. A name never stands for the system's own accounts: root, the lowest numbers, the
// hub's, the proxy's. Errc::forbidden with the reason.
[[nodiscard]] Result<> check_account(Policy const& policy, std::string const& name, privileged::Account const& account,
                                     std::uint32_t own_uid);

// A hub that is not root sets no variable that makes a person's program load what it does not name, unless root's
// configuration has that variable. Errc::forbidden with its name.
[[nodiscard]] Result<> check_environment(Policy const& policy,
                                         std::vector<std::pair<std::string, std::string>> const& environment);

class Requests {
  public:
    Requests(Loop& loop, Descriptor hub_socket, Policy policy);

  private:
    static constexpr std::chrono::seconds look_up_patience{10};
    static constexpr std::chrono::milliseconds longest_login{10 * 60 * 1000};

    void dispatch(wire::Packet& packet, Descriptor descriptor);
    void handle(std::uint32_t request, wire::Prepare& message, Descriptor output);
    void handle(std::uint32_t request, wire::LookUp& message);
    void handle(std::uint32_t request, wire::Authenticate& message);
    void look_up(std::string name, std::function<void(Result<privileged::Account>)> done);
    void start(std::uint32_t request, wire::Prepare const& message, privileged::Account const& account,
               Descriptor output);
    void answer_login(std::uint32_t request, WorkerResult result);
    void refuse(std::uint32_t request, Error error);

    Loop& loop_;
    Policy policy_;
    HubChannel hub_;
    Processes processes_;
    Workers logins_{loop_, 16, 256};
    Workers look_ups_{loop_, 16, 1024}; // apart, so that hanging logins do not delay starts
};

} // namespace jhub::helper
