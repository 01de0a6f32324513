#include "helper/records.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <sstream>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "helper/process_info.hpp"

namespace jhub::helper {
namespace {

using privileged::ProcessId;

void for_each_name(int directory, std::function<void(std::string const&)> const& use)
{
    int const copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::unique_ptr<DIR, int (*)(DIR*)> const list(copy < 0 ? nullptr : fdopendir(copy), closedir);
    while (dirent const* const entry = list ? readdir(list.get()) : nullptr) // NOLINT: one thread
        if (entry->d_name[0] != '.')
            use(entry->d_name);
}

std::optional<ProcessId> read_record(int directory, std::string const& name)
{
    auto const pid = parse_number<int>(name);
    Descriptor const file(openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    std::array<char, 256> text{};
    ssize_t const size = pid && file ? read(file.get(), text.data(), text.size()) : -1;
    std::istringstream words(std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
    ProcessId id{.pid = pid.value_or(0)};
    if (!(words >> id.start_time >> id.boot_id >> id.uid))
        return std::nullopt;
    return id;
}

bool is_alive(ProcessId const& id)
{
    auto const facts = read_process(id.pid);
    return facts && facts->state != 'Z' && facts->start_time == id.start_time && id.boot_id == boot_id();
}

std::unexpected<Error> cannot(std::string const& what)
{
    return fail(Errc::failed, "The helper cannot keep its record of processes.",
                fmt::format("{}: {}", what, strerror(errno)));
}

} // namespace

Result<Descriptor> open_private_directory(int parent, std::string const& name)
{
    Descriptor directory(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat facts{};
    if (!directory || fstat(directory.get(), &facts) != 0)
        return cannot(name);
    if (facts.st_uid != geteuid() || (facts.st_mode & 0077) != 0)
        return fail(Errc::failed, "The helper cannot keep its records.",
                    fmt::format("{} must belong to root and be closed to others (chown root; chmod 0700)", name));
    return directory;
}

Result<Descriptor> make_private_directory(int parent, std::string const& name)
{
    if (mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST)
        return cannot(name);
    return open_private_directory(parent, name);
}

Result<Records> Records::open(std::uint32_t hub, std::string const& place)
{
    Records records;
    TRY(records.place_, make_private_directory(AT_FDCWD, place));
    records.own_name_ = std::to_string(hub);
    TRY(records.own_, make_private_directory(records.place_.get(), records.own_name_));
    records.remove_dead();
    return records;
}

void Records::remove_dead() const
{
    for_each_name(own_.get(), [this](std::string const& name) {
        auto const id = read_record(own_.get(), name);
        if (!id || !is_alive(*id))
            unlinkat(own_.get(), name.c_str(), 0);
    });
}

Result<> Records::add(ProcessId const& process)
{
    if (!own_)
        return {};
    if (process.start_time == 0) // its /proc entry could not be read
        return fail(Errc::failed, "The helper cannot keep its record of processes.",
                    fmt::format("process {} cannot be seen in /proc", process.pid));
    std::string const name = std::to_string(process.pid);
    std::string const draft = name + ".new";
    std::string const text = fmt::format("{} {} {}\n", process.start_time, process.boot_id, process.uid);
    Descriptor const file(
        openat(own_.get(), draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        renameat(own_.get(), draft.c_str(), own_.get(), name.c_str()) != 0) {
        auto refusal = cannot(name);
        unlinkat(own_.get(), draft.c_str(), 0);
        return refusal;
    }
    return {};
}

void Records::remove(ProcessId const& process)
{
    if (find(process.pid) == process)
        unlinkat(own_.get(), std::to_string(process.pid).c_str(), 0);
}

std::optional<ProcessId> Records::find(int pid) const
{
    return own_ ? read_record(own_.get(), std::to_string(pid)) : std::nullopt;
}

bool Records::belongs_to_another_hub(ProcessId const& process) const
{
    bool found = false;
    if (place_)
        for_each_name(place_.get(), [&](std::string const& name) {
            if (name == own_name_)
                return;
            Descriptor const directory(
                openat(place_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            found |= directory && read_record(directory.get(), std::to_string(process.pid)) == process;
        });
    return found;
}

} // namespace jhub::helper
