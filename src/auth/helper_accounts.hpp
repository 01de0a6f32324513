// SystemAccounts by way of the privileged helper.
#pragma once

#include "auth/system_accounts.hpp"
#include "privileged/helper.hpp"

namespace jhub::auth {

class HelperAccounts final : public SystemAccounts {
  public:
    // helper must outlive this object and its coroutines.
    explicit HelperAccounts(privileged::Helper& helper) : helper_(helper) {}

    Async<privileged::PamAnswer> verify(privileged::PamRequest request) override;
    Async<privileged::Account> find(std::string name) override;
    // At most a minute; what the command prints goes to the hub's stderr.
    Async<> make(std::string name) override;

  private:
    privileged::Helper& helper_;
};

} // namespace jhub::auth
