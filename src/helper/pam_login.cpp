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

// What a result of PAM means. Only what no module says for "no" counts as a breakdown: the person shall try again, the
// operator shall look. Everything else, also a result that is not here, is a refusal, and counted as one.
struct Meaning {
    int result;
    PamOutcome outcome;
    std::string_view in_words; // for the log; empty: PAM's own words
};
constexpr PamOutcome no = PamOutcome::denied, broken = PamOutcome::unavailable, unreachable = PamOutcome::unreachable;

// The results of pam_authenticate and pam_acct_mgmt; pam_setcred's is ignored, as upstream; those of the sessions are
// pam_session.cpp's. A pam_start that fails has asked nobody: always a breakdown.
constexpr std::array meanings{
    Meaning{PAM_AUTH_ERR, no, ""},
    Meaning{PAM_USER_UNKNOWN, no, ""},
    Meaning{PAM_PERM_DENIED, no, ""},
    Meaning{PAM_MAXTRIES, no, ""},
    Meaning{PAM_ACCT_EXPIRED, no, ""},
    Meaning{PAM_NEW_AUTHTOK_REQD, no, "the password has expired and must be changed first"},
    Meaning{PAM_AUTHTOK_EXPIRED, no, ""},
    Meaning{PAM_SYSTEM_ERR, no, "System error (pam_exec says so when its program says no)"},
    Meaning{PAM_SERVICE_ERR, no, ""},
    Meaning{PAM_CRED_INSUFFICIENT, no, "a module may not read what it checks passwords with"},
    Meaning{PAM_CONV_ERR, no, "PAM asks for one more secret than was given (a one-time password?)"},
    Meaning{PAM_AUTHINFO_UNAVAIL, unreachable, "what it checks passwords with cannot be reached"},
    Meaning{PAM_ABORT, broken, ""},
    Meaning{PAM_BUF_ERR, broken, ""},
    Meaning{PAM_OPEN_ERR, broken, ""},
    Meaning{PAM_SYMBOL_ERR, broken, ""},
    Meaning{PAM_MODULE_UNKNOWN, broken, ""},
    Meaning{PAM_BAD_ITEM, broken, ""},
    Meaning{PAM_NO_MODULE_DATA, broken, ""},
};

struct Reading {
    PamOutcome outcome = PamOutcome::denied;
    std::string reason;
};

Reading reading_of(PamTransaction const& transaction)
{
    auto const* const known = std::ranges::find(meanings, transaction.last(), &Meaning::result);
    if (known == meanings.end())
        return {no, transaction.words()};
    std::string words = known->in_words.empty() ? transaction.words() : std::string(known->in_words);
    return {known->outcome, known->outcome == broken ? "PAM broke down: " + words : std::move(words)};
}

std::string authentication_reason(int result, std::string words, std::string const& user)
{
    auto const account = find_account(user);
    if (!account && account.error().code == Errc::not_found)
        return "unknown account";
    return result == PAM_AUTH_ERR ? "wrong password" : std::move(words);
}

PamAnswer not_started(PamTransaction const& transaction)
{
    return {broken, {}, fmt::format("PAM broke down: {}", transaction.words())};
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
    if (account.last() != PAM_SUCCESS)
        return not_started(account);
    if (account.check_account() != PAM_SUCCESS) {
        Reading const reading = reading_of(account);
        return {reading.outcome, {}, (reading.outcome == no ? "locked or expired account: " : "") + reading.reason};
    }
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
        if (transaction.last() != PAM_SUCCESS)
            return not_started(transaction);
        if (transaction.authenticate() != PAM_SUCCESS) {
            Reading reading = reading_of(transaction);
            if (reading.outcome == no)
                reading.reason = authentication_reason(transaction.last(), std::move(reading.reason), login.user);
            return {reading.outcome, {}, std::move(reading.reason)};
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
    if (result.answer.outcome == no || result.answer.outcome == unreachable)
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
