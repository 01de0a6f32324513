// A second copy of the log, in a file.
#pragma once

#include "base/descriptor.hpp"
#include "base/guarded_file.hpp"

namespace jhub::log {

inline constexpr Opening extra_file_opening{Opening::Access::append, Opening::Missing::is_made, 0644};

// Every line goes to file, too: the extra_file of the settings, opened so. Before other threads start.
void copy_to(Descriptor file);

// Opens the extra file anew after it was moved away (logrotate), as the account that this process has now. One that
// cannot be opened is reported, and the old one goes on.
void reopen();

} // namespace jhub::log
