#include "hub/core/sharing.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "base/strings.hpp"
#include "rbac/check.hpp"
#include "rbac/raw_scope.hpp"
#include "store/groups.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

using rbac::Scope;
using rbac::Target;

} // namespace

Result<SharedServer> find_shared_server(store::Transaction& transaction, std::string_view owner,
                                        std::string_view server)
{
    auto const user = store::find_user(transaction, owner);
    auto const spawner = user ? store::find_spawner(transaction, user->id, server) : std::nullopt;
    if (!spawner)
        return fail(Errc::not_found, "There is no such server.");
    return SharedServer{*user, *spawner};
}

Result<std::vector<std::string>> scopes_to_share(std::vector<std::string> const& asked, SharedServer const& server,
                                                 rbac::ScopeRegistry const& registry)
{
    std::string const filter = "server=" + rbac::server_filter(server.owner.name, server.spawner.name);
    if (asked.empty())
        return std::vector{"access:servers!" + filter};
    std::vector<std::string> scopes;
    for (auto const& text : asked) {
        CHECK(rbac::check_scope_exists(text, registry));
        auto const raw = rbac::split_scope(text);
        if (raw.has_filter && raw.filter != filter)
            return fail(Errc::invalid_argument,
                        fmt::format("Scope {} is not about this server: leave the filter out or write !{}.",
                                    printable(text), printable(filter)));
        std::string stored = std::string(raw.base) + "!" + filter;
        if (std::ranges::find(scopes, stored) == scopes.end())
            scopes.push_back(std::move(stored));
    }
    std::ranges::sort(scopes);
    return scopes;
}

Result<> check_may_share(std::vector<std::string> const& scopes, rbac::ScopeSet const& held,
                         rbac::Context const& context)
{
    for (auto const& scope : scopes)
        if (!rbac::has_scope(held, scope, context.registry, context.memberships))
            return fail(Errc::forbidden,
                        fmt::format("You cannot share {}, because you do not have it.", printable(scope)));
    return {};
}

Result<store::ShareReceiver> find_receiver(store::Transaction& transaction, ReceiverName const& name,
                                           rbac::ScopeSet const& held, rbac::Memberships const& memberships)
{
    store::ShareReceiver receiver;
    bool const to_user = !name.user.empty();
    bool const may_know = to_user
                              ? rbac::has_scope(held, Scope::read_users_name, Target::user(name.user), memberships)
                              : rbac::has_scope(held, Scope::read_groups_name, Target::group(name.group), memberships);
    if (!may_know)
        return fail(Errc::forbidden, fmt::format("You may not share with {}.", printable(name.user + name.group)));
    if (auto const user = to_user ? store::find_user(transaction, name.user) : std::nullopt)
        receiver.user_id = user->id;
    if (auto const group = to_user ? std::nullopt : store::find_group(transaction, name.group))
        receiver.group_id = group->id;
    if (!receiver.user_id && !receiver.group_id)
        return fail(Errc::invalid_argument, fmt::format("There is no {} named {}.", to_user ? "user" : "group",
                                                        printable(name.user + name.group)));
    return receiver;
}

std::optional<model::ShareCode> find_valid_code(store::Transaction& transaction, std::string_view code, Timestamp now)
{
    if (code.empty() || code.size() > auth::maximum_token_length)
        return std::nullopt;
    for (auto& row : store::find_share_codes_by_prefix(transaction, auth::token_prefix(code), now))
        if (auth::verify_token(row.hashed, code))
            return std::move(row);
    return std::nullopt;
}

void exchange_code(store::Transaction& transaction, model::ShareCode const& code, model::User const& user,
                   Timestamp now)
{
    store::grant_share(transaction, code.owner_id, code.spawner_id, {.user_id = user.id, .group_id = {}}, code.scopes,
                       now);
    store::count_share_code_exchange(transaction, code.id, now);
}

} // namespace jhub::hub
