// The log: lines in upstream's format on stderr, "[I 2026-01-02 03:04:05.678 JupyterHub launcher:42] message"
// (reference cli.md §1.9). Coloured on a terminal; continuation lines are indented. Callable from any thread.
#pragma once

#include <source_location>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace jhub::log {

enum class Level { debug, info, warning, error, critical };

struct Settings {
    std::string program = "JupyterHub";
    Level level = Level::info;
    std::string extra_file; // a second copy, appended to; empty for none
};

// Once, before other threads start. A file that cannot be opened is reported on stderr and left out.
void configure(Settings const& settings);
[[nodiscard]] bool enabled(Level level);
void write(Level level, std::string_view message, std::source_location where);

// Remembers where the log call stands beside its format string.
template <typename... Args> struct Format {
    template <typename Text>
    consteval Format(Text const& text, std::source_location location = std::source_location::current()) // NOLINT
        : format(text), where(location)
    {
    }
    fmt::format_string<Args...> format;
    std::source_location where;
};

template <typename... Args> void message(Level level, Format<std::type_identity_t<Args>...> text, Args&&... args)
{
    if (enabled(level))
        write(level, fmt::format(text.format, std::forward<Args>(args)...), text.where);
}

#define JHUB_LOG_FUNCTION(name)                                                                                        \
    template <typename... Args> void name(Format<std::type_identity_t<Args>...> text, Args&&... args)                  \
    {                                                                                                                  \
        message<Args...>(Level::name, text, std::forward<Args>(args)...);                                              \
    }
JHUB_LOG_FUNCTION(debug)
JHUB_LOG_FUNCTION(info)
JHUB_LOG_FUNCTION(warning)
JHUB_LOG_FUNCTION(error)
JHUB_LOG_FUNCTION(critical)
#undef JHUB_LOG_FUNCTION

} // namespace jhub::log
