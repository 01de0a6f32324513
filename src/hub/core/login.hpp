// Lets somebody in: limits guessing, asks the authenticator, applies its answer to the database (reference auth-flow.md
// §9). The same for the login form and for credentials in the API. Logic thread.
#pragma once

#include "auth/authenticator.hpp"
#include "base/async.hpp"
#include "model/user.hpp"

namespace jhub::hub {

class Hub;

// Why somebody is not let in.
struct LoginProblem : Error {
    int status = 0; // an HTTP status that the site's own code chose; 0: what the code says
};

// The user as stored. Errc::forbidden: refused, the message is for the person; Errc::too_many: wait, detail holds the
// seconds; Errc::unavailable: nobody could find out.
Task<std::expected<model::User, LoginProblem>> log_in(Hub& hub, auth::Credentials credentials);

enum class LoginState { replace, keep }; // the stored auth_state

// Applies what the authenticator says of somebody: administrator, groups, roles, auth_state. The user as stored.
// Errc::conflict for roles that cannot be; then nothing changes.
Async<model::User> apply_login(Hub& hub, auth::AuthModel model, LoginState state);

} // namespace jhub::hub
