// Asks the account database in processes of their own, and whether root's policy lets an account have a process.
#pragma once

#include <functional>
#include <string>

#include "helper/login_records.hpp"
#include "helper/policy.hpp"
#include "helper/workers.hpp"

namespace jhub::helper {

class AccountLookUps {
  public:
    enum class Purpose {
        information, // whoever it is
        process,     // Errc::forbidden for an account that may have none
        service,     // the same for a service of root's configuration
    };

    // leftovers and policy must outlive it.
    AccountLookUps(Loop& loop, Leftovers& leftovers, HelperPolicy const& policy);

    // The account of that name; empty: the own account, which is the hub's. Errc::not_found, Errc::timeout.
    void ask(std::string name, Purpose purpose, std::function<void(Result<privileged::Account>)> done);

    [[nodiscard]] LoginRecords const& logins() const { return logins_; }

  private:
    static constexpr std::chrono::seconds patience{10};

    [[nodiscard]] Result<privileged::Account> find(std::string const& name, Purpose purpose) const;

    HelperPolicy const& policy_;
    LoginRecords logins_;
    Workers workers_; // apart from logins, so that those that hang do not delay starts
};

} // namespace jhub::helper
