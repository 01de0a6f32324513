#include "hub/startup/give_up_root.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "base/log.hpp"
#include "hub/startup/proxy_keeper.hpp"
#include "hub/startup/state_files.hpp"

namespace jhub::hub {
namespace {

// What only root can do in the hub's name.
std::string need_of_root(config::Settings const& settings)
{
    if (settings.spawner.class_name == "SimpleLocalProcessSpawner")
        return "SimpleLocalProcessSpawner runs every server under the hub's own account, root";
    return {};
}

Result<privileged::HubAccount> wanted_account(std::string const& run_as)
{
    if (run_as.empty())
        return privileged::default_hub_account();
    auto account = privileged::find_hub_account(run_as);
    if (!account)
        return fail(Errc::invalid_argument, "c.JupyterHub.run_as: " + account.error().message);
    return account;
}

Result<> serve_as_root(StateFiles const& state)
{
    privileged::HubAccount const root{.name = "root", .uid = 0, .gid = 0, .groups = {0}};
    take_back_directories(state);
    hand_over(state, root);
    if (auto const why = obstacle(state, root); !why.empty())
        return fail(Errc::invalid_argument, "The hub cannot serve as root. " + why);
    return {};
}

} // namespace

Result<Account> owner_of_files(config::Settings const& settings)
{
    if (::geteuid() != 0)
        return this_account();
    TRY(auto const account, wanted_account(settings.hub.run_as));
    bool const stays_root = settings.hub.run_as.empty() && !need_of_root(settings).empty();
    return stays_root ? this_account() : numbers_of(account);
}

Result<std::optional<privileged::HubAccount>> choose_account(config::Settings const& settings,
                                                             config::Environment const& environment)
{
    if (::geteuid() != 0)
        return std::nullopt;
    std::string const& run_as = settings.hub.run_as;
    bool const chosen = !run_as.empty();
    TRY(auto const account, wanted_account(run_as));
    StateFiles const state = state_files(settings, environment, numbers_of(account));
    if (account.uid == 0) {
        CHECK(serve_as_root(state));
        return std::nullopt;
    }
    if (std::string const need = need_of_root(settings); !need.empty() && !chosen) {
        CHECK(serve_as_root(state));
        log::warning("The hub serves as root: {}. c.JupyterHub.run_as = \"root\" says that this is meant.", need);
        return std::nullopt;
    }
    for (auto const& path : state.directories)
        open_directory(path, account);
    hand_over(state, account);
    if (auto const why = obstacle(state, account); !why.empty())
        return fail(
            Errc::invalid_argument,
            fmt::format("The hub cannot serve as account {}. {} Start it in a directory of its own, such as "
                        "/var/lib/jupyterhub, or name an account with c.JupyterHub.run_as; \"root\" is possible.",
                        name_of(account), why));
    if (account.name.empty())
        log::warning("There is no account jupyterhub; the hub serves under the number {}, which belongs to nobody. "
                     "`useradd --system jupyterhub` gives it a name.",
                     account.uid);
    return account;
}

Result<> act_as_the_hub(config::Settings const& settings, config::Environment const& environment)
{
    TRY(auto const account, choose_account(settings, environment));
    return account ? privileged::become(*account) : Result<>{};
}

Result<std::unique_ptr<privileged::Supervisor>> give_up_root(config::Settings const& settings,
                                                             privileged::HubAccount const& account,
                                                             privileged::HelperPolicy policy,
                                                             std::shared_ptr<privileged::PythonProgram> python)
{
    privileged::SupervisorPlan plan;
    policy.hub = privileged::HubIdentity{account.uid, account.gid};
    policy.admission.never.push_back(account.uid);
    plan.helper = {.path = privileged::helper_path({}), .policy = std::move(policy)};
    plan.hub = account;
    if (settings.proxy.should_start)
        plan.proxy_command = whole_command(settings.proxy.command, proxy_arguments(settings));
    if (settings.proxy.should_start && is_own_proxy(settings.proxy.command.front()))
        plan.proxy_command.push_back(fmt::format("--state-owner={}:{}", account.uid, account.gid));
    plan.proxy_pid_file = settings.proxy.pid_file;
    plan.hub_pid_file = settings.hub.pid_file;
    plan.python = std::move(python);
    TRY(auto supervisor, privileged::Supervisor::launch(std::move(plan)));
    CHECK(privileged::become(account));
    log::info("The hub gave up root and serves as account {}", name_of(account));
    return supervisor;
}

} // namespace jhub::hub
