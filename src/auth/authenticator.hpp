// What an authenticator is: it finds out who somebody is. Whether they may enter is decided by the pipeline
// (pipeline.hpp), whatever the authenticator. It knows no routes, no database and no cookies, and everything it takes
// and gives can cross a process boundary, so that a Python authenticator can stand behind the same interface.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/login_rules.hpp"
#include "base/async.hpp"
#include "base/json.hpp"
#include "base/url.hpp"

namespace jhub::auth {

// What somebody sent in order to log in. The password is wiped by the destructor.
struct Credentials {
    Credentials() = default;
    Credentials(Credentials const&) = default;
    Credentials(Credentials&&) = default;
    Credentials& operator=(Credentials const&) = default;
    Credentials& operator=(Credentials&&) = default;
    ~Credentials();

    enum class How : std::uint8_t {
        by_form,    // or by credentials in the API
        by_request, // nothing was typed: the request may tell, by a header of a gateway for example
    };
    How how = How::by_form;
    std::string username;
    std::string password;
    std::string otp;
    QueryFields all;            // every field of the form except _xsrf, for authenticators with own forms
    std::string remote_address; // for the log and the limiter
    Json request;               // as python::LiveHost describes one; null where nobody asks for it
};

// Who it is. Names are normalised by the pipeline.
struct AuthModel {
    std::string name;
    std::optional<bool> admin;                      // nothing: not the authenticator's business
    Json auth_state;                                // null: none
    std::optional<std::vector<std::string>> groups; // nothing: leave groups as they are
    std::optional<Json> roles;                      // list of role objects, reference rbac.md §8
    std::optional<bool> allowed;                    // the authenticator has decided itself who may enter
    bool final_name = false;                        // normalised and mapped already, by the site's own steps
};

struct Refusal {
    enum class Kind : std::uint8_t {
        denied,      // wrong password, unknown name
        unavailable, // could not be found out now: PAM hangs, the provider is down
        doubtful,    // the same for the person, but it may have been a no: guesses are counted
        broken,      // the site's own code failed, and will again: to try once more does not help
    };
    Kind kind = Kind::denied;
    std::string page_message; // shown to the person instead of the uniform text; empty: the uniform text
    std::string log_reason;   // for the operator: why, never a secret
    int status = 0;           // an HTTP status of the site's own; 0: what kind says
};

using Authentication = std::expected<AuthModel, Refusal>;

struct RefreshedLogin {
    bool fresh = true;
    std::optional<AuthModel> model; // what is true of them now, when the authenticator says so
    bool has_auth_state = false;    // of the model; else the stored one stays
};

class Authenticator {
  public:
    virtual ~Authenticator() = default;

    // What is allowed at this moment, told before each login to authenticators that decide that themselves.
    virtual void hear_rules(LoginRules const& rules);

    // Finds out who it is. Bounded in time by the authenticator. Called for logins and for credentials in the API.
    virtual Task<Authentication> authenticate(Credentials credentials) = 0;

    // The name as it is kept. Base: lower case. username_map comes afterwards, in the pipeline.
    virtual Async<std::string> normalize(std::string name);
    // Member of one of these groups in the authenticator's own world. Base: no.
    virtual Async<bool> in_any_group(std::string name, NameSet groups);
    // The authenticator keeps groups that allowed_groups and admin_groups refer to.
    [[nodiscard]] virtual bool has_own_groups() const { return false; }
    // What allow_all is when not configured; nothing: no opinion.
    [[nodiscard]] virtual std::optional<bool> default_allow_all(LoginRules const& rules) const;

    // Called before a user is put into the database, and at start-up for those in it; an error says why not.
    virtual Async<> add_user(std::string name);

    // Called when a user has been deleted on purpose; an error is for the log.
    virtual Async<> delete_user(std::string name);

    // Whether a login that is some minutes old is still good, asked between requests; user and handler as
    // python::LiveHost describes them. refreshes(): there is anything to ask.
    [[nodiscard]] virtual bool refreshes() const { return false; }
    virtual Async<RefreshedLogin> refresh(Json user, Json handler);

    // HTML in place of the login form, itself a template; empty for the form.
    virtual Async<std::string> custom_html(std::string base_url);

    // Wants add_user for everybody the database knows when the hub starts.
    [[nodiscard]] virtual bool wants_known_users() const { return false; }

    // Its normalize() is the only one that knows how names are spelled: nothing else changes them.
    [[nodiscard]] virtual bool spells_names() const { return false; }

    // Authenticator.post_auth_hook is asked by it, inside of authenticate().
    [[nodiscard]] virtual bool runs_post_auth_hook() const { return false; }

    // A request alone may tell it who somebody is (Credentials::How::by_request).
    [[nodiscard]] virtual bool reads_requests() const { return false; }
    // Where a login begins and a logout ends. Base: the hub's own pages. hub_prefix: "/hub/".
    [[nodiscard]] virtual std::string login_url(std::string_view hub_prefix) const;
    [[nodiscard]] virtual std::string logout_url(std::string_view hub_prefix) const;

    // The hub shows its own form with name and password. False: no login handler at all, or a redirect elsewhere.
    [[nodiscard]] virtual bool has_login_form() const { return true; }
    // Class name for the log: "PAMAuthenticator".
    [[nodiscard]] virtual std::string_view name() const = 0;
    // Said once at start-up; empty for none.
    [[nodiscard]] virtual std::string startup_warning() const { return {}; }
};

} // namespace jhub::auth
