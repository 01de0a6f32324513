#include "helper/accounts.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>

#include <fmt/format.h>

namespace jhub::helper {
namespace {

constexpr std::size_t largest_entry = 1024 * 1024;

// Runs one of the get…_r functions with room that grows as it asks. Found, not found, or the error number.
template <typename Entry>
Result<std::optional<Entry>> look_up(std::vector<char>& room,
                                     std::function<int(Entry*, char*, std::size_t, Entry**)> const& ask)
{
    for (room.resize(1024);; room.resize(room.size() * 4)) {
        Entry entry{};
        Entry* found = nullptr;
        int const error = ask(&entry, room.data(), room.size(), &found);
        if (error == ERANGE && room.size() < largest_entry)
            continue;
        if (found != nullptr)
            return entry;
        // Several error numbers mean "no such entry", see getpwnam(3).
        if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM)
            return std::nullopt;
        return fail(Errc::unavailable, "The system's account database cannot be asked.", strerror(error));
    }
}

std::vector<gid_t> groups_of(char const* name, gid_t primary)
{
    std::vector<gid_t> list(64);
    for (;;) {
        int count = static_cast<int>(list.size());
        if (getgrouplist(name, primary, list.data(), &count) >= 0) {
            list.resize(static_cast<std::size_t>(count));
            std::ranges::sort(list);
            list.erase(std::ranges::unique(list).begin(), list.end());
            return list;
        }
        list.resize(std::max(list.size() * 2, static_cast<std::size_t>(count)));
    }
}

std::vector<std::string> names_of(std::vector<gid_t> const& ids)
{
    std::vector<std::string> names;
    std::vector<char> room;
    for (gid_t const id : ids) {
        auto const entry = look_up<group>(room, [id](group* place, char* buffer, std::size_t size, group** found) {
            return getgrgid_r(id, place, buffer, size, found);
        });
        if (entry && *entry)
            names.emplace_back((*entry)->gr_name);
    }
    return names;
}

// A container may run under a number that no database knows.
privileged::Account nameless_account(std::uint32_t uid, std::uint32_t gid)
{
    char const* const home = std::getenv("HOME");
    return {.name = {},
            .uid = uid,
            .gid = gid,
            .home = home != nullptr && uid == geteuid() ? home : "/",
            .shell = {},
            .group_ids = {gid},
            .groups = {}};
}

} // namespace

Result<privileged::Account> find_account(std::string const& name) { return find_account(name, geteuid(), getegid()); }

Result<privileged::Account> find_account(std::string const& name, std::uint32_t own_uid, std::uint32_t own_gid)
{
    std::vector<char> room;
    TRY(auto const entry, look_up<passwd>(room, [&](passwd* place, char* buffer, std::size_t size, passwd** found) {
            return name.empty() ? getpwuid_r(own_uid, place, buffer, size, found)
                                : getpwnam_r(name.c_str(), place, buffer, size, found);
        }));
    if (!entry && name.empty())
        return nameless_account(own_uid, own_gid);
    if (!entry)
        return fail(Errc::not_found, fmt::format("There is no system account named {}.", name));
    privileged::Account account{.name = entry->pw_name,
                                .uid = entry->pw_uid,
                                .gid = entry->pw_gid,
                                .home = entry->pw_dir,
                                .shell = entry->pw_shell};
    account.group_ids = groups_of(entry->pw_name, entry->pw_gid);
    account.groups = names_of(account.group_ids);
    return account;
}

} // namespace jhub::helper
