#include "hub/startup/prepare_database.hpp"

#include <set>

#include <fmt/format.h>

#include "hub/core/accounts.hpp"
#include "hub/startup/prepare_roles.hpp"
#include "hub/startup/prepare_services.hpp"
#include "store/groups.hpp"
#include "store/oauth.hpp"
#include "store/roles.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

void ensure_hub_client(store::Transaction& transaction)
{
    if (store::find_oauth_client(transaction, model::hub_client))
        return;
    model::OAuthClient client;
    client.identifier = model::hub_client;
    store::upsert_oauth_client(transaction, client);
}

// Administrators and allowed people of the configuration get a row; a removed name keeps its row and its rights.
void prepare_users(store::Transaction& transaction, DatabaseSetup const& setup)
{
    for (auto const& name : setup.rules.admin_users) {
        auto user = find_or_create_user(transaction, name, setup.now);
        if (!user.admin)
            set_admin(transaction, user, true);
    }
    for (auto const& name : setup.rules.allowed_users)
        (void)find_or_create_user(transaction, name, setup.now);
}

void prepare_groups(store::Transaction& transaction, DatabaseSetup const& setup)
{
    for (auto const& spec : setup.settings.load_groups) {
        auto group = store::find_group(transaction, spec.name);
        if (!group) {
            group.emplace();
            group->name = spec.name;
            group->id = store::insert_group(transaction, *group);
        }
        if (spec.properties)
            store::set_group_properties(transaction, group->id, *spec.properties);
        for (auto const& name : spec.users)
            store::add_group_member(
                transaction, group->id,
                find_or_create_user(transaction, auth::normalize_username(setup.rules, name), setup.now).id);
    }
}

// Blocked people keep their row, but nothing that it gives them.
void strip_blocked_users(store::Transaction& transaction, DatabaseSetup const& setup)
{
    for (auto const& name : setup.rules.blocked_users) {
        auto const user = store::find_user(transaction, name);
        if (!user)
            continue;
        store::set_user_admin(transaction, user->id, false);
        store::strip_all_roles(transaction, model::HolderKind::user, user->id);
        store::set_groups_of_user(transaction, user->id, {});
    }
}

} // namespace

Result<> prepare_database(store::Transaction& transaction, DatabaseSetup const& setup,
                          std::vector<std::string>& warnings)
{
    ensure_hub_client(transaction);
    CHECK(prepare_roles(transaction, setup, warnings));
    prepare_users(transaction, setup);
    prepare_groups(transaction, setup);
    CHECK(prepare_services(transaction, setup, warnings));
    CHECK(prepare_tokens(transaction, setup, warnings));
    CHECK(assign_roles(transaction, setup));
    strip_blocked_users(transaction, setup);
    store::purge_expired(transaction, setup.now);
    return {};
}

} // namespace jhub::hub
