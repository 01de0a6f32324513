#include "hub/core/identity.hpp"

#include <algorithm>

#include "auth/token_hash.hpp"
#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "hub/core/hub.hpp"
#include "store/groups.hpp"
#include "store/oauth.hpp"
#include "store/own_tables.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/shares.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

void add_scopes(std::vector<std::string>& scopes, std::vector<std::string> const& more)
{
    scopes.insert(scopes.end(), more.begin(), more.end());
}

void take_sooner(std::optional<Timestamp>& soonest, std::optional<Timestamp> end)
{
    if (end && (!soonest || *end < *soonest))
        soonest = end;
}

// As grants_of(); soonest becomes the end of the share that ends first, if that is sooner.
rbac::Grants grants_until(store::Transaction& transaction, model::User const& user, Timestamp now,
                          std::optional<Timestamp>& soonest)
{
    rbac::Grants grants;
    grants.owner = {rbac::OwnerKind::user, user.name};
    for (auto const& role : store::roles_of_user(transaction, user.id))
        add_scopes(grants.role_scopes, role.scopes);
    store::ShareQuery query;
    query.user_id = user.id;
    query.through_groups = true;
    query.valid_at = now;
    for (auto const& share : store::list_shares(transaction, query)) {
        add_scopes(share.share.user_id ? grants.user_share_scopes : grants.group_share_scopes, share.share.scopes);
        take_sooner(soonest, share.share.expires_at);
    }
    return grants;
}

// Runs on a thread of the store; holds only what it owns and what lives as long as the hub.
// A principal as it was read, and until when time alone leaves it as it is.
using Read = KnownPrincipals::Known;

struct Identification {
    rbac::ScopeRegistry const* registry;
    auth::VerifiedTokens* verified_tokens;
    Claim claim;
    rbac::Requirement requirement;
    rbac::PathTarget target;
    Timestamp now;

    struct Found {
        Read read;
        rbac::Access access = rbac::Access::forbidden;
    };

    Found operator()(store::Transaction& transaction) const
    {
        StoredMemberships const memberships(transaction);
        rbac::Context const context{*registry, memberships};
        Found found;
        Principal& principal = found.read.principal;
        principal.session_id = claim.session_id;
        if (!by_token(transaction, context, found.read))
            by_cookie(transaction, context, found.read);
        found.access = rbac::decide(requirement, principal.identified(), principal.scopes, target.view(), memberships);
        return found;
    }

    bool by_token(store::Transaction& transaction, rbac::Context const& context, Read& read) const
    {
        Principal& principal = read.principal;
        auto token = find(transaction);
        if (!token)
            return false;
        if (token->user_id) {
            principal.user = store::find_user_by_id(transaction, *token->user_id);
            if (principal.user)
                principal.grants = grants_until(transaction, *principal.user, now, read.valid_until);
        } else if (token->service_id) {
            principal.service = store::find_service_by_id(transaction, *token->service_id);
            if (principal.service)
                principal.grants = grants_of(transaction, *principal.service);
        }
        if (!principal.identified())
            return false;
        rbac::Client const client = client_of(transaction, *token->client_id);
        principal.scopes = rbac::resolve_token(principal.grants, token->scopes, client, context);
        principal.session_id = token->session_id.value_or("");
        take_sooner(read.valid_until, token->expires_at);
        principal.token = std::move(token);
        return true;
    }

    std::optional<model::ApiToken> find(store::Transaction& transaction) const
    {
        if (!claim.token || claim.token->size() > auth::maximum_token_length)
            return std::nullopt;
        auto rows = store::find_tokens_by_prefix(transaction, auth::token_prefix(*claim.token), now);
        auto const known = [this](model::ApiToken const& row) {
            return row.client_id && verified_tokens->remembers(row.hashed, *claim.token);
        };
        auto const right = [this](model::ApiToken const& row) {
            return row.client_id && verified_tokens->verify(row.hashed, *claim.token);
        };
        auto found = std::ranges::find_if(rows, known);
        if (found == rows.end())
            found = std::ranges::find_if(rows, right);
        return found == rows.end() ? std::nullopt : std::optional(std::move(*found));
    }

    void by_cookie(store::Transaction& transaction, rbac::Context const& context, Read& read) const
    {
        if (!claim.cookie_id)
            return;
        Principal& principal = read.principal;
        principal.user = store::find_user_by_cookie_id(transaction, *claim.cookie_id);
        if (principal.user && store::is_ended_login(transaction, claim.cookie_key))
            principal.user.reset();
        if (!principal.user)
            return;
        principal.grants = grants_until(transaction, *principal.user, now, read.valid_until);
        principal.scopes = rbac::resolve_owner(principal.grants, context);
    }
};

