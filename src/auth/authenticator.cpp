#include "auth/authenticator.hpp"

#include <openssl/crypto.h>

namespace jhub::auth {
namespace {

// The whole buffer: a moved-from or shortened text leaves characters behind its end.
void wipe(std::string& secret)
{
    secret.resize(secret.capacity());
    OPENSSL_cleanse(secret.data(), secret.size());
}

} // namespace

Credentials::~Credentials()
{
    wipe(password);
    wipe(otp);
    for (auto& [name, value] : all)
        wipe(value);
}

void Authenticator::hear_rules(LoginRules const& /*rules*/) {}

Async<std::string> Authenticator::normalize(std::string name) { co_return lower_case_name(name); }

Async<bool> Authenticator::in_any_group(std::string /*name*/, NameSet /*groups*/) { co_return false; }

std::optional<bool> Authenticator::default_allow_all(LoginRules const& /*rules*/) const { return std::nullopt; }

Async<> Authenticator::add_user(std::string /*name*/) { co_return Result<>(); }
Async<> Authenticator::delete_user(std::string /*name*/) { co_return Result<>(); }
Async<RefreshedLogin> Authenticator::refresh(Json /*user*/, Json /*handler*/) { co_return RefreshedLogin{}; }
Async<std::string> Authenticator::custom_html(std::string /*base_url*/) { co_return std::string(); }

std::string Authenticator::login_url(std::string_view hub_prefix) const { return std::string(hub_prefix) + "login"; }
std::string Authenticator::logout_url(std::string_view hub_prefix) const { return std::string(hub_prefix) + "logout"; }

} // namespace jhub::auth
