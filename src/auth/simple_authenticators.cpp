#include "auth/simple_authenticators.hpp"

#include "base/crypto.hpp"

namespace jhub::auth {
namespace {

constexpr std::size_t shortest_user_password = 8;
constexpr std::size_t shortest_admin_password = 32;

std::unexpected<Refusal> denied(std::string log_reason)
{
    return std::unexpected(Refusal{Refusal::Kind::denied, "", std::move(log_reason)});
}

bool is_password(std::optional<std::string> const& expected, std::string_view given)
{
    return expected && equal_in_constant_time(*expected, given);
}

} // namespace

Task<Authentication> DummyAuthenticator::authenticate(Credentials credentials)
{
    if (!password_.empty() && !equal_in_constant_time(password_, credentials.password))
        co_return denied("wrong password (c.DummyAuthenticator.password)");
    AuthModel model;
    model.name = credentials.username;
    co_return model;
}

std::optional<bool> DummyAuthenticator::default_allow_all(LoginRules const& rules) const
{
    return rules.allowed_users.empty();
}

std::string DummyAuthenticator::startup_warning() const
{
    return "DummyAuthenticator is for trying things out: it lets people in without checking who they are.";
}

Result<std::unique_ptr<SharedPasswordAuthenticator>> SharedPasswordAuthenticator::create(SharedPasswordOptions options)
{
    auto const refuse = [](std::string why) {
        return fail(Errc::invalid_argument, "c.SharedPasswordAuthenticator." + std::move(why));
    };
    if (options.user_password && options.user_password->size() < shortest_user_password)
        return refuse("user_password must have at least 8 characters.");
    if (options.admin_password && options.admin_password->size() < shortest_admin_password)
        return refuse("admin_password must have at least 32 characters.");
    if (options.user_password && options.user_password == options.admin_password)
        return refuse("user_password and admin_password must differ.");
    if (!options.password_groups.empty() && !options.manage_groups)
        return refuse("password_groups needs c.Authenticator.manage_groups = True.");
    for (auto const& [password, groups] : options.password_groups) {
        if (password.size() < shortest_user_password)
            return refuse("password_groups: each password must have at least 8 characters.");
    }
    return std::unique_ptr<SharedPasswordAuthenticator>(new SharedPasswordAuthenticator(std::move(options)));
}

Task<Authentication> SharedPasswordAuthenticator::authenticate(Credentials credentials)
{
    AuthModel model;
    model.name = credentials.username;
    model.groups.emplace();
    if (options_.admin_users.contains(lower_case_name(credentials.username))) {
        if (!is_password(options_.admin_password, credentials.password))
            co_return denied("an administrator needs c.SharedPasswordAuthenticator.admin_password");
        model.admin = true;
        co_return model;
    }
    model.admin = false;
    if (is_password(options_.user_password, credentials.password))
        co_return model;
    for (auto const& [password, groups] : options_.password_groups) {
        if (equal_in_constant_time(password, credentials.password)) {
            model.groups = groups;
            co_return model;
        }
    }
    co_return denied("wrong shared password");
}

std::string SharedPasswordAuthenticator::startup_warning() const
{
    if (options_.user_password || options_.admin_password || !options_.password_groups.empty())
        return {};
    return "Nobody can log in: set c.SharedPasswordAuthenticator.user_password, and admin_password for administrators.";
}

Task<Authentication> NullAuthenticator::authenticate(Credentials /*credentials*/)
{
    co_return denied("NullAuthenticator lets nobody log in");
}

} // namespace jhub::auth
