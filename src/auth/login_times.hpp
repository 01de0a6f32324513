// Gives each login of a user a second of its own. A login cookie is a signed user and second (reference auth-flow.md
// §2), so two logins within one second would share it, and a logout of one would end the other. Who logs in twice
// within a second gets the next free one; cookies from the near future are valid (signed_value.hpp). One thread; the
// clock is the caller's.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/clock.hpp"

namespace jhub::auth {

class LoginTimes {
  public:
    // The second for this login, never before now. Distinct for each login of the user, unless there were hundreds
    // within minutes: later ones then share the last.
    [[nodiscard]] Timestamp take(std::int64_t user_id, Timestamp now);

    [[nodiscard]] std::size_t remembered() const { return last_.size(); }

  private:
    using Second = std::chrono::sys_seconds;
    std::unordered_map<std::int64_t, Second> last_; // only of those who logged in this second, or are ahead of it
    Second tidied_{};
};

} // namespace jhub::auth
