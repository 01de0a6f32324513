// Authenticators that ask nobody: Dummy (for trying out), SharedPassword (workshops) and Null (tokens and services
// only); reference config.md §4.
#pragma once

#include <map>

#include "auth/authenticator.hpp"

namespace jhub::auth {

// Any name; any password, or the one configured.
class DummyAuthenticator final : public Authenticator {
  public:
    explicit DummyAuthenticator(std::string password = {}) : password_(std::move(password)) {}
    Task<Authentication> authenticate(Credentials credentials) override;
    [[nodiscard]] std::optional<bool> default_allow_all(LoginRules const& rules) const override;
    [[nodiscard]] std::string_view name() const override { return "DummyAuthenticator"; }
    [[nodiscard]] std::string startup_warning() const override;

  private:
    std::string password_;
};

struct SharedPasswordOptions {
    std::optional<std::string> user_password;                        // at least 8 characters
    std::optional<std::string> admin_password;                       // at least 32 characters
    std::map<std::string, std::vector<std::string>> password_groups; // password to groups, each at least 8 characters
    NameSet admin_users;                                             // normalised
    bool manage_groups = false;
};

class SharedPasswordAuthenticator final : public Authenticator {
  public:
    // Errc::invalid_argument names the option and the rule it breaks.
    static Result<std::unique_ptr<SharedPasswordAuthenticator>> create(SharedPasswordOptions options);
    Task<Authentication> authenticate(Credentials credentials) override;
    [[nodiscard]] std::string_view name() const override { return "SharedPasswordAuthenticator"; }
    [[nodiscard]] std::string startup_warning() const override;

  private:
    explicit SharedPasswordAuthenticator(SharedPasswordOptions options) : options_(std::move(options)) {}
    SharedPasswordOptions options_;
};

class NullAuthenticator final : public Authenticator {
  public:
    Task<Authentication> authenticate(Credentials credentials) override;
    [[nodiscard]] bool has_login_form() const override { return false; }
    [[nodiscard]] std::string_view name() const override { return "NullAuthenticator"; }
};

} // namespace jhub::auth
