// A login runs as a program of its own, this one again with --check-login: modules get all of root's capabilities, of
// which the helper has kept few, and find nothing of other people's logins in their memory.
#pragma once

#include <string>

#include "helper/login_records.hpp"
#include "helper/policy.hpp"

namespace jhub::helper {

inline constexpr char const* login_option = "--check-login";

// In a worker: becomes that program, which answers in the worker's place. Comes back only when it cannot.
[[nodiscard]] std::string become_login_program(wire::Authenticate const& login, HelperPolicy const& policy,
                                               pid_t helper);

// That program: takes policy and login from the descriptors it inherits, asks PAM, writes a powerful person's success
// down, answers and waits for its end by the helper, without which it ends as well. The exit status.
[[nodiscard]] int run_login_program(pid_t helper);

} // namespace jhub::helper
