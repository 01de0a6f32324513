// Logs people in with the passwords of the machine's accounts, through PAM (reference auth-flow.md §9, config.md §4).
#pragma once

#include "auth/authenticator.hpp"
#include "auth/system_accounts.hpp"

namespace jhub::auth {

// c.LocalAuthenticator: accounts of this machine.
struct LocalOptions {
    bool create_system_users = false;
};

struct PamOptions {
    LocalOptions local;
    std::string service = "login";
    bool check_account = true;
    bool normalize_by_uid = false; // c.PAMAuthenticator.pam_normalize_username
    std::chrono::milliseconds timeout{30'000};
};

class PamAuthenticator final : public Authenticator {
  public:
    // accounts must outlive the authenticator.
    PamAuthenticator(SystemAccounts& accounts, PamOptions options) : accounts_(accounts), options_(std::move(options))
    {
    }
    // Empty fields, names and passwords with NUL or of absurd length are refused before PAM sees them.
    Task<Authentication> authenticate(Credentials credentials) override;
    Async<std::string> normalize(std::string name) override;
    Async<bool> in_any_group(std::string name, NameSet groups) override;
    [[nodiscard]] bool has_own_groups() const override { return true; }
    Async<> add_user(std::string name) override;
    [[nodiscard]] std::string_view name() const override { return "PAMAuthenticator"; }

  private:
    SystemAccounts& accounts_;
    PamOptions options_;
};

} // namespace jhub::auth
