// The helper's own log: lines on stderr in the hub's format, without the logging library, which a program with root's
// rights does not need. Strangers' text goes through {:?}, which escapes it.
#pragma once

#include <source_location>
#include <string_view>

#include <fmt/format.h>

namespace jhub::helper {

// level: I, W or E.
void log_line(char level, std::string_view message, std::source_location where = std::source_location::current());

} // namespace jhub::helper
