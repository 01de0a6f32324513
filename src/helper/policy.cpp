#include "helper/policy.hpp"

#include <algorithm>
#include <array>
#include <csignal>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::helper {
namespace {

using Variable = std::pair<std::string, std::string>;

// Variables beside LD_… that make programs load or read others before their own first line.
constexpr std::array loaders{"BASH_ENV", "ENV", "IFS", "GCONV_PATH"};
// And those that interpreters heed, the shell's among them.
constexpr std::array interpreters{"PYTHON", "PERL", "RUBY", "NODE_", "JUPYTER_", "BASH_FUNC_"};

enum class Program { any, chosen_by_root };

bool is_loader(std::string const& name, Program program)
{
    if (name.starts_with("LD_") || std::ranges::find(loaders, name) != loaders.end())
        return true;
    return program == Program::chosen_by_root &&
           (name == "PATH" ||
            std::ranges::any_of(interpreters, [&](char const* begin) { return name.starts_with(begin); }));
}

template <typename List, typename Value> bool has(List const& list, Value const& value)
{
    return std::ranges::find(list, value) != list.end();
}

} // namespace

privileged::FixedCommand const* find_service(HelperPolicy const& policy, wire::Prepare const& start)
{
    auto const found = std::ranges::find_if(policy.services, [&](privileged::FixedCommand const& service) {
        return !start.user.empty() && service.user == start.user && service.argv == start.argv &&
               service.directory == start.working_directory && !start.create_working_directory;
    });
    return found != policy.services.end() ? &*found : nullptr;
}

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

Result<> check_environment(HelperPolicy const& policy, wire::Prepare const& start)
{
    if (!policy.hub)
        return {};
    auto const* const service = find_service(policy, start);
    bool const chosen = service != nullptr || (!policy.programs.empty() && !start.user.empty());
    for (Variable const& variable : start.env) {
        bool const named =
            service != nullptr ? has(service->environment, variable) : has(policy.variables, variable.first);
        if (is_loader(variable.first, chosen ? Program::chosen_by_root : Program::any) && !named &&
            !has(policy.fixed_variables, variable))
            return fail(Errc::forbidden,
                        fmt::format("The environment variable {} makes programs load others and is refused. If it is "
                                    "meant, name it in c.Spawner.environment (c.Spawner.env_keep lets only the value "
                                    "through that the hub was started with).",
                                    printable(variable.first)));
    }
    return {};
}

Result<std::vector<std::string>> allowed_programs(HelperPolicy const& policy, wire::Prepare const& start,
                                                  std::vector<std::string> places)
{
    if (!policy.hub || policy.programs.empty() || start.user.empty() || find_service(policy, start) != nullptr)
        return places;
    std::erase_if(places, [&](std::string const& place) { return !has(policy.programs, place); });
    if (places.empty())
        return fail(Errc::forbidden,
                    fmt::format("{} is not among the programs that people's servers may be: \"programs\" of "
                                "c.JupyterHub.helper_policy, or of {}.",
                                printable(start.argv.empty() ? "" : start.argv.front()),
                                privileged::helper_policy_file));
    return places;
}

Result<> check_login(HelperPolicy const& policy, wire::Authenticate const& login)
{
    if (!policy.hub || (login.service == policy.login_service && login.check_account == policy.check_account))
        return {};
    return fail(Errc::forbidden, fmt::format("Logins are checked by the PAM service {} of root's configuration only "
                                             "(c.PAMAuthenticator.service, check_account).",
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
