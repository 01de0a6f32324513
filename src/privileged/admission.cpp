#include "privileged/admission.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::privileged {
namespace {

constexpr std::uint32_t nobody = 65534;
constexpr std::uint32_t first_of_services = 100; // below are the distribution's own

struct PowerfulGroup {
    std::string_view name, reason;
};

// Who is in one of these can become root, or read what only root should. (Where Debian puts the first account of a
// machine without such a reason, as cdrom, audio, video, plugdev and netdev, is not among them.)
constexpr std::array powerful_groups{
    PowerfulGroup{"root", "which may change files of root's group"},
    PowerfulGroup{"wheel", "which may run everything as root"},
    PowerfulGroup{"sudo", "which may run everything as root"},
    PowerfulGroup{"admin", "which may run everything as root"},
    PowerfulGroup{"docker", "which may start containers with all of the machine in them"},
    PowerfulGroup{"podman", "which may start containers with all of the machine in them"},
    PowerfulGroup{"lxd", "which may start containers with all of the machine in them"},
    PowerfulGroup{"incus", "which may start containers"},
    PowerfulGroup{"incus-admin", "which may start containers with all of the machine in them"},
    PowerfulGroup{"microk8s", "which may start containers with all of the machine in them"},
    PowerfulGroup{"libvirt", "which may start virtual machines with all of the machine's disks"},
    PowerfulGroup{"disk", "which may read and write the disks below all files"},
    PowerfulGroup{"kmem", "which may read the memory of the system"},
    PowerfulGroup{"shadow", "which may read everybody's password hashes"},
    PowerfulGroup{"staff", "which may change programs in /usr/local"},
    PowerfulGroup{"adm", "which may read the logs of the system"},
    PowerfulGroup{"systemd-journal", "which may read the logs of the system"},
};

// Shells that mean: nobody works under this account.
constexpr std::array no_shells{"nologin", "false", "true", "sync", "halt", "shutdown", "reboot", "poweroff"};

template <typename List, typename Value> bool has(List const& list, Value const& value)
{
    return std::ranges::find(list, value) != list.end();
}

// Where /bin is a link to /usr/bin both names mean one shell.
std::string other_name(std::string const& path)
{
    return path.starts_with("/usr/bin/") ? path.substr(4) : "/usr" + path;
}

Result<> check_number(AdmissionRules const& rules, Account const& account, std::uint32_t first)
{
    if (account.uid == 0)
        return fail(Errc::forbidden, fmt::format("{} is an account of the system administrator (uid 0); servers are "
                                                 "not started as root.",
                                                 account.name));
    if (account.uid == nobody || account.uid == static_cast<std::uint32_t>(-1) || has(rules.never, account.uid))
        return fail(Errc::forbidden,
                    fmt::format("{} is an account of the system (uid {}); people's servers are not started under it.",
                                account.name, account.uid));
    if (account.uid < first)
        return fail(Errc::forbidden,
                    fmt::format("{0} is an account of the system (uid {1}); people's servers are not started under it. "
                                "Here people have numbers from {2} on: UID_MIN of /etc/login.defs, or \"first_uid\" of "
                                "c.JupyterHub.helper_policy, or of {3}.",
                                account.name, account.uid, first, helper_policy_file));
    return {};
}

Result<> check_shell(AdmissionRules const& rules, MachineLists const& machine, Account const& account)
{
    std::string const shell = account.shell.empty() ? "/bin/sh" : account.shell; // passwd(5)
    if (has(rules.shells, shell))
        return {};
    if (has(no_shells, std::string_view(shell).substr(shell.rfind('/') + 1)))
        return fail(Errc::forbidden,
                    fmt::format("Nobody works under the account {}: its shell is {}.", account.name, printable(shell)));
    if (machine.shells.empty() || has(machine.shells, shell) || has(machine.shells, other_name(shell)))
        return {};
    return fail(Errc::forbidden,
                fmt::format("{} gets no server: its shell {} is not in /etc/shells. Add it there, or to \"shells\" of "
                            "c.JupyterHub.helper_policy, or to {}.",
                            account.name, printable(shell), helper_policy_file));
}

// The group that makes the account powerful, and why; a group that the policy lets in makes up for none other.
std::optional<std::pair<std::string, std::string>> power_of(AdmissionRules const& rules, Account const& account)
{
    auto names = account.groups;
    if (has(account.group_ids, 0U) && !has(names, "root"))
        names.emplace_back("root");
    for (std::string const& group : names)
        if (std::string reason = powerful_because(rules, group); !reason.empty() && !has(rules.groups, group))
            return std::pair(group, std::move(reason));
    return std::nullopt;
}

// The value of NAME in a file of lines "NAME VALUE"; the last one counts.
std::optional<std::uint32_t> number_in(std::istream& lines, std::string_view name)
{
    std::optional<std::uint32_t> number;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key;
        std::string value;
        if (words >> key >> value && key == name)
            if (auto const parsed = parse_number<std::uint32_t>(value))
                number = parsed;
    }
    return number;
}

} // namespace

std::string powerful_because(AdmissionRules const& rules, std::string const& group)
{
    auto const known = std::ranges::find(powerful_groups, group, &PowerfulGroup::name);
    if (known != powerful_groups.end())
        return std::string(known->reason);
    return has(rules.powerful, group) ? "which root's policy calls powerful" : "";
}

bool is_powerful(AdmissionRules const& rules, Account const& account) { return power_of(rules, account).has_value(); }

Result<> admit(AdmissionRules const& rules, MachineLists const& machine, Account const& account, RecentLogin login)
{
    if (account.uid == 0 && rules.allow_root_user)
        return {};
    CHECK(check_number(rules, account, rules.first_uid.value_or(machine.first_uid)));
    CHECK(check_shell(rules, machine, account));
    if (login == RecentLogin::yes || has(rules.users, account.name))
        return {};
    if (auto const power = power_of(rules, account))
        return fail(Errc::forbidden,
                    fmt::format("{0} is in the group {1}, {2}, so a server needs more than the hub's word: {0} logs in "
                                "here with a password through PAM (it counts for 30 days), or root names {0} in "
                                "\"users\", or {1} in \"groups\", of c.JupyterHub.helper_policy or of {3}.",
                                account.name, power->first, power->second, helper_policy_file));
    return {};
}

Result<> admit_service(AdmissionRules const& rules, Account const& account)
{
    if (account.uid == 0 && rules.allow_root_user)
        return {};
    return check_number(rules, account, first_of_services);
}

MachineLists read_machine_lists(std::string const& login_defs, std::string const& shells)
{
    MachineLists lists;
    std::ifstream definitions(login_defs);
    lists.first_uid = number_in(definitions, "UID_MIN").value_or(lists.first_uid);
    std::ifstream file(shells);
    for (std::string line; std::getline(file, line);)
        if (auto const path = trim(line); path.starts_with('/'))
            lists.shells.emplace_back(path);
    return lists;
}

} // namespace jhub::privileged
