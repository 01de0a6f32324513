// The way from credentials to a user who may enter (reference auth-flow.md §9): authenticate, normalise, validate,
// blocked, allowed, administrator. The same for the login form, the API and services.
#pragma once

#include <optional>
#include <string>

#include "auth/authenticator.hpp"

namespace jhub::auth {

struct LoginOutcome {
    enum class Verdict : std::uint8_t {
        welcome,     // model is set
        refused,     // 403: wrong password, not allowed, blocked; the page does not say which
        unavailable, // 503: nobody could find out
        failed,      // 500: a question on the way could not be answered, or the site's own code failed
    };
    Verdict verdict = Verdict::refused;
    std::optional<AuthModel> model; // name normalised; admin settled
    std::string page_message;       // what the person sees
    std::string log_message;        // one sentence for the operator; for a refusal it tells what to change
    bool counts_as_failed = false;  // the limiter should hear of it
    int status = 0;                 // an HTTP status of the site's own; 0: what the verdict says
    [[nodiscard]] bool welcome() const { return verdict == Verdict::welcome; }
};

inline constexpr std::string_view invalid_login_message = "Invalid username or password";
inline constexpr std::string_view unavailable_message =
    "Logging in is not possible at the moment. Please try again in a minute.";

inline constexpr std::string_view broken_message = "Logging in is broken on this hub: a part of its own configuration "
                                                   "failed. Ask an administrator; the log says more.";

// Somebody who is not let in, for a reason that the authenticator gave.
[[nodiscard]] LoginOutcome turned_away(Refusal const& refusal, std::string const& name, std::string const& address);

// rules and authenticator must outlive the coroutine.
[[nodiscard]] Task<LoginOutcome> login(Authenticator& authenticator, LoginRules const& rules, Credentials credentials);

// The steps after authentication, for a model that came some other way (a Python authenticator's callback).
[[nodiscard]] Task<LoginOutcome> admit(Authenticator& authenticator, LoginRules const& rules, AuthModel model);

} // namespace jhub::auth
