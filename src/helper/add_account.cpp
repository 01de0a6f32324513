#include "helper/add_account.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "helper/accounts.hpp"

namespace jhub::helper {
namespace {

constexpr std::size_t longest_name = 255;

// Fits every command that makes accounts, a script of the site included.
bool is_possible_name(std::string const& name)
{
    auto const fits = [](unsigned char letter) {
        return letter >= 0x80 || std::isalnum(letter) != 0 ||
               std::string_view("_.-@+").contains(static_cast<char>(letter));
    };
    auto const is_digit = [](unsigned char letter) { return letter >= '0' && letter <= '9'; };
    return !name.empty() && name.size() <= longest_name && !std::string_view("-.@+").contains(name.front()) &&
           std::ranges::all_of(name, fits) && !std::ranges::all_of(name, is_digit) && printable(name) == name;
}

[[noreturn]] void run_command(std::vector<std::string>& words, std::uint64_t open_files)
{
    rlimit limit{};
    if (open_files != 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = std::min<rlim_t>(open_files, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    dup2(STDERR_FILENO, STDOUT_FILENO); // what it prints is for the hub's log
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<char const*, 3> const environment{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                                 "LC_ALL=C.UTF-8", nullptr};
    if (chdir("/") == 0) {
        clearenv();
        environ = const_cast<char**>(environment.data()); // execvp reads it only
        execvp(arguments.front(), arguments.data());
    }
    dprintf(STDERR_FILENO, "Cannot run %s: %s\n", arguments.front(), strerror(errno));
    _exit(127);
}

} // namespace

Result<std::vector<std::string>> add_account_command(privileged::AddAccount const& how, std::string const& name)
{
    if (!is_possible_name(name))
        return fail(Errc::invalid_argument,
                    fmt::format("\"{}\" cannot be the name of a system account", printable(name)));
    std::vector<std::string> command;
    for (std::string const& word : how.command)
        command.push_back(replace_all(word, "USERNAME", name));
    auto const uid = std::ranges::find(how.uids, name, &privileged::AccountNumber::name);
    if (uid != how.uids.end()) {
        command.emplace_back("--uid");
        command.push_back(std::to_string(uid->uid));
    }
    command.push_back(name);
    return command;
}

Result<> add_account(privileged::AddAccount const& how, std::string const& name, std::uint64_t open_files)
{
    TRY(auto command, add_account_command(how, name));
    auto const present = find_account(name);
    if (present)
        return fail(Errc::conflict, fmt::format("There is a system account {} already.", name));
    if (present.error().code != Errc::not_found)
        return std::unexpected(present.error());
    pid_t const pid = fork();
    if (pid == 0)
        run_command(command, open_files);
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return fail(Errc::failed, fmt::format("{} cannot be run: {}", command.front(), strerror(errno)));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return {};
    return fail(Errc::failed, fmt::format("{} ended with exit status {}", command.front(),
                                          WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)));
}

} // namespace jhub::helper
