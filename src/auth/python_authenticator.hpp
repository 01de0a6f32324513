// An authenticator class of the site, or of a Python package, in the Python process of the configuration. What the
// class does not define itself, an authenticator of ours does: the one that stands for its nearest base.
#pragma once

#include <memory>

#include "auth/authenticator.hpp"
#include "base/json.hpp"
#include "python/live_host.hpp"

namespace jhub::auth {

class PythonAuthenticator final : public Authenticator {
  public:
    // told is what configure.py says of the class: which steps are its own. host must outlive this.
    PythonAuthenticator(python::LiveHost& host, std::string class_name, Json told, std::unique_ptr<Authenticator> ours)
        : host_(host), class_name_(std::move(class_name)), told_(std::move(told)), ours_(std::move(ours))
    {
    }

    void hear_rules(LoginRules const& rules) override;
    Task<Authentication> authenticate(Credentials credentials) override;
    [[nodiscard]] bool runs_post_auth_hook() const override { return has_own_steps(); }
    [[nodiscard]] bool spells_names() const override;
    Async<std::string> normalize(std::string name) override;
    Async<bool> in_any_group(std::string name, NameSet groups) override;
    [[nodiscard]] bool has_own_groups() const override { return ours_->has_own_groups(); }
    [[nodiscard]] std::optional<bool> default_allow_all(LoginRules const& rules) const override;
    Async<> add_user(std::string name) override;
    Async<> delete_user(std::string name) override;
    [[nodiscard]] bool refreshes() const override { return has_own_hook("refresh_user"); }
    Async<RefreshedLogin> refresh(Json user, Json handler) override;
    Async<std::string> custom_html(std::string base_url) override;
    [[nodiscard]] bool reads_requests() const override;
    [[nodiscard]] std::string login_url(std::string_view hub_prefix) const override;
    [[nodiscard]] std::string logout_url(std::string_view hub_prefix) const override;
    [[nodiscard]] bool wants_known_users() const override { return has_own_hook("add_user"); }
    [[nodiscard]] std::string_view name() const override { return class_name_; }

  private:
    // The whole login is done in Python, in upstream's order.
    [[nodiscard]] bool has_own_steps() const;
    // Asks PAM, or whatever stands for the base class, what Python wants to know. A refusal: nobody could find out.
    struct Known {
        Json name; // null: not let in
        std::string why_not;
    };
    Task<std::expected<Known, Refusal>> answer(Credentials credentials);
    [[nodiscard]] bool has_own_hook(std::string_view name) const;
    Async<> tell_of_user(std::string method, std::string name);

    python::LiveHost& host_;
    std::string class_name_;
    Json told_;
    std::unique_ptr<Authenticator> ours_;
    Json rules_; // as told last; null when nobody asks
};

// Longer than any person waits for a login.
inline constexpr std::chrono::seconds login_patience{60};
// For what a request waits for that only looks at a page.
inline constexpr std::chrono::seconds refresh_patience{30};

// The request of a login as Handler in objects.py shows it: with the fields of the form, if there was one.
[[nodiscard]] Json describe_login(Credentials const& credentials);

// What a function of the site said instead of a model: its own HTTP error, or that it could not tell.
[[nodiscard]] Refusal refusal_of(python::CallError const& error, std::string_view what);

// {"name", "admin", "auth_state", "groups", "roles", "allowed"}, and back. Errc::failed when it is none.
[[nodiscard]] Json to_json(AuthModel const& model);
[[nodiscard]] Result<AuthModel> to_model(Json const& told);

} // namespace jhub::auth
