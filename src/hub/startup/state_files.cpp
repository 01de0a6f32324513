#include "hub/startup/state_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "base/guarded_file.hpp"
#include "base/log.hpp"
#include "store/database_url.hpp"

namespace jhub::hub {
namespace {

std::string expand_home(std::string const& path, config::Environment const& environment)
{
    auto const home = environment.find("HOME");
    return path.starts_with("~/") && home != environment.end() ? home->second + path.substr(1) : path;
}

std::string whole_path(std::string const& path)
{
    std::string whole = std::filesystem::absolute(path).lexically_normal().string();
    if (whole.size() > 1 && whole.ends_with('/'))
        whole.pop_back();
    return whole;
}

std::string directory_of(std::string const& path)
{
    auto const parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

// Accounts that the hub's files may belong to besides root: the one it is going to have first.
std::vector<Account> holders(privileged::HubAccount const& account)
{
    std::vector<Account> all{numbers_of(account)};
    auto const former = privileged::former_hub_accounts(account.uid);
    all.insert(all.end(), former.begin(), former.end());
    return all;
}

bool is_one_of(std::vector<Account> const& accounts, auto number, auto member)
{
    return std::ranges::find(accounts, number, member) != accounts.end();
}

enum class OfRoot : std::uint8_t { is_given, stays };

void give(int descriptor, std::string const& path, privileged::HubAccount const& account, OfRoot of_root)
{
    struct stat facts{};
    if (descriptor < 0 || ::fstat(descriptor, &facts) != 0)
        return;
    bool const was_the_hubs = is_one_of(holders(account), facts.st_uid, &Account::uid);
    bool const plain = S_ISDIR(facts.st_mode) || (S_ISREG(facts.st_mode) && facts.st_nlink == 1);
    bool const right_already = facts.st_uid == account.uid && facts.st_gid == account.gid;
    if (!plain || right_already || !(was_the_hubs || (facts.st_uid == 0 && of_root == OfRoot::is_given)))
        return;
    if (::fchown(descriptor, account.uid, account.gid) != 0)
        log::warning("Cannot give {} to the account {}: {}", path, account.uid, std::strerror(errno));
}

// In directories that only root can change: at other places a file of root's may be any file. There, what the account
// needs is the account's already, or is an obstacle.
void give_file(std::string const& path, privileged::HubAccount const& account, OfRoot of_root)
{
    for (auto const& holder : holders(account)) {
        auto const give_it = [&](GuardedPlace const& place) -> Result<Descriptor> {
            Descriptor const file(::openat(place.directory.get(), place.name.c_str(),
                                           O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC));
            if (::geteuid() == 0)
                give(file.get(), path, account, of_root);
            return Descriptor();
        };
        if (look_at(path, holder).value_or(false))
            (void)at_guarded_place(path, holder, give_it);
    }
}

// First what is in it, while it is still root's.
void give_folder(std::string const& path, privileged::HubAccount const& account)
{
    struct Close {
        void operator()(DIR* directory) const { ::closedir(directory); }
    };
    for (auto const& holder : holders(account)) {
        auto opened = open_guarded_directory(path, holder);
        struct stat facts{};
        if (!opened || ::fstat(opened->get(), &facts) != 0 || !S_ISDIR(facts.st_mode))
            continue;
        int const folder = opened->get();
        std::unique_ptr<DIR, Close> const directory(::fdopendir(opened->release()));
        OfRoot const of_root = facts.st_uid == 0 ? OfRoot::is_given : OfRoot::stays;
        while (dirent const* const entry = ::readdir(directory.get())) { // NOLINT: no other thread runs yet
            Descriptor const file(::openat(folder, entry->d_name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
            struct stat of_entry{};
            if (::fstat(file.get(), &of_entry) == 0 && S_ISREG(of_entry.st_mode))
                give(file.get(), path + "/" + entry->d_name, account, of_root);
        }
        give(folder, path, account, OfRoot::is_given);
    }
}

bool is_of_the_system(std::string const& path)
{
    std::error_code error;
    auto const whole = std::filesystem::canonical(path, error);
    return error || whole.parent_path() == "/" || whole == "/";
}

// In the process that has become the account.
std::string first_obstacle(StateFiles const& state)
{
    auto const cannot = [](char const* what, std::string const& path) {
        return fmt::format("It cannot {} {}: {}.", what, path, std::strerror(errno));
    };
    for (auto const& path : state.directories)
        if (auto const whole = whole_path(path);
            ::access(path.c_str(), R_OK | W_OK | X_OK) != 0 || ::access(whole.c_str(), W_OK | X_OK) != 0)
            return cannot("write to", whole);
    for (auto const& file : state.files)
        if (::access(file.path.c_str(), R_OK | W_OK) != 0 && errno != ENOENT)
            return cannot("use", file.path);
    for (auto const& path : state.readable)
        if (::access(path.c_str(), R_OK) != 0 && errno != ENOENT)
            return cannot("read", path);
    return {};
}

void add_database(StateFiles& state, std::string const& db_url, Account const& account)
{
    auto const database = store::sqlite_path(db_url);
    if (!database || *database == ":memory:")
        return;
    std::string const real = resolve_guarded(*database, account).value_or(*database); // else it is an obstacle
    std::error_code error;
    bool const is_link = std::filesystem::is_symlink(*database, error);
    std::string const path = is_link ? real : *database;
    state.directories.push_back(directory_of(path));
    for (char const* const ending : {"", "-wal", "-shm", "-journal"})
        state.files.push_back({"The database", path + ending});
}

} // namespace

StateFiles state_files(config::Settings const& settings, config::Environment const& environment, Account const& account)
{
    StateFiles state;
    std::string const secret = expand_home(settings.hub.cookie_secret_file, environment);
    auto const& proxy_pid = settings.proxy.pid_file;
    state.directories = {"."};
    state.folders = {server_log_directory};
    if (settings.hub.cookie_secret.empty()) {
        state.files.push_back({"The cookie secret file", secret});
        if (::access(secret.c_str(), F_OK) != 0)
            state.directories.push_back(directory_of(secret));
    }
    if (settings.proxy.should_start && settings.proxy.auth_token.empty()) {
        state.files.push_back({"The token of the proxy", proxy_pid + ".token"});
        state.directories.push_back(directory_of(proxy_pid));
    }
    if (settings.proxy.should_start && !proxy_pid.empty())
        for (char const* const ending : {"", ".routes", ".routes~"})
            state.of_root.push_back({"The proxy's file", proxy_pid + ending});
    if (!settings.hub.pid_file.empty())
        state.of_root.push_back({"The pid file", settings.hub.pid_file});
    // Those that are there; the directory of a log is often the system's, and stays as it is.
    if (!settings.hub.audit_log_file.empty())
        state.files.push_back({"c.JupyterHub.audit_log_file:", settings.hub.audit_log_file});
    for (auto const& target : settings.hub.event_targets)
        if (!target.file.empty())
            state.files.push_back({"c.EventLogger.handlers:", target.file});
    add_database(state, settings.hub.db_url, account);
    state.readable = settings.hub.template_paths;
    for (auto const& path : {settings.hub.data_files_path, settings.hub.logo_file})
        if (!path.empty())
            state.readable.push_back(path);
    return state;
}

void open_directory(std::string const& path, privileged::HubAccount const& account)
{
    auto const directory = open_guarded_directory(path, numbers_of(account));
    struct stat facts{};
    if (!directory || ::fstat(directory->get(), &facts) != 0 || is_of_the_system(path) || facts.st_uid != 0 ||
        (facts.st_gid != 0 && !is_one_of(holders(account), facts.st_gid, &Account::gid)))
        return;
    mode_t const mode = (facts.st_mode & 07777) | S_ISVTX | S_IRWXG;
    bool const right_already = facts.st_gid == account.gid && (facts.st_mode & 07777) == mode;
    if (right_already || ((facts.st_mode & S_IWOTH) != 0 && (facts.st_mode & S_ISVTX) != 0))
        return;
    if (::fchown(directory->get(), 0, account.gid) == 0 && ::fchmod(directory->get(), mode) == 0)
        log::info("{} is now open to the hub's group {} (mode {:o})", whole_path(path), account.gid, mode);
}

void take_back_directories(StateFiles const& state)
{
    auto const usual = privileged::default_hub_account();
    for (auto const& path : state.directories) {
        auto const directory = usual ? open_guarded_directory(path, numbers_of(*usual)) : Result<Descriptor>();
        struct stat facts{};
        bool const is_its = directory && ::fstat(directory->get(), &facts) == 0 && facts.st_uid == usual->uid;
        if (is_its && !is_of_the_system(path) && ::fchown(directory->get(), 0, facts.st_gid) == 0)
            log::info("{} belongs to root now, as the hub serves as root", whole_path(path));
    }
}

void hand_over(StateFiles const& state, privileged::HubAccount const& account)
{
    for (auto const& file : state.files)
        give_file(file.path, account, OfRoot::is_given);
    for (auto const& file : state.of_root) // of a former account of the hub's
        give_file(file.path, account, OfRoot::stays);
    for (auto const& path : state.folders)
        give_folder(path, account);
}

std::string obstacle(StateFiles const& state, privileged::HubAccount const& account)
{
    Account const numbers = numbers_of(account);
    for (auto const* const files : {&state.files, &state.of_root})
        for (auto const& file : *files)
            if (auto const seen = look_at(file.path, numbers); !seen)
                return fmt::format("{} {}", file.what, seen.error().message);
    for (auto const& path : state.folders)
        if (auto const seen = open_guarded_directory(path, numbers); !seen && seen.error().code != Errc::not_found)
            return "The folder of the servers' output: " + seen.error().message;
    auto const attempt = [&state]() -> Result<Descriptor> {
        auto words = first_obstacle(state);
        return words.empty() ? Result<Descriptor>(Descriptor()) : fail(Errc::failed, std::move(words));
    };
    auto const tried = act_as(numbers, attempt);
    return tried ? std::string() : tried.error().message;
}

} // namespace jhub::hub
