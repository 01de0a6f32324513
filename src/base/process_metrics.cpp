#include "base/process_metrics.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include "base/strings.hpp"

namespace jhub {
namespace {

std::string file_text(char const* path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

prometheus::MetricFamily single(std::string name, std::string help, prometheus::MetricType type, double value)
{
    prometheus::ClientMetric metric;
    metric.counter.value = metric.gauge.value = value;
    return {std::move(name), std::move(help), type, {std::move(metric)}};
}

// "btime 1700000000": when the machine was started.
double boot_time()
{
    std::string const text = file_text("/proc/stat");
    auto const at = text.find("\nbtime ");
    if (at == std::string::npos)
        return 0;
    auto const from = at + std::string_view("\nbtime ").size();
    return static_cast<double>(parse_number<std::int64_t>(text.substr(from, text.find('\n', from) - from)).value_or(0));
}

std::optional<double> open_descriptors()
{
    std::error_code hidden; // from a process that gave up rights and may not be traced
    std::filesystem::directory_iterator const entries("/proc/self/fd", hidden);
    return hidden ? std::nullopt : std::optional(static_cast<double>(std::distance(begin(entries), end(entries))));
}

} // namespace

std::vector<prometheus::MetricFamily> process_metrics()
{
    using prometheus::MetricType;
    std::vector<prometheus::MetricFamily> families;
    // The fields after the program's name, which may hold anything and ends with the last ")"; proc(5).
    std::string const stat = file_text("/proc/self/stat");
    auto const fields = split(std::string_view(stat).substr(std::min(stat.rfind(") ") + 2, stat.size())), ' ');
    auto const field = [&](std::size_t number) {
        return static_cast<double>(parse_number<std::int64_t>(fields.at(number - 3)).value_or(0));
    };
    constexpr std::size_t user_time = 14, system_time = 15, start_time = 22, virtual_size = 23, resident_pages = 24;
    if (fields.size() > resident_pages - 3) {
        auto const ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
        auto const page = static_cast<double>(sysconf(_SC_PAGESIZE));
        families.push_back(single("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge,
                                  field(virtual_size)));
        families.push_back(single("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
                                  field(resident_pages) * page));
        families.push_back(single("process_start_time_seconds", "Start time of the process since unix epoch.",
                                  MetricType::Gauge, boot_time() + field(start_time) / ticks));
        families.push_back(single("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                                  MetricType::Counter, (field(user_time) + field(system_time)) / ticks));
        families.push_back(single("process_cpu_user_seconds_total", "Total user CPU time spent in seconds.",
                                  MetricType::Counter, field(user_time) / ticks));
        families.push_back(single("process_cpu_system_seconds_total", "Total system CPU time spent in seconds.",
                                  MetricType::Counter, field(system_time) / ticks));
    }
    if (auto const count = open_descriptors())
        families.push_back(single("process_open_fds", "Number of open file descriptors.", MetricType::Gauge, *count));
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        families.push_back(single("process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
                                  static_cast<double>(limit.rlim_cur)));
    return families;
}

} // namespace jhub
