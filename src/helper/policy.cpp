#include "helper/policy.hpp"

#include <algorithm>
#include <array>
#include <csignal>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::helper {
namespace {

// Variables beside LD_… that make programs load or read others before their own first line.
constexpr std::array loaders{"BASH_ENV", "ENV", "IFS", "GCONV_PATH"};

bool is_loader(std::string const& name)
{
    return name.starts_with("LD_") || std::ranges::find(loaders, name) != loaders.end();
}

bool is_configured(HelperPolicy const& policy, std::pair<std::string, std::string> const& variable)
{
    auto const has = [](auto const& list, auto const& value) { return std::ranges::find(list, value) != list.end(); };
    return has(policy.variables, variable.first) || has(policy.fixed_variables, variable);
}

} // namespace

Result<> check_account(HelperPolicy const& policy, privileged::MachineLists const& machine, std::string const& name,
                       privileged::Account const& account, std::uint32_t own_uid, privileged::RecentLogin login)
{
    if (name.empty())
        return {};
    if (own_uid != 0 && account.uid != own_uid)
        return fail(
            Errc::forbidden,
            fmt::format("JupyterHub does not run as root, so it cannot start a server as {}. Run it as root, or "
                        "choose SimpleLocalProcessSpawner.",
                        printable(name)));
    if (own_uid != 0)
        return {};
    // A hub that is root could run the person's programs without being asked for more.
    auto const word = policy.hub ? login : privileged::RecentLogin::yes;
    return privileged::admit(policy.admission, machine, account, word);
}

Result<> check_environment(HelperPolicy const& policy,
                           std::vector<std::pair<std::string, std::string>> const& environment)
{
    if (!policy.hub)
        return {};
    for (auto const& variable : environment)
        if (is_loader(variable.first) && !is_configured(policy, variable))
            return fail(Errc::forbidden,
                        fmt::format("The environment variable {} makes programs load others and is refused. If it is "
                                    "meant, name it in c.Spawner.environment (c.Spawner.env_keep lets only the value "
                                    "through that the hub was started with).",
                                    printable(variable.first)));
    return {};
}

Result<> check_login(HelperPolicy const& policy, wire::Authenticate const& login)
{
    if (!policy.hub || (login.service == policy.login_service && login.check_account == policy.check_account))
        return {};
    return fail(Errc::forbidden, fmt::format("Logins are checked by the PAM service {} of root's configuration only.",
                                             policy.login_service));
}

Result<> check_session(HelperPolicy const& policy, wire::Prepare const& start)
{
    if (!policy.hub || start.pam_service.empty() || start.pam_service == policy.session_service)
        return {};
    return fail(Errc::forbidden, policy.session_service.empty()
                                     ? "Root's configuration wants no PAM sessions."
                                     : fmt::format("Sessions are opened by the PAM service {} of root's configuration "
                                                   "only.",
                                                   policy.session_service));
}

Result<> check_signal(int number)
{
    if (number == SIGINT || number == SIGTERM || number == SIGKILL)
        return {};
    return fail(Errc::forbidden, fmt::format("Signal {} is none that ends a process.", number));
}

} // namespace jhub::helper
