// The machine's accounts and PAM as authenticators need them. The real one asks the privileged helper
// (helper_accounts.hpp); tests script it.
#pragma once

#include <string>

#include "base/async.hpp"
#include "privileged/types.hpp"

namespace jhub::auth {

class SystemAccounts {
  public:
    virtual ~SystemAccounts() = default;
    // One login through PAM. An error only when PAM could not even be asked.
    virtual Async<privileged::PamAnswer> verify(privileged::PamRequest request) = 0;
    // Errc::not_found when there is no such account.
    virtual Async<privileged::Account> find(std::string name) = 0;
    // Makes an account, as c.LocalAuthenticator says. Errc::conflict when there is one of that name.
    virtual Async<> make(std::string name) = 0;
};

} // namespace jhub::auth
