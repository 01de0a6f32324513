#include "proxy/overload.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

constexpr std::int64_t look_every_ms = 250;

struct Step {
    std::uint64_t percent;
    Load load;
    std::string_view means;
};
constexpr std::array steps{
    Step{97, Load::no_connections, "no new connections"},
    Step{92, Load::no_requests, "new requests are refused"},
    Step{85, Load::no_keep_alive, "connections end with their current request"},
    Step{0, Load::normal, "nothing is held back any more"},
};

Step const& step_of(std::uint64_t used, std::uint64_t budget)
{
    for (Step const& step : steps)
        if (used * 100 >= budget * step.percent)
            return step;
    return steps.back();
}

constexpr std::uint64_t unlimited = std::uint64_t{1}
                                    << 60U; // "max" is no number; version 1 writes one about that large

std::uint64_t read_limit(std::filesystem::path const& file)
{
    std::ifstream in(file);
    std::uint64_t limit = 0;
    return in >> limit ? limit : unlimited;
}

} // namespace

Load load_of(std::uint64_t used_bytes, std::uint64_t budget_bytes) { return step_of(used_bytes, budget_bytes).load; }

std::uint64_t resident_bytes()
{
    std::ifstream in("/proc/self/statm");
    std::uint64_t whole = 0;
    std::uint64_t resident = 0;
    in >> whole >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t memory_limit_of_control_group(std::filesystem::path const& root)
{
    std::uint64_t lowest = unlimited;
    std::ifstream groups(root / "proc/self/cgroup"); // lines such as "0::/system.slice" and "5:memory:/docker/1"
    for (std::string line; std::getline(groups, line);) {
        auto const fields = split(line, ':');
        if (fields.size() < 3 || (!fields[1].empty() && fields[1] != "memory"))
            continue;
        bool const second_version = fields[1].empty();
        auto const mount = root / (second_version ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
        auto const* const file = second_version ? "memory.max" : "memory.limit_in_bytes";
        // A limit of a group above binds as well. Inside a container the mount is often the group itself.
        for (std::filesystem::path group = std::filesystem::path(fields[2]).relative_path();;
             group = group.parent_path()) {
            lowest = std::min(lowest, read_limit(mount / group / file));
            if (group.empty())
                break;
        }
    }
    return lowest >= unlimited ? 0 : lowest;
}

void OverloadWatch::start() { loop_.timers().set(*this, loop_.now_ms() + look_every_ms); }

void OverloadWatch::on_deadline()
{
    start();
    auto used = used_();
    if (load_of(used, budget_) != Load::normal) { // what was freed may still be ours
        malloc_trim(0);
        used = used_();
    }
    Step const& step = step_of(used, budget_);
    if (level_.exchange(step.load, std::memory_order_relaxed) != step.load)
        log::warning("{} of {} MiB of memory are in use: {}", used / 1024 / 1024, budget_ / 1024 / 1024, step.means);
}

} // namespace jhub::proxy
