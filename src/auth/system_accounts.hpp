// The machine's accounts and PAM as authenticators need them. The real one asks the privileged helper
// (helper_accounts.hpp); tests script it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/async.hpp"

namespace jhub::auth {

struct PamQuestion {
    std::string service, user, password, otp;
    bool check_account = true;
    std::chrono::milliseconds timeout{30'000};
};

struct PamVerdict {
    enum class Outcome : std::uint8_t { ok, denied, unavailable };
    Outcome outcome = Outcome::unavailable;
    std::string canonical_user; // PAM_USER after authentication; empty: as asked
    std::string reason;         // for the log
};

struct SystemAccount {
    std::string name; // as the system spells it
    std::vector<std::string> groups;
};

class SystemAccounts {
  public:
    virtual ~SystemAccounts() = default;
    virtual Async<PamVerdict> verify(PamQuestion question) = 0;
    // Errc::not_found when there is no such account.
    virtual Async<SystemAccount> find(std::string name) = 0;
    // Runs a command with the rights to create accounts; an error carries what it said.
    virtual Async<> run(std::vector<std::string> argv) = 0;
};

} // namespace jhub::auth
