#include "helper/pam_login.hpp"

#include <security/pam_appl.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "helper/accounts.hpp"
#include "helper/pam_transaction.hpp"

namespace jhub::helper {
namespace {

using privileged::PamAnswer;
using privileged::PamOutcome;
using privileged::wire::Authenticate;

constexpr std::size_t longest_password = 1024;
constexpr std::chrono::milliseconds shortest_refusal{500}, longest_refusal{5000};

// Results that say nothing about the password: the person shall try again, the operator shall look.
bool is_breakdown(int result)
{
    constexpr std::array breakdowns{PAM_ABORT,          PAM_AUTHINFO_UNAVAIL, PAM_BUF_ERR,    PAM_OPEN_ERR,
                                    PAM_SERVICE_ERR,    PAM_SYMBOL_ERR,       PAM_SYSTEM_ERR, PAM_BAD_ITEM,
                                    PAM_NO_MODULE_DATA, PAM_MODULE_UNKNOWN};
    return std::ranges::find(breakdowns, result) != breakdowns.end();
}

std::string authentication_reason(int result, std::string const& words, std::string const& user)
{
    auto const account = find_account(user);
    if (!account && account.error().code == Errc::not_found)
        return "unknown account";
    if (result == PAM_AUTH_ERR)
        return "wrong password";
    if (result == PAM_CONV_ERR)
        return "PAM asks for one more secret than was given (a one-time password?)";
    return words;
}

bool is_no_shell(std::string_view shell)
{
    shell.remove_prefix(shell.rfind('/') + 1);
    return shell == "nologin" || shell == "false";
}

// Whether the account may be used at all, password aside. Empty: it may.
PamAnswer check_account(Authenticate const& login, std::string const& user, PamSecrets& secrets)
{
    PamTransaction account(login.service, user, secrets);
    if (account.last() != PAM_SUCCESS || account.check_account() != PAM_SUCCESS)
        return {is_breakdown(account.last()) ? PamOutcome::unavailable : PamOutcome::denied,
                {},
                fmt::format("locked or expired account: {}", account.words())};
    auto const entry = find_account(user);
    if (entry && is_no_shell(entry->shell))
        return {PamOutcome::denied, {}, fmt::format("no valid shell: the account's shell is {}", entry->shell)};
    return {PamOutcome::ok, user, {}};
}

PamAnswer ask_pam(Authenticate const& login, PamSecrets& secrets)
{
    std::string user;
    {
        PamTransaction transaction(login.service, login.user, secrets);
        if (transaction.last() != PAM_SUCCESS || transaction.authenticate() != PAM_SUCCESS) {
            int const result = transaction.last();
            if (is_breakdown(result))
                return {PamOutcome::unavailable, {}, fmt::format("PAM broke down: {}", transaction.words())};
            return {PamOutcome::denied, {}, authentication_reason(result, transaction.words(), login.user)};
        }
        transaction.refresh_credentials();
        user = transaction.user(); // a module may have changed it; this is who logged in
    }
    if (user.empty() || user.size() > longest_pam_name)
        return {PamOutcome::denied, {}, "PAM gave no usable name for the account"};
    return login.check_account ? check_account(login, user, secrets) : PamAnswer{PamOutcome::ok, user, {}};
}

} // namespace

std::string input_problem(Authenticate const& login)
{
    auto const bad = [](std::string const& text, std::size_t longest) {
        return text.size() > longest || text.contains('\0');
    };
    if (std::string problem = pam_input_problem(login.service, login.user); !problem.empty())
        return problem;
    if (bad(login.password, longest_password) || bad(login.otp, longest_password))
        return "not a possible password";
    return {};
}

LoginResult log_in(Authenticate const& login)
{
    PamSecrets secrets{.hidden = {&login.password, login.otp.empty() ? nullptr : &login.otp}};
    LoginResult result;
    auto const begin = std::chrono::steady_clock::now();
    result.answer = ask_pam(login, secrets);
    auto const took = std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    if (result.answer.outcome == PamOutcome::denied)
        result.hold_back = hold_back(std::chrono::milliseconds(secrets.fail_delay_us / 1000), took);
    return result;
}

std::chrono::milliseconds hold_back(std::chrono::milliseconds asked, std::chrono::milliseconds took)
{
    return std::max(std::chrono::milliseconds(0), std::clamp(asked, shortest_refusal, longest_refusal) - took);
}

std::string pack(LoginResult const& result)
{
    // A PAM answer is small, so encode() does not refuse it; the request number carries the delay.
    auto const packet = privileged::wire::encode({static_cast<std::uint32_t>(result.hold_back.count()), result.answer});
    return packet ? *packet : std::string();
}

LoginResult unpack(std::string_view bytes)
{
    auto packet = privileged::wire::decode(bytes);
    if (packet)
        if (auto* answer = std::get_if<PamAnswer>(&packet->message))
            return {std::move(*answer), std::chrono::milliseconds(packet->request)};
    return {{PamOutcome::unavailable, {}, "the login's process answered nonsense"}, {}};
}

} // namespace jhub::helper
