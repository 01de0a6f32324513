// Which servers and people the idle culler stops and deletes, as pure functions of what is known and of the time.
// Options as those of jupyterhub-idle-culler (reference services.md §6), with two differences: a server is warned of
// at least one look before it is stopped, and max_age waits for a moment in which the server is not busy.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.hpp"
#include "config/settings.hpp"

namespace jhub::hub::services {

// Servers report their activity (also that of kernels nobody looks at) every five minutes.
inline constexpr std::chrono::minutes busy_window{6};

struct ServerFacts {
    bool ready = false; // what starts or stops is left alone
    bool is_default = true;
    std::optional<Timestamp> started, last_activity;
    bool warned = false; // at an earlier look, and not used since
};

enum class CullVerdict {
    keep,
    warn, // it would be stopped at the next look
    stop,
};

struct CullDecision {
    CullVerdict verdict = CullVerdict::keep;
    std::chrono::seconds quiet{}, age{};
};

[[nodiscard]] CullDecision decide_server(config::IdleCullerSettings const& settings, ServerFacts const& server,
                                         Timestamp now);

struct PersonFacts {
    bool admin = false;
    bool has_servers = false; // running, or about to
    std::optional<Timestamp> created, last_activity;
};

// True: delete.
[[nodiscard]] bool decide_person(config::IdleCullerSettings const& settings, PersonFacts const& person, Timestamp now);

} // namespace jhub::hub::services
