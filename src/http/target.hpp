// The target of a request taken apart into its form, authority and path (RFC 9112 §3.2). Used by the head parser.
#pragma once

#include <string_view>

#include "http/message.hpp"

namespace jhub::http {

struct TargetParts {
    TargetForm form = TargetForm::origin;
    std::string_view authority;     // of absolute and authority form
    std::string_view origin_target; // "/…" or "*"; empty for authority-form
};

// Whether text is host[:port] with a registered name or an address, and a port up to 65535. No user information.
[[nodiscard]] bool is_authority(std::string_view text);

// False when the target fits no form, or none that the method allows. Bytes were checked before.
[[nodiscard]] bool split_target(Method method, std::string_view target, TargetParts& parts);

} // namespace jhub::http
