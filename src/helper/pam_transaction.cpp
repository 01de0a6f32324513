#include "helper/pam_transaction.hpp"

#include <cstdlib>
#include <cstring>
#include <utility>

namespace jhub::helper {
namespace {

// Answers hidden prompts with password, then one-time password; anything else with nothing, as upstream.
int converse(int count, pam_message const** messages, pam_response** responses, void* data)
{
    auto& secrets = *static_cast<PamSecrets*>(data);
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
        static_cast<PamSecrets*>(data)->fail_delay_us = microseconds;
}

} // namespace

std::string pam_input_problem(std::string const& service, std::string const& user)
{
    auto const bad = [](std::string const& text) {
        return text.empty() || text.size() > longest_pam_name || text.contains('\0');
    };
    if (bad(service) || service.contains('/')) // PAM makes a file name of it
        return "not a PAM service name";
    return bad(user) ? "not a possible account name" : "";
}

PamTransaction::PamTransaction(std::string const& service, std::string const& user, PamSecrets& secrets)
    : conversation_{converse, &secrets}
{
    last_ = pam_start(service.c_str(), user.c_str(), &conversation_, &handle_);
    if (last_ == PAM_SUCCESS)
        pam_set_item(handle_, PAM_FAIL_DELAY, reinterpret_cast<void const*>(note_delay));
}

PamTransaction::~PamTransaction() { end(); }

void PamTransaction::end()
{
    if (handle_ != nullptr)
        pam_end(std::exchange(handle_, nullptr), last_);
}

std::string PamTransaction::user() const
{
    void const* item = nullptr;
    bool const known = pam_get_item(handle_, PAM_USER, &item) == PAM_SUCCESS && item != nullptr;
    return known ? static_cast<char const*>(item) : "";
}

} // namespace jhub::helper
