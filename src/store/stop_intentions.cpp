#include "store/stop_intentions.hpp"

#include <fmt/format.h>

#include "store/own_tables.hpp"
#include "store/session.hpp"

namespace jhub::store {
namespace {

constexpr std::string_view prefix = "stopping:";

// What the value begins with: the row of the start that is to end.
#define START_OF_ROW "spawners.server_id || ' ' || ifnull(spawners.started, '') || ' '"

std::string key_of(std::int64_t spawner_id) { return fmt::format("{}{}", prefix, spawner_id); }

} // namespace

void save_stop_intention(Transaction& transaction, StopIntention const& intention)
{
    bool const removes = intention.then == StopIntention::Then::removed;
    transaction.session().execute(
        "INSERT OR REPLACE INTO jhub_settings (key, value) "
        "SELECT :key, " START_OF_ROW " || CASE WHEN :removes OR EXISTS (SELECT 1 FROM jhub_settings "
        "WHERE key = :key AND value = " START_OF_ROW " || 'removed') THEN 'removed' ELSE 'stays' END "
        "FROM spawners WHERE id = :id AND server_id IS NOT NULL",
        {key_of(intention.spawner_id), static_cast<std::int64_t>(removes), intention.spawner_id});
}

std::vector<StopIntention> list_stop_intentions(Transaction& transaction)
{
    return transaction.session().all("SELECT spawners.id, value = " START_OF_ROW " || 'removed' FROM spawners "
                                     "JOIN jhub_settings ON key = :prefix || spawners.id "
                                     "WHERE value IN (" START_OF_ROW " || 'stays', " START_OF_ROW
                                     " || 'removed') ORDER BY spawners.id",
                                     {prefix}, [](Row& row) {
                                         StopIntention intention{.spawner_id = row.integer()};
                                         if (row.integer() != 0)
                                             intention.then = StopIntention::Then::removed;
                                         return intention;
                                     });
}

void delete_stop_intention(Transaction& transaction, std::int64_t spawner_id)
{
    delete_setting(transaction, key_of(spawner_id));
}

} // namespace jhub::store