// Under what the owner of these credentials is remembered.
// With the very cookie: of two that name one user, one may have ended.
std::string key_of(Claim const& claim)
{
    return sha256(claim.token.value_or("")) + claim.cookie_id.value_or("") + claim.cookie_key;
}

// A restriction to a group is decided by who is in it now: that is asked for each time.
bool depends_on_groups(rbac::ScopeSet const& scopes)
{
    return std::ranges::any_of(scopes, [](auto const& holding) { return holding.kind == rbac::FilterKind::group; });
}

void record_activity(Hub& hub, Principal& principal)
{
    auto& token = principal.token;
    if (token && hub.activity.saw_token(token->id, token->last_activity))
        token->last_activity = hub.now();
    // A server's own token says that the server lives, not that its user is there.
    bool const own_token_of_server = principal.token && principal.token->note.starts_with("Server at ");
    auto& user = principal.user;
    if (user && !own_token_of_server && hub.activity.saw_user(user->id, user->last_activity))
        user->last_activity = hub.now();
}

} // namespace

std::string login_key(std::string_view cookie) { return hex_encode(sha256(cookie)); }

bool StoredMemberships::is_member(std::string_view user, std::string_view group) const
{
    auto const groups = groups_of(user);
    return std::ranges::find(groups, group) != groups.end();
}

std::vector<std::string> StoredMemberships::groups_of(std::string_view user) const
{
    std::vector<std::string> names;
    if (auto const row = store::find_user(transaction_, user))
        for (auto const& group : store::groups_of_user(transaction_, row->id))
            names.push_back(group.name);
    return names;
}

rbac::Grants grants_of(store::Transaction& transaction, model::User const& user, Timestamp now)
{
    std::optional<Timestamp> soonest;
    return grants_until(transaction, user, now, soonest);
}

rbac::Grants grants_of(store::Transaction& transaction, model::ServiceRow const& service)
{
    rbac::Grants grants;
    grants.owner = {rbac::OwnerKind::service, service.name};
    for (auto const& role : store::roles_of(transaction, model::HolderKind::service, service.id))
        add_scopes(grants.role_scopes, role.scopes);
    return grants;
}

rbac::Client client_of(store::Transaction& transaction, std::string_view identifier)
{
    if (identifier == model::hub_client)
        return {};
    auto const owner = store::find_client_owner(transaction, identifier);
    if (!owner)
        return {rbac::ClientKind::unknown, {}, {}, {}};
    if (owner->service_name)
        return {rbac::ClientKind::service, {}, {}, *owner->service_name};
    return {rbac::ClientKind::server, owner->user_name, owner->server_name, {}};
}

Async<Identified> identify(Hub& hub, Claim claim, rbac::Requirement requirement, rbac::PathTarget target)
{
    if (!claim.token && !claim.cookie_id) { // anonymous: nothing to look up
        Identified nobody;
        nobody.principal.session_id = claim.session_id;
        nobody.access =
            rbac::decide(requirement, false, nobody.principal.scopes, target.view(), rbac::no_memberships());
        co_return nobody;
    }
    auto const version = hub.store.rights_version();
    std::string key = key_of(claim);
    if (auto const known = version ? hub.known_principals.find(key, *version, hub.now()) : nullptr) {
        record_activity(hub, *known);
        Identified found{*known, {}};
        if (!known->by_token())
            found.principal.session_id = std::move(claim.session_id);
        found.access = rbac::decide(requirement, true, known->scopes, target.view(), rbac::no_memberships());
        co_return found;
    }
    Identification const identification{&hub.scopes, &hub.verified_tokens, std::move(claim),
                                        requirement, std::move(target),    hub.now()};
    CO_TRY(auto found, co_await hub.store.read(identification));
    record_activity(hub, found.read.principal);
    Identified identified{found.read.principal, found.access};
    if (version && identified.principal.identified() && !depends_on_groups(identified.principal.scopes))
        hub.known_principals.keep(std::move(key), *version, std::move(found.read));
    co_return identified;
}

Async<bool> holds_for(Hub& hub, rbac::ScopeSet scopes, rbac::Scope scope, rbac::PathTarget target)
{
    if (rbac::has_scope(scopes, scope, target.view(), rbac::no_memberships()))
        co_return true;
    auto const is_group = [](rbac::Holding const& holding) { return holding.kind == rbac::FilterKind::group; };
    if (std::ranges::none_of(scopes.of(scope), is_group))
        co_return false; // nothing that the database could add
    auto const look = [&scopes, scope, &target](store::Transaction& transaction) {
        return rbac::has_scope(scopes, scope, target.view(), StoredMemberships(transaction));
    };
    co_return co_await hub.store.read(look);
}

} // namespace jhub::hub
