#include "store/fresh_id.hpp"

#include <array>
#include <string_view>

#include "store/session.hpp"

namespace jhub::store {
namespace {

struct Texts {
    std::string_view key, highest;
};

constexpr std::array texts{
    Texts{"last-id:users", "SELECT max(ifnull((SELECT max(id) FROM users), 0), ifnull((SELECT CAST(value AS INTEGER) "
                           "FROM jhub_settings WHERE key = :key), 0))"},
    Texts{"last-id:spawners", "SELECT max(ifnull((SELECT max(id) FROM spawners), 0), ifnull((SELECT CAST(value AS "
                              "INTEGER) FROM jhub_settings WHERE key = :key), 0))"},
};

Texts const& texts_of(IdsOf table) { return texts.at(static_cast<std::size_t>(table)); }

} // namespace

std::int64_t fresh_id(Transaction& transaction, IdsOf table)
{
    return transaction.session().number(texts_of(table).highest, {texts_of(table).key}) + 1;
}

void retire_id(Transaction& transaction, IdsOf table, std::int64_t id)
{
    transaction.session().execute(
        "INSERT INTO jhub_settings (key, value) VALUES (:key, :id) ON CONFLICT (key) DO UPDATE "
        "SET value = excluded.value WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)",
        {texts_of(table).key, std::to_string(id)});
}

} // namespace jhub::store
