#include "helper/log_line.hpp"

#include <unistd.h>

#include <chrono>
#include <ctime>

namespace jhub::helper {

void log_line(char level, std::string_view message, std::source_location where)
{
    auto const now = std::chrono::system_clock::now();
    std::time_t const seconds = std::chrono::system_clock::to_time_t(now);
    auto const milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    std::tm parts{};
    localtime_r(&seconds, &parts);
    std::string_view file = where.file_name();
    file.remove_prefix(file.rfind('/') + 1);
    std::string const line =
        fmt::format("[{} {:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03} JupyterHub-helper {}:{}] {}\n", level,
                    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                    milliseconds, file.substr(0, file.find('.')), where.line(), message);
    // One write, so that lines of hub and helper do not mix. Nothing can be done when stderr is gone.
    [[maybe_unused]] ssize_t const written = write(STDERR_FILENO, line.data(), line.size());
}

} // namespace jhub::helper
