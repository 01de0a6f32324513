// Share codes; declared in shares.hpp.
#include <set>

#include "store/filter.hpp"
#include "store/rows.hpp"
#include "store/session.hpp"
#include "store/shares.hpp"

namespace jhub::store {
namespace {

Filter filter_of(ShareQuery const& query)
{
    Filter filter;
    if (query.owner_id)
        filter.require("share_codes.owner_id = :owner_id", {*query.owner_id});
    if (query.spawner_id)
        filter.require("share_codes.spawner_id = :spawner_id", {*query.spawner_id});
    if (query.valid_at)
        filter.require("(share_codes.expires_at IS NULL OR share_codes.expires_at >= :now)", {*query.valid_at});
    return filter;
}

} // namespace

std::vector<ShareCodeOverview> list_share_codes(Transaction& transaction, ShareQuery const& query)
{
    Filter filter = filter_of(query);
    filter.append(" ORDER BY share_codes.id LIMIT :limit OFFSET :offset", {query.limit, query.offset});
    return transaction.session().all("SELECT " SHARE_CODE_COLUMNS ", owner.name, " SPAWNER_COLUMNS
                                     " FROM share_codes JOIN users AS owner ON owner.id = share_codes.owner_id "
                                     "JOIN spawners ON spawners.id = share_codes.spawner_id" +
                                         filter.sql,
                                     filter.parameters, [](Row& row) {
                                         return ShareCodeOverview{.code = read_share_code(row),
                                                                  .owner_name = row.text(),
                                                                  .spawner = read_spawner(row)};
                                     });
}

std::int64_t count_share_codes(Transaction& transaction, ShareQuery const& query)
{
    Filter const filter = filter_of(query);
    return transaction.session().number("SELECT count(*) FROM share_codes" + filter.sql, filter.parameters);
}

std::vector<model::ShareCode> find_share_codes_by_prefix(Transaction& transaction, std::string_view prefix,
                                                         Timestamp now)
{
    return transaction.session().all("SELECT " SHARE_CODE_COLUMNS " FROM share_codes WHERE prefix = :prefix "
                                     "AND (expires_at IS NULL OR expires_at >= :now) ORDER BY id",
                                     {prefix, now}, read_share_code);
}

std::optional<model::ShareCode> find_share_code(Transaction& transaction, std::int64_t id)
{
    return transaction.session().first("SELECT " SHARE_CODE_COLUMNS " FROM share_codes WHERE id = :id", {id},
                                       read_share_code);
}

std::int64_t insert_share_code(Transaction& transaction, model::ShareCode const& code)
{
    return transaction.session().insert("share_codes",
                                        {{"created_at", code.created_at},
                                         {"scopes", std::set<std::string>(code.scopes.begin(), code.scopes.end())},
                                         {"expires_at", code.expires_at},
                                         {"hashed", code.hashed},
                                         {"prefix", code.prefix},
                                         {"exchange_count", code.exchange_count},
                                         {"last_exchanged_at", code.last_exchanged_at},
                                         {"owner_id", code.owner_id},
                                         {"spawner_id", code.spawner_id}});
}

void count_share_code_exchange(Transaction& transaction, std::int64_t id, Timestamp now)
{
    transaction.session().execute("UPDATE share_codes SET exchange_count = coalesce(exchange_count, 0) + 1, "
                                  "last_exchanged_at = :now WHERE id = :id",
                                  {now, id});
}

bool delete_share_code(Transaction& transaction, std::int64_t id)
{
    return transaction.session().execute("DELETE FROM share_codes WHERE id = :id", {id}) > 0;
}

std::int64_t delete_share_codes_of_spawner(Transaction& transaction, std::int64_t spawner_id)
{
    return transaction.session().execute("DELETE FROM share_codes WHERE spawner_id = :spawner_id", {spawner_id});
}

} // namespace jhub::store
