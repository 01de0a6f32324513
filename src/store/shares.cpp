#include "store/shares.hpp"

#include <set>

#include "store/filter.hpp"
#include "store/rows.hpp"
#include "store/session.hpp"

namespace jhub::store {
namespace {

Filter filter_of(ShareQuery const& query)
{
    Filter filter;
    if (query.owner_id)
        filter.require("shares.owner_id = :owner_id", {*query.owner_id});
    if (query.spawner_id)
        filter.require("shares.spawner_id = :spawner_id", {*query.spawner_id});
    if (query.user_id && query.through_groups)
        filter.require("(shares.user_id = :user_id OR shares.group_id IN "
                       "(SELECT group_id FROM user_group_map WHERE user_group_map.user_id = :user_id))",
                       {*query.user_id});
    else if (query.user_id)
        filter.require("shares.user_id = :user_id", {*query.user_id});
    if (query.group_id)
        filter.require("shares.group_id = :group_id", {*query.group_id});
    if (query.valid_at)
        filter.require("(shares.expires_at IS NULL OR shares.expires_at >= :now)", {*query.valid_at});
    return filter;
}

ShareOverview read_overview(Row& row)
{
    return {.share = read_share(row),
            .owner_name = row.text(),
            .user_name = row.maybe_text(),
            .group_name = row.maybe_text(),
            .spawner = read_spawner(row)};
}

std::optional<model::Share> find_share_of(Transaction& transaction, std::int64_t spawner_id,
                                          ShareReceiver const& receiver)
{
    Filter filter;
    filter.require("spawner_id = :spawner_id", {spawner_id});
    if (receiver.user_id)
        filter.require("user_id = :user_id", {*receiver.user_id});
    else
        filter.require("group_id = :group_id", {receiver.group_id});
    return transaction.session().first("SELECT " SHARE_COLUMNS " FROM shares" + filter.sql, filter.parameters,
                                       read_share);
}

} // namespace

std::vector<ShareOverview> list_shares(Transaction& transaction, ShareQuery const& query)
{
    Filter filter = filter_of(query);
    filter.append(" ORDER BY shares.id LIMIT :limit OFFSET :offset", {query.limit, query.offset});
    return transaction.session().all("SELECT " SHARE_COLUMNS
                                     ", owner.name, receiver.name, groups.name, " SPAWNER_COLUMNS
                                     " FROM shares JOIN users AS owner ON owner.id = shares.owner_id "
                                     "JOIN spawners ON spawners.id = shares.spawner_id "
                                     "LEFT JOIN users AS receiver ON receiver.id = shares.user_id "
                                     "LEFT JOIN groups ON groups.id = shares.group_id" +
                                         filter.sql,
                                     filter.parameters, read_overview);
}

std::int64_t count_shares(Transaction& transaction, ShareQuery const& query)
{
    Filter const filter = filter_of(query);
    return transaction.session().number("SELECT count(*) FROM shares" + filter.sql, filter.parameters);
}

std::optional<ShareOverview> find_share(Transaction& transaction, ShareQuery const& query)
{
    ShareQuery first = query;
    first.limit = 1;
    std::vector<ShareOverview> found = list_shares(transaction, first);
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::int64_t grant_share(Transaction& transaction, std::int64_t owner_id, std::int64_t spawner_id,
                         ShareReceiver const& receiver, std::vector<std::string> const& scopes, Timestamp now)
{
    std::set<std::string> all(scopes.begin(), scopes.end());
    if (std::optional<model::Share> const existing = find_share_of(transaction, spawner_id, receiver)) {
        all.insert(existing->scopes.begin(), existing->scopes.end());
        transaction.session().update("shares", existing->id, {{"scopes", all}});
        return existing->id;
    }
    return transaction.session().insert("shares", {{"created_at", now},
                                                   {"scopes", all},
                                                   {"expires_at", std::nullopt},
                                                   {"user_id", receiver.user_id},
                                                   {"group_id", receiver.group_id},
                                                   {"owner_id", owner_id},
                                                   {"spawner_id", spawner_id}});
}

std::optional<model::Share> revoke_share(Transaction& transaction, std::int64_t spawner_id,
                                         ShareReceiver const& receiver, std::vector<std::string> const& scopes)
{
    std::optional<model::Share> share = find_share_of(transaction, spawner_id, receiver);
    if (!share)
        return std::nullopt;
    std::set<std::string> left;
    if (!scopes.empty())
        left.insert(share->scopes.begin(), share->scopes.end());
    for (std::string const& scope : scopes)
        left.erase(scope);
    if (left.empty()) {
        delete_share(transaction, share->id);
        return std::nullopt;
    }
    share->scopes.assign(left.begin(), left.end());
    transaction.session().update("shares", share->id, {{"scopes", left}});
    return share;
}

bool delete_share(Transaction& transaction, std::int64_t id)
{
    return transaction.session().execute("DELETE FROM shares WHERE id = :id", {id}) > 0;
}

std::int64_t delete_shares_of_spawner(Transaction& transaction, std::int64_t spawner_id)
{
    return transaction.session().execute("DELETE FROM shares WHERE spawner_id = :spawner_id", {spawner_id});
}

} // namespace jhub::store
