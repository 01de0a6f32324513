#include "helper/login_records.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "helper/records.hpp"

namespace jhub::helper {
namespace {

using privileged::RecentLogin;

constexpr std::chrono::hours clock_slack{1}; // a clock that was set back a little

using OpenDirectory = Result<Descriptor> (*)(int parent, std::string const& name);

Result<Descriptor> directory_of(std::string const& place, std::uint32_t hub, OpenDirectory open)
{
    TRY(Descriptor const all, open(AT_FDCWD, place));
    return open(all.get(), std::to_string(hub));
}

std::int64_t seconds(LoginRecords::Time time)
{
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

// When and under which name that number logged in.
std::optional<std::pair<std::int64_t, std::string>> read_login(int directory, std::string const& name)
{
    Descriptor const file(openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    std::array<char, 512> text{};
    ssize_t const size = file ? read(file.get(), text.data(), text.size()) : -1;
    std::string_view line(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    std::size_t const blank = line.find(' ');
    if (blank == std::string_view::npos || !line.ends_with('\n'))
        return std::nullopt;
    auto const when = parse_number<std::int64_t>(line.substr(0, blank));
    line.remove_suffix(1);
    return when ? std::optional(std::pair(*when, std::string(line.substr(blank + 1)))) : std::nullopt;
}

// Those that count no longer go, and the oldest of too many.
void tidy(int directory, std::int64_t now)
{
    std::vector<std::pair<std::int64_t, std::string>> kept;
    int const copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::unique_ptr<DIR, int (*)(DIR*)> const list(copy < 0 ? nullptr : fdopendir(copy), closedir);
    while (dirent const* const entry = list ? readdir(list.get()) : nullptr) { // NOLINT: one thread
        std::string const name = entry->d_name;
        if (name.starts_with('.') || name.ends_with(".new"))
            continue;
        auto const login = read_login(directory, name);
        if (!login || login->first < now - std::chrono::seconds(LoginRecords::valid_for).count())
            unlinkat(directory, name.c_str(), 0);
        else
            kept.emplace_back(login->first, name);
    }
    std::ranges::sort(kept, std::greater());
    for (std::size_t i = LoginRecords::most; i < kept.size(); ++i)
        unlinkat(directory, kept[i].second.c_str(), 0);
}

} // namespace

Result<> LoginRecords::note(privileged::Account const& account, Time now) const
{
    TRY(Descriptor const directory, directory_of(place_, hub_, make_private_directory));
    std::string const name = std::to_string(account.uid);
    std::string const draft = fmt::format("{}.new", name);
    std::string const text = fmt::format("{} {}\n", seconds(now), account.name);
    Descriptor const file(
        openat(directory.get(), draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        fsync(file.get()) != 0 || renameat(directory.get(), draft.c_str(), directory.get(), name.c_str()) != 0)
        return fail(Errc::failed, "The helper cannot keep its records.",
                    fmt::format("{}/{}/{}: {}", place_, hub_, name, strerror(errno)));
    tidy(directory.get(), seconds(now));
    return {};
}

RecentLogin LoginRecords::recent(privileged::Account const& account, Time now) const
{
    auto const directory = directory_of(place_, hub_, open_private_directory);
    auto const login = directory ? read_login(directory->get(), std::to_string(account.uid)) : std::nullopt;
    bool const counts = login && login->second == account.name && login->first >= seconds(now - valid_for) &&
                        login->first <= seconds(now + clock_slack);
    return counts ? RecentLogin::yes : RecentLogin::no;
}

} // namespace jhub::helper
