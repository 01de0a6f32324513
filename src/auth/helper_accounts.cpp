#include "auth/helper_accounts.hpp"

namespace jhub::auth {

Async<privileged::PamAnswer> HelperAccounts::verify(privileged::PamRequest request)
{
    co_return co_await helper_.authenticate(std::move(request));
}

Async<privileged::Account> HelperAccounts::find(std::string name)
{
    co_return co_await helper_.account(std::move(name));
}

Async<> HelperAccounts::make(std::string name) { co_return co_await helper_.make_account(std::move(name)); }

} // namespace jhub::auth
