#include "helper/cgroup.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/descriptor.hpp"
#include "helper/log_line.hpp"
#include "helper/process_info.hpp"

namespace jhub::helper {
namespace {

constexpr long cgroup2_magic = 0x63677270;
constexpr std::size_t most_text = 256 * 1024;

bool write_text(std::string const& path, std::string_view text)
{
    Descriptor const file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::vector<std::string_view> words_of(std::string_view line, char separator)
{
    std::vector<std::string_view> words;
    while (!line.empty()) {
        std::size_t const end = std::min(line.find(separator), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return words;
}

// The path behind "0::"; nothing where there is no cgroup2.
std::optional<std::string_view> path_in_hierarchy(std::string_view cgroup)
{
    for (std::string_view const line : words_of(cgroup, '\n'))
        if (line.starts_with("0::/"))
            return line.substr(3);
    return std::nullopt;
}

std::string cgroup_of(std::string const& process)
{
    std::string const text = read_small_file("/proc/" + process + "/cgroup", most_text);
    return std::string(path_in_hierarchy(text).value_or(""));
}

// mountinfo writes blanks and the like as octal numbers.
std::string unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        int code = 0;
        bool const escape = text[at] == '\\' && at + 4 <= text.size() &&
                            std::from_chars(text.data() + at + 1, text.data() + at + 4, code, 8).ec == std::errc{};
        plain += escape ? static_cast<char>(code) : text[at];
        at += escape ? 3 : 0;
    }
    return plain;
}

// In it nobody else may have a say: what is in a directory decides what dies.
bool is_trustworthy(std::string const& directory)
{
    struct stat info{};
    struct statfs kind{};
    return statfs(directory.c_str(), &kind) == 0 && kind.f_type == cgroup2_magic &&
           lstat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
           (info.st_uid == geteuid() || info.st_uid == 0) && (info.st_mode & 022) == 0;
}

bool lives(int pid, std::uint64_t start_time)
{
    auto const facts = parse_stat(read_small_file(fmt::format("/proc/{}/stat", pid)));
    return facts && facts->start_time == start_time && facts->state != 'Z' && facts->state != 'X';
}

} // namespace

std::string cgroup_directory(std::string_view mountinfo, std::string_view cgroup)
{
    auto const path = path_in_hierarchy(cgroup);
    if (!path)
        return {};
    for (std::string_view const line : words_of(mountinfo, '\n')) {
        // number, parent, device, root, mount point, options, any number of fields, "-", type …
        std::size_t const dash = line.find(" - ");
        auto const before = words_of(line.substr(0, std::min(dash, line.size())), ' ');
        if (dash == std::string_view::npos || before.size() < 6 || !line.substr(dash + 3).starts_with("cgroup2 "))
            continue;
        std::string const root = unescaped(before[3]);
        std::string const prefix = root == "/" ? "" : root;
        if (!path->starts_with(prefix) || (path->size() > prefix.size() && (*path)[prefix.size()] != '/'))
            continue; // a part of the hierarchy in which the process is not
        std::string directory = unescaped(before[4]) + std::string(path->substr(prefix.size()));
        while (directory.size() > 1 && directory.ends_with('/'))
            directory.pop_back();
        return directory;
    }
    return {};
}

Cgroups::Cgroups()
{
    char const* const given = std::getenv("JUPYTERHUB_CGROUP");
    std::string const wanted = given != nullptr ? given : "";
    if (wanted == "none")
        return;
    std::string base = wanted;
    if (base.empty())
        base = cgroup_directory(read_small_file("/proc/self/mountinfo", most_text),
                                read_small_file("/proc/self/cgroup", most_text));
    if (base.empty())
        return;
    subtree_ = base + "/jupyterhub";
    prepare_subtree();
    if (!available() && !wanted.empty())
        log_line('W', fmt::format("No cgroups can be made in {:?}: it is no directory of a cgroup2 file system, or one "
                                  "that others may change",
                                  wanted));
}

Cgroups::Cgroups(std::string subtree) : subtree_(std::move(subtree)) { prepare_subtree(); }

void Cgroups::prepare_subtree()
{
    struct stat space{};
    bool const made = mkdir(subtree_.c_str(), 0755) == 0 || errno == EEXIST;
    // cgroup.kill came with Linux 5.14. The root of a hierarchy has none, a directory in it does.
    if (!made || !is_trustworthy(subtree_) || access((subtree_ + "/cgroup.kill").c_str(), W_OK) != 0 ||
        access((subtree_ + "/cgroup.procs").c_str(), W_OK) != 0 || stat("/proc/self/ns/pid", &space) != 0)
        return subtree_.clear();
    suffix_ = fmt::format("-{}", space.st_ino);
}

std::string Cgroups::path_of(privileged::ProcessId const& id) const
{
    return fmt::format("{}/{}-{}{}", subtree_, id.pid, id.start_time, suffix_);
}

bool Cgroups::enclose(privileged::ProcessId const& id) const
{
    if (!available() || id.start_time == 0 || cgroup_of(std::to_string(id.pid)) != cgroup_of("self"))
        return false;
    std::string const path = path_of(id);
    if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
        return false;
    if (write_text(path + "/cgroup.procs", std::to_string(id.pid)))
        return true;
    int const error = errno;
    rmdir(path.c_str());
    log_line('W', fmt::format("Process {} cannot get a cgroup of its own: {}", id.pid, strerror(error)));
    return false;
}

std::string Cgroups::find(privileged::ProcessId const& id) const
{
    if (!available())
        return {};
    std::string path = path_of(id);
    return access(path.c_str(), F_OK) == 0 ? path : std::string();
}

std::vector<std::string> Cgroups::abandoned() const
{
    std::vector<std::string> found;
    std::unique_ptr<DIR, decltype([](DIR* directory) { closedir(directory); })> const directory(
        available() ? opendir(subtree_.c_str()) : nullptr);
    while (dirent const* const entry = directory ? readdir(directory.get()) : nullptr) {
        std::string_view name = entry->d_name;
        if (!name.ends_with(suffix_))
            continue;
        auto const numbers = words_of(name.substr(0, name.size() - suffix_.size()), '-');
        int pid = 0;
        std::uint64_t start_time = 0;
        auto const read = [](std::string_view text, auto& number) {
            return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
        };
        if (numbers.size() == 2 && read(numbers[0], pid) && read(numbers[1], start_time) && !lives(pid, start_time))
            found.push_back(fmt::format("{}/{}", subtree_, name));
    }
    return found;
}

void Cgroups::kill(std::string const& cgroup) { write_text(cgroup + "/cgroup.kill", "1"); }

bool Cgroups::is_empty(std::string const& cgroup)
{
    return !read_small_file(cgroup + "/cgroup.events").contains("populated 1");
}

bool Cgroups::remove(std::string const& cgroup) { return rmdir(cgroup.c_str()) == 0 || errno == ENOENT; }

} // namespace jhub::helper
