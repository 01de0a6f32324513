#include "hub/startup/state_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/descriptor.hpp"
#include "base/log.hpp"
#include "store/database_url.hpp"

namespace jhub::hub {
namespace {

std::string expand_home(std::string const& path, config::Environment const& environment)
{
    auto const home = environment.find("HOME");
    return path.starts_with("~/") && home != environment.end() ? home->second + path.substr(1) : path;
}

std::string directory_of(std::string const& path)
{
    auto const parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

// Root's, or what an earlier start handed over.
bool was_the_hubs(uid_t owner, privileged::HubAccount const& account)
{
    if (owner == 0 || owner == account.uid)
        return true;
    auto const usual = privileged::default_hub_account();
    return usual && owner == usual->uid;
}

void give(int descriptor, std::string const& path, privileged::HubAccount const& account)
{
    struct stat facts{};
    if (descriptor < 0 || ::fstat(descriptor, &facts) != 0 || !was_the_hubs(facts.st_uid, account))
        return;
    bool const plain = S_ISDIR(facts.st_mode) || (S_ISREG(facts.st_mode) && facts.st_nlink == 1);
    if (!plain || (facts.st_uid == account.uid && facts.st_gid == account.gid))
        return;
    if (::fchown(descriptor, account.uid, account.gid) != 0)
        log::warning("Cannot give {} to the account {}: {}", path, account.uid, std::strerror(errno));
}

void give_folder(std::string const& path, privileged::HubAccount const& account)
{
    int const folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return;
    struct Close {
        void operator()(DIR* directory) const { ::closedir(directory); }
    };
    std::unique_ptr<DIR, Close> const directory(::fdopendir(folder));
    give(folder, path, account);
    while (dirent const* const entry = ::readdir(directory.get())) { // NOLINT: no other thread runs yet
        Descriptor const file(::openat(folder, entry->d_name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
        struct stat facts{};
        if (::fstat(file.get(), &facts) == 0 && S_ISREG(facts.st_mode))
            give(file.get(), path + "/" + entry->d_name, account);
    }
}

// In the process that has become the account.
std::string first_obstacle(StateFiles const& state)
{
    auto const cannot = [](char const* what, std::string const& path) {
        return fmt::format("it cannot {} {}: {}", what, path, std::strerror(errno));
    };
    for (auto const& path : state.directories)
        if (auto const whole = std::filesystem::absolute(path).lexically_normal();
            ::access(path.c_str(), R_OK | W_OK | X_OK) != 0 || ::access(whole.c_str(), W_OK | X_OK) != 0)
            return cannot("write to", whole);
    for (auto const& path : state.files)
        if (::access(path.c_str(), R_OK | W_OK) != 0 && errno != ENOENT)
            return cannot("use", path);
    for (auto const& path : state.readable)
        if (::access(path.c_str(), R_OK) != 0 && errno != ENOENT)
            return cannot("read", path);
    return {};
}

} // namespace

StateFiles state_files(config::Settings const& settings, config::Environment const& environment)
{
    StateFiles state;
    std::string const secret = expand_home(settings.hub.cookie_secret_file, environment);
    state.directories = {"."};
    state.folders = {server_log_directory};
    if (settings.hub.cookie_secret.empty()) {
        state.files.push_back(secret);
        if (::access(secret.c_str(), F_OK) != 0)
            state.directories.push_back(directory_of(secret));
    }
    if (settings.proxy.should_start && settings.proxy.auth_token.empty()) {
        state.files.push_back(settings.proxy.pid_file + ".token");
        state.directories.push_back(directory_of(settings.proxy.pid_file));
    }
    // Those that are there; the directory of a log is often the system's, and stays as it is.
    if (!settings.hub.audit_log_file.empty())
        state.files.push_back(settings.hub.audit_log_file);
    for (auto const& target : settings.hub.event_targets)
        if (!target.file.empty())
            state.files.push_back(target.file);
    auto const database = store::sqlite_path(settings.hub.db_url);
    if (database && *database != ":memory:") {
        state.directories.push_back(directory_of(*database));
        for (char const* const ending : {"", "-wal", "-shm", "-journal"})
            state.files.push_back(*database + ending);
    }
    state.readable = settings.hub.template_paths;
    for (auto const& path : {settings.hub.data_files_path, settings.hub.logo_file})
        if (!path.empty())
            state.readable.push_back(path);
    return state;
}

void open_directory(std::string const& path, privileged::HubAccount const& account)
{
    Descriptor const directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat facts{};
    std::error_code error;
    auto const whole = std::filesystem::canonical(path, error);
    bool const of_the_system = error || whole.parent_path() == "/" || whole == "/";
    if (directory.get() < 0 || ::fstat(directory.get(), &facts) != 0 || of_the_system || facts.st_uid != 0 ||
        (facts.st_gid != 0 && facts.st_gid != account.gid))
        return;
    mode_t const mode = (facts.st_mode & 07777) | S_ISVTX | S_IRWXG;
    bool const right_already = facts.st_gid == account.gid && (facts.st_mode & 07777) == mode;
    if (right_already || ((facts.st_mode & S_IWOTH) != 0 && (facts.st_mode & S_ISVTX) != 0))
        return;
    if (::fchown(directory.get(), 0, account.gid) == 0 && ::fchmod(directory.get(), mode) == 0)
        log::info("{} is now open to the hub's group {} (mode {:o})", whole.string(), account.gid, mode);
}

void hand_over(StateFiles const& state, privileged::HubAccount const& account)
{
    for (auto const& path : state.files) {
        Descriptor const file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
        give(file.get(), path, account);
    }
    for (auto const& path : state.folders)
        give_folder(path, account);
}

bool knows(StateFiles const& state, privileged::HubAccount const& account)
{
    auto const belongs = [&](std::string const& path) {
        struct stat facts{};
        return ::lstat(path.c_str(), &facts) == 0 && (facts.st_uid == account.uid || facts.st_gid == account.gid);
    };
    return std::ranges::any_of(state.files, belongs) || std::ranges::any_of(state.directories, belongs) ||
           std::ranges::any_of(state.folders, belongs);
}

std::string obstacle(StateFiles const& state, privileged::HubAccount const& account)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return std::strerror(errno);
    pid_t const pid = ::fork();
    if (pid == 0) {
        auto const became = privileged::become(account);
        std::string const words = became ? first_obstacle(state) : became.error().message;
        ::_exit(::write(ends[1], words.data(), words.size()) < 0 ? 1 : 0);
    }
    ::close(ends[1]);
    std::string words(4096, '\0');
    ssize_t const size = ::read(ends[0], words.data(), words.size());
    ::close(ends[0]);
    int status = 0;
    if (pid < 0 || ::waitpid(pid, &status, 0) != pid || status != 0)
        return "it cannot be tried";
    words.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return words;
}

} // namespace jhub::hub
