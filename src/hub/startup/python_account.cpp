#include "hub/startup/python_account.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.hpp"

namespace jhub::hub {
namespace {

using privileged::HubAccount;

constexpr std::string_view what_runs = "Functions and classes of the configuration run as";

// How the option names an account: by its name, or by its number when it has none.
std::string word_for(HubAccount const& account)
{
    return account.name.empty() ? std::to_string(account.uid) : account.name;
}

HubAccount usual_account(HubAccount const& hub, std::string const& not_as_root)
{
    if (not_as_root.empty()) {
        log::info("{} root, as on the Python hub. c.JupyterHub.run_python_as chooses another account.", what_runs);
        return {.name = "root", .uid = 0, .gid = 0, .groups = {0}};
    }
    log::warning("{} account {}, not as root: {}. c.JupyterHub.run_python_as chooses: \"root\", or \"{}\" to say that "
                 "this is meant.",
                 what_runs, name_of(hub), not_as_root, word_for(hub));
    return hub;
}

} // namespace

HubAccount this_account()
{
    HubAccount account{.name = {}, .uid = ::geteuid(), .gid = ::getegid(), .groups = {}};
    if (passwd const* const entry = getpwuid(account.uid); entry != nullptr) // NOLINT: no other thread runs yet
        account.name = entry->pw_name;
    account.groups.resize(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
    if (::getgroups(static_cast<int>(account.groups.size()), account.groups.data()) < 0)
        account.groups.clear();
    return account;
}

Result<HubAccount> choose_python_account(config::Settings const& settings, std::optional<HubAccount> const& hub,
                                         std::string const& not_as_root)
{
    std::string const wanted = settings.source->text("JupyterHub", "run_python_as");
    HubAccount const own = hub.value_or(this_account());
    if (::geteuid() != 0) {
        if (!wanted.empty() && wanted != word_for(own))
            log::warning("c.JupyterHub.run_python_as = \"{}\" has no effect, because the hub was not started as root. "
                         "{} account {}.",
                         wanted, what_runs, name_of(own));
        return own;
    }
    if (wanted.empty())
        return hub ? usual_account(own, not_as_root) : own;
    auto chosen = wanted == word_for(own) ? own : privileged::find_hub_account(wanted);
    if (!chosen)
        return fail(Errc::invalid_argument, "c.JupyterHub.run_python_as: " + chosen.error().message);
    if (chosen->uid != 0)
        log::info("{} account {}, as c.JupyterHub.run_python_as says.", what_runs, name_of(*chosen));
    else
        log::warning("{} root, as c.JupyterHub.run_python_as says{}.", what_runs,
                     not_as_root.empty() ? "" : ", although " + not_as_root);
    return chosen;
}

} // namespace jhub::hub
