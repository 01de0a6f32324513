// One conversation with PAM, from pam_start to pam_end. Only in processes made for it: modules block, crash, fork and
// change whatever they like.
#pragma once

#include <security/pam_appl.h>

#include <array>
#include <cstddef>
#include <string>

namespace jhub::helper {

inline constexpr std::size_t longest_pam_name = 255;

// Refuses a service or a name that must not reach a module: empty, over-long, another file. Empty: may be asked.
[[nodiscard]] std::string pam_input_problem(std::string const& service, std::string const& user);

// What the modules' questions are answered from.
struct PamSecrets {
    std::array<std::string const*, 2> hidden{}; // the answers to hidden prompts, in their order
    std::size_t used = 0;
    unsigned fail_delay_us = 0;
};

class PamTransaction {
  public:
    // secrets must outlive it.
    PamTransaction(std::string const& service, std::string const& user, PamSecrets& secrets);
    ~PamTransaction();
    PamTransaction(PamTransaction const&) = delete;
    PamTransaction& operator=(PamTransaction const&) = delete;

    [[nodiscard]] int last() const { return last_; } // the result of the last step, PAM_SUCCESS or not
    [[nodiscard]] std::string words() const { return pam_strerror(handle_, last_); }
    // An account without a password lets nobody in, whatever the service allows on the console.
    int authenticate() { return last_ = pam_authenticate(handle_, PAM_DISALLOW_NULL_AUTHTOK); }
    void refresh_credentials() { pam_setcred(handle_, PAM_REINITIALIZE_CRED); } // its result is ignored, as upstream
    int check_account() { return last_ = pam_acct_mgmt(handle_, 0); }
    int open_session() { return last_ = pam_open_session(handle_, 0); }
    int close_session() { return last_ = pam_close_session(handle_, 0); }
    [[nodiscard]] std::string user() const;
    void end();
    // Leaves the end to a forked copy of this process.
    void leave_to_the_other() { handle_ = nullptr; }

  private:
    pam_conv conversation_;
    pam_handle_t* handle_ = nullptr;
    int last_ = PAM_SYSTEM_ERR;
};

} // namespace jhub::helper
