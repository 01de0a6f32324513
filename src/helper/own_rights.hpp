// What the helper keeps of root for itself: the few capabilities that it uses, before it reads its first packet. The
// bounding set, which people's programs inherit, stays whole: sudo works in their servers.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "privileged/helper_policy.hpp"

namespace jhub::helper {

// When a capability is kept.
enum class Needed : std::uint8_t {
    always,
    for_sessions,      // PAM modules run in the process that becomes the server
    to_look_at_others, // /proc is mounted with hidepid, or keepers of sessions must be told from leftovers
};

struct KeptCapability {
    int number;
    Needed when;
    std::string_view reason;
};

[[nodiscard]] std::span<KeptCapability const> kept_capabilities();

// As the bits of capset(2).
[[nodiscard]] std::uint64_t needed_capabilities(privileged::HelperPolicy const& policy, bool proc_is_hidden);

// Whether the text of /proc/self/mountinfo says that /proc hides other people's processes.
[[nodiscard]] bool hides_processes(std::string_view mountinfo);

struct FormerLimits {
    rlim_t core_size = 0; // soft
};

// For good: no memory to read for others, no core dumps and, as root, no other capabilities. What processes get back.
// Errc::failed: then the helper must end.
[[nodiscard]] Result<FormerLimits> give_up_rights(privileged::HelperPolicy const& policy);

} // namespace jhub::helper
