#include "helper/process_group.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/descriptor.hpp"
#include "privileged/pidfd.hpp"

namespace jhub::helper {
namespace {

constexpr std::string_view token_variable = "JUPYTERHUB_API_TOKEN=";
constexpr std::size_t most_environment = 256 * 1024;

bool has_ended(ProcessFacts const& facts) { return facts.state == 'Z' || facts.state == 'X'; }

// The roots and whatever descends from them, as far as it may be looked at.
template <typename Admit>
std::vector<int> with_descendants(ProcessTable const& table, std::set<int> found, Admit const& admit)
{
    std::multimap<int, int> children;
    for (auto const& [pid, facts] : table)
        children.emplace(facts.parent, pid);
    std::vector<int> open(found.begin(), found.end());
    while (!open.empty()) {
        int const parent = open.back();
        open.pop_back();
        auto const [first, last] = children.equal_range(parent);
        for (auto child = first; child != last; ++child)
            if (admit(child->second) && found.insert(child->second).second)
                open.push_back(child->second);
    }
    std::erase_if(found, [&](int pid) { return has_ended(table.at(pid)); });
    return {found.begin(), found.end()};
}

} // namespace

ProcessTable read_process_table()
{
    ProcessTable table;
    std::unique_ptr<DIR, decltype([](DIR* directory) { closedir(directory); })> const directory(opendir("/proc"));
    while (dirent const* const entry = directory ? readdir(directory.get()) : nullptr) {
        std::string_view const name = entry->d_name;
        int pid = 0;
        if (auto const [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
            error != std::errc{} || end != name.data() + name.size())
            continue;
        if (auto const facts = parse_stat(read_small_file(fmt::format("/proc/{}/stat", pid), 1024)))
            table.emplace(pid, *facts);
    }
    return table;
}

Mark mark_of(std::span<std::string const> environment)
{
    auto const token =
        std::ranges::find_if(environment, [](std::string const& entry) { return entry.starts_with(token_variable); });
    bool const has_one = token != environment.end() && token->size() > token_variable.size();
    return has_one ? std::hash<std::string_view>{}(*token) | 1 : 0;
}

Mark mark_of(int pid, std::uint32_t uid)
{
    std::vector<std::string> entries;
    std::string const path = fmt::format("/proc/{}/environ", pid);
    std::string text = read_small_file(path, most_environment);
    if (struct stat owner{}; text.empty() && stat(path.c_str(), &owner) == 0) {
        int const gid = setfsgid(owner.st_gid);
        int const former = setfsuid(uid);
        text = read_small_file(path, most_environment);
        setfsuid(static_cast<uid_t>(former));
        setfsgid(static_cast<gid_t>(gid));
    }
    for (std::size_t at = 0; at < text.size();) {
        std::size_t const end = std::min(text.find('\0', at), text.size());
        if (std::string_view(text).substr(at).starts_with(token_variable))
            entries.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return mark_of(entries);
}

std::vector<int> members_of(ProcessTable const& table, ProcessGroup const& group, std::span<ProcessGroup const> others,
                            Recognition const& how)
{
    auto const admit = [&](int pid) {
        return pid != group.leader && pid != how.helper && !how.is_spoken_for(pid) && how.uid_of(pid) == group.uid;
    };
    auto const is_ours = [&](int pid) { // an orphan that the helper has taken in
        auto const leads_it = [&](ProcessGroup const& other) { return other.leader == table.at(pid).session; };
        if (!group.ours || std::ranges::any_of(others, leads_it))
            return false;
        Mark const mark = how.mark_of(pid);
        auto const of_another = [&](ProcessGroup const& other) { return other.mark == mark; };
        if (mark != 0 && (mark == group.mark || std::ranges::any_of(others, of_another)))
            return mark == group.mark;
        return std::ranges::none_of(others, &ProcessGroup::ours);
    };
    std::set<int> roots;
    for (auto const& [pid, facts] : table)
        if (facts.session == group.leader || facts.parent == group.leader || facts.parent == how.helper)
            if (admit(pid) && (facts.parent != how.helper || facts.session == group.leader || is_ours(pid)))
                roots.insert(pid);
    return with_descendants(table, std::move(roots), admit);
}

std::vector<int> descendants_of(ProcessTable const& table, int pid)
{
    std::set<int> roots;
    for (auto const& [other, facts] : table)
        if (other != pid && (facts.session == pid || facts.parent == pid))
            roots.insert(other);
    return with_descendants(table, std::move(roots), [pid](int other) { return other != pid; });
}

void kill_process(ProcessTable const& table, int pid)
{
    auto const known = table.find(pid);
    if (known == table.end() || pid <= 1)
        return;
    Descriptor const pidfd(pidfd_open(pid, 0));
    if (!pidfd)
        return;
    auto const now = parse_stat(read_small_file(fmt::format("/proc/{}/stat", pid), 1024));
    if (now && now->start_time == known->second.start_time)
        pidfd_send_signal(pidfd.get(), SIGKILL, nullptr, 0);
}

} // namespace jhub::helper
