// The PAM session of a server (reference auth-flow.md §9): opened by the process that becomes the server, while it is
// still root, so that limits, namespaces and the rest hold for the server; closed by its keeper, a copy of that process
// that stays root and waits for the server's end. The keeper depends on nobody: it outlives hub and helper, as the
// server does.
#pragma once

#include <functional>
#include <string>

#include "base/descriptor.hpp"
#include "helper/leftovers.hpp"
#include "helper/loop.hpp"

namespace jhub::helper {

struct OpenedSession {
    int keeper = 0; // its pid, a child of the helper; 0: there is no session
    int error = 0;  // then PAM's reason
};

// In the process that becomes the server; control is its descriptor that the keeper must not hold. What the modules put
// into PAM's environment stays there, as upstream.
[[nodiscard]] OpenedSession open_pam_session(std::string const& service, std::string const& user, int control);

// The helper's view: takes keepers in when they end. The first failure of any session is logged and turns sessions off
// for good, as upstream; "for good" ends with the helper.
class PamSessions {
  public:
    PamSessions(Loop& loop, Leftovers& leftovers) : loop_(loop), leftovers_(leftovers) {}

    [[nodiscard]] bool wanted() const { return !off_; }
    void opened(int keeper, std::string const& user);
    void not_opened(std::string const& user, int error);
    void lost(std::string const& user); // the process ended while it was opened

  private:
    void turn_off(std::string const& user, std::string const& what);

    Loop& loop_;
    Leftovers& leftovers_;
    bool off_ = false;
};

} // namespace jhub::helper
