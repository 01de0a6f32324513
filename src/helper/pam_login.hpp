// One login through PAM, start to end (reference auth-flow.md §9). Runs in a worker process: modules block, crash,
// fork and change whatever they like.
#pragma once

#include <chrono>

#include "privileged/messages.hpp"

namespace jhub::helper {

struct LoginResult {
    privileged::PamAnswer answer;
    // How long a refusal is held back. The helper waits it out, so that it does not occupy a worker.
    std::chrono::milliseconds hold_back{0};
};

// Refuses what must not reach a module: empty or over-long names, over-long passwords. Empty: may be asked.
[[nodiscard]] std::string input_problem(privileged::wire::Authenticate const& login);

[[nodiscard]] LoginResult log_in(privileged::wire::Authenticate const& login);

// How long to hold back a refusal that took so long: until the delay that PAM asked for has passed since the beginning,
// in any case half a second. To hash a password takes time that is not spent on a name nobody has; what is counted from
// the beginning tells nobody which of the two it was.
[[nodiscard]] std::chrono::milliseconds hold_back(std::chrono::milliseconds asked, std::chrono::milliseconds took);

// How the result crosses from the worker to the helper.
[[nodiscard]] std::string pack(LoginResult const& result);
[[nodiscard]] LoginResult unpack(std::string_view bytes);

} // namespace jhub::helper
