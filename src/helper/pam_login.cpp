#include "helper/pam_login.hpp"

#include <security/pam_appl.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "helper/accounts.hpp"

namespace jhub::helper {
namespace {

using privileged::PamAnswer;
using privileged::PamOutcome;
using privileged::wire::Authenticate;

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_password = 1024;
constexpr std::chrono::milliseconds longest_hold_back{5000};

// What the modules' questions are answered from.
struct Secrets {
    std::array<std::string const*, 2> hidden; // the answers to hidden prompts, in their order
    std::size_t used = 0;
    unsigned fail_delay_us = 0;
};

// Answers hidden prompts with password, then one-time password; anything else with nothing, as upstream.
int converse(int count, pam_message const** messages, pam_response** responses, void* data)
{
    auto& secrets = *static_cast<Secrets*>(data);
    if (count <= 0 || count > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    auto* const answers =
        static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
    if (answers == nullptr)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; ++i) {
        if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF)
            continue;
        bool const left = secrets.used < secrets.hidden.size() && secrets.hidden[secrets.used] != nullptr;
        answers[i].resp = left ? strdup(secrets.hidden[secrets.used++]->c_str()) : nullptr;
        if (answers[i].resp != nullptr)
            continue;
        for (int k = 0; k < i; ++k) {
            if (answers[k].resp != nullptr)
                explicit_bzero(answers[k].resp, strlen(answers[k].resp));
            std::free(answers[k].resp);
        }
        std::free(answers);
        return PAM_CONV_ERR;
    }
    *responses = answers; // PAM frees them
    return PAM_SUCCESS;
}

void note_delay(int result, unsigned microseconds, void* data)
{
    if (result != PAM_SUCCESS && data != nullptr)
        static_cast<Secrets*>(data)->fail_delay_us = microseconds;
}

// One PAM transaction: pam_start to pam_end.
class Transaction {
  public:
    Transaction(std::string const& service, std::string const& user, Secrets& secrets)
        : conversation_{converse, &secrets}
    {
        last_ = pam_start(service.c_str(), user.c_str(), &conversation_, &handle_);
        if (last_ == PAM_SUCCESS)
            pam_set_item(handle_, PAM_FAIL_DELAY, reinterpret_cast<void const*>(note_delay));
    }
    ~Transaction()
    {
        if (handle_ != nullptr)
            pam_end(handle_, last_);
    }
    Transaction(Transaction const&) = delete;
    Transaction& operator=(Transaction const&) = delete;

    [[nodiscard]] int last() const { return last_; }
    [[nodiscard]] std::string words() const { return pam_strerror(handle_, last_); }
    int authenticate() { return last_ = pam_authenticate(handle_, 0); }
    void refresh_credentials() { pam_setcred(handle_, PAM_REINITIALIZE_CRED); } // its result is ignored, as upstream
    int check_account() { return last_ = pam_acct_mgmt(handle_, 0); }
    [[nodiscard]] std::string user() const
    {
        void const* item = nullptr;
        bool const known = pam_get_item(handle_, PAM_USER, &item) == PAM_SUCCESS && item != nullptr;
        return known ? static_cast<char const*>(item) : "";
    }

  private:
    pam_conv conversation_;
    pam_handle_t* handle_ = nullptr;
    int last_ = PAM_SYSTEM_ERR;
};

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
PamAnswer check_account(Authenticate const& login, std::string const& user, Secrets& secrets)
{
    Transaction account(login.service, user, secrets);
    if (account.last() != PAM_SUCCESS || account.check_account() != PAM_SUCCESS)
        return {is_breakdown(account.last()) ? PamOutcome::unavailable : PamOutcome::denied,
                {},
                fmt::format("locked or expired account: {}", account.words())};
    auto const entry = find_account(user);
    if (entry && is_no_shell(entry->shell))
        return {PamOutcome::denied, {}, fmt::format("no valid shell: the account's shell is {}", entry->shell)};
    return {PamOutcome::ok, user, {}};
}

PamAnswer ask_pam(Authenticate const& login, Secrets& secrets)
{
    std::string user;
    {
        Transaction transaction(login.service, login.user, secrets);
        if (transaction.last() != PAM_SUCCESS || transaction.authenticate() != PAM_SUCCESS) {
            int const result = transaction.last();
            if (is_breakdown(result))
                return {PamOutcome::unavailable, {}, fmt::format("PAM broke down: {}", transaction.words())};
            return {PamOutcome::denied, {}, authentication_reason(result, transaction.words(), login.user)};
        }
        transaction.refresh_credentials();
        user = transaction.user(); // a module may have changed it; this is who logged in
    }
    if (user.empty() || user.size() > longest_name)
        return {PamOutcome::denied, {}, "PAM gave no usable name for the account"};
    return login.check_account ? check_account(login, user, secrets) : PamAnswer{PamOutcome::ok, user, {}};
}

} // namespace

std::string input_problem(Authenticate const& login)
{
    auto const bad = [](std::string const& text, std::size_t longest) {
        return text.size() > longest || text.contains('\0');
    };
    // PAM makes a file name of the service.
    if (login.service.empty() || bad(login.service, longest_name) || login.service.contains('/'))
        return "not a PAM service name";
    if (login.user.empty() || bad(login.user, longest_name))
        return "not a possible account name";
    if (bad(login.password, longest_password) || bad(login.otp, longest_password))
        return "not a possible password";
    return {};
}

LoginResult log_in(Authenticate const& login)
{
    Secrets secrets{.hidden = {&login.password, login.otp.empty() ? nullptr : &login.otp}};
    LoginResult result;
    result.answer = ask_pam(login, secrets);
    if (result.answer.outcome == PamOutcome::denied)
        result.hold_back = std::min(std::chrono::milliseconds(secrets.fail_delay_us / 1000), longest_hold_back);
    return result;
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
