// Options that exist, but that this hub cannot serve yet: refused at the start with a sentence, never ignored.
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"

namespace jhub::hub {

// Errc::invalid_argument names the first such option that is set, and what to do instead.
[[nodiscard]] Result<> refuse_unsupported(config::Settings const& settings);

} // namespace jhub::hub
