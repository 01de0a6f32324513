#include "auth/pam_authenticator.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace jhub::auth {
namespace {

constexpr std::size_t maximum_password_length = 1024;

std::unexpected<Refusal> refused(Refusal::Kind kind, std::string log_reason)
{
    return std::unexpected(Refusal{kind, "", std::move(log_reason)});
}

// What PAM modules, arbitrary C code, should never see.
std::string_view unfit(Credentials const& credentials)
{
    bool const has_nul = credentials.username.find('\0') != std::string::npos ||
                         credentials.password.find('\0') != std::string::npos ||
                         credentials.otp.find('\0') != std::string::npos;
    if (credentials.username.empty())
        return "no name was given";
    if (has_nul)
        return "name or password contains a NUL character";
    if (credentials.username.size() > maximum_name_length || credentials.password.size() > maximum_password_length ||
        credentials.otp.size() > maximum_password_length)
        return "name or password is too long";
    return {};
}

} // namespace

Task<Authentication> PamAuthenticator::authenticate(Credentials credentials)
{
    if (std::string_view const why = unfit(credentials); !why.empty())
        co_return refused(Refusal::Kind::denied, std::string(why));

    privileged::PamRequest request;
    request.service = options_.service;
    request.user = credentials.username;
    request.password = credentials.password;
    request.otp = credentials.otp;
    request.check_account = options_.check_account;
    request.timeout = options_.timeout;
    Result<privileged::PamAnswer> answer = co_await accounts_.verify(std::move(request));
    if (!answer)
        co_return refused(Refusal::Kind::unavailable, answer.error().message + " " + answer.error().detail);
    if (answer->outcome == privileged::PamOutcome::unreachable)
        co_return refused(Refusal::Kind::doubtful, answer->reason);
    if (answer->outcome == privileged::PamOutcome::unavailable)
        co_return refused(Refusal::Kind::unavailable, answer->reason);
    if (answer->outcome == privileged::PamOutcome::denied)
        co_return refused(Refusal::Kind::denied, answer->reason);

    // Modules may map names (an alias, a domain): whom PAM let in is the identity.
    AuthModel model;
    model.name = answer->canonical_user.empty() ? credentials.username : answer->canonical_user;
    co_return model;
}

Async<std::string> PamAuthenticator::normalize(std::string name)
{
    if (!options_.normalize_by_uid)
        co_return lower_case_name(name);
    CO_TRY(privileged::Account const account, co_await accounts_.find(std::move(name)));
    co_return account.name;
}

Async<bool> PamAuthenticator::in_any_group(std::string name, NameSet groups)
{
    Result<privileged::Account> account = co_await accounts_.find(std::move(name));
    if (!account && account.error().code == Errc::not_found)
        co_return false;
    if (!account)
        co_return std::unexpected(std::move(account).error());
    co_return std::ranges::any_of(account->groups, [&](std::string const& group) { return groups.contains(group); });
}

Async<> PamAuthenticator::add_user(std::string name)
{
    Result<privileged::Account> account = co_await accounts_.find(name);
    if (account)
        co_return Result<>();
    if (account.error().code != Errc::not_found)
        co_return std::unexpected(std::move(account).error());
    if (!options_.local.create_system_users)
        co_return fail(Errc::not_found, "There is no system account \"" + printable(name) +
                                            "\". Create it, or set c.LocalAuthenticator.create_system_users = True.");
    Result<> const created = co_await accounts_.make(name);
    if (!created && created.error().code != Errc::conflict) // somebody else made it meanwhile
        co_return fail(Errc::failed, "The system account \"" + printable(name) +
                                         "\" could not be created: " + created.error().message);
    co_return Result<>();
}

} // namespace jhub::auth
