// What the helper does for the hub: takes each request, checks it against root's policy and its own records, has it
// carried out.
#pragma once

#include <cstdint>

#include "helper/account_look_ups.hpp"
#include "helper/hub_channel.hpp"
#include "helper/loop.hpp"
#include "helper/own_rights.hpp"
#include "helper/processes.hpp"
#include "helper/workers.hpp"

namespace jhub::helper {

class Requests {
  public:
    Requests(Loop& loop, Descriptor hub_socket, HelperPolicy policy, FormerLimits limits);

  private:
    static constexpr std::chrono::seconds addition_patience{60};
    static constexpr std::chrono::milliseconds longest_login{10 * 60 * 1000};

    void dispatch(wire::Packet& packet, Descriptor descriptor);
    void handle(std::uint32_t request, wire::Prepare& message, Descriptor output);
    void handle(std::uint32_t request, wire::Watch const& message);
    void handle(std::uint32_t request, wire::Signal const& message);
    void handle(std::uint32_t request, wire::LookUp& message);
    void handle(std::uint32_t request, wire::MakeAccount const& message);
    void handle(std::uint32_t request, wire::Authenticate& message);
    void start(std::uint32_t request, wire::Prepare const& message, privileged::Account const& account,
               Descriptor output);
    void answer_addition(std::uint32_t request, WorkerResult const& result);
    void answer_login(std::uint32_t request, WorkerResult result);
    void refuse(std::uint32_t request, Error error);
    void refuse_start(std::uint32_t request, wire::Prepare const& start, Error error);

    Loop& loop_;
    HelperPolicy const policy_;
    FormerLimits const limits_;
    HubChannel hub_;
    Leftovers leftovers_{loop_};
    Processes processes_;
    Workers additions_{loop_, leftovers_, 1, 256}; // one at a time: they lock the account database anyway
    Workers logins_{loop_, leftovers_, 16, 256};
    AccountLookUps accounts_{loop_, leftovers_, policy_};
};

} // namespace jhub::helper
