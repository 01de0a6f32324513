#include "store/own_tables.hpp"

#include "store/session.hpp"

namespace jhub::store {
namespace {

constexpr std::string_view ended_login_prefix = "ended-login:";

#define PROCESS_COLUMNS "spawner_id, pid, start_time, boot_id, uid, log_path"

ProcessRow read_process(Row& row)
{
    return {.spawner_id = row.integer(),
            .pid = row.integer(),
            .start_time = static_cast<std::uint64_t>(row.integer()),
            .boot_id = row.text(),
            .uid = static_cast<std::uint32_t>(row.integer()),
            .log_path = row.text()};
}

} // namespace

void save_process(Transaction& transaction, ProcessRow const& process)
{
    transaction.session().execute(
        "INSERT OR REPLACE INTO jhub_processes (" PROCESS_COLUMNS ") "
        "VALUES (:spawner_id, :pid, :start_time, :boot_id, :uid, :log_path)",
        {process.spawner_id, process.pid, process.start_time, process.boot_id, process.uid, process.log_path});
}

std::vector<ProcessRow> list_processes(Transaction& transaction)
{
    return transaction.session().all("SELECT " PROCESS_COLUMNS " FROM jhub_processes ORDER BY spawner_id", {},
                                     read_process);
}

bool delete_process(Transaction& transaction, std::int64_t spawner_id)
{
    return transaction.session().execute("DELETE FROM jhub_processes WHERE spawner_id = :spawner_id", {spawner_id}) > 0;
}

std::optional<std::string> find_setting(Transaction& transaction, std::string_view key)
{
    return transaction.session().first("SELECT value FROM jhub_settings WHERE key = :key", {key},
                                       [](Row& row) { return row.text(); });
}

void save_setting(Transaction& transaction, std::string_view key, std::string_view value)
{
    transaction.session().execute("INSERT OR REPLACE INTO jhub_settings (key, value) VALUES (:key, :value)",
                                  {key, value});
}

std::vector<std::pair<std::string, std::string>> list_settings(Transaction& transaction, std::string_view prefix)
{
    return transaction.session().all(
        "SELECT key, value FROM jhub_settings WHERE substr(key, 1, :length) = :prefix ORDER BY key",
        {static_cast<std::int64_t>(prefix.size()), prefix}, [](Row& row) {
            std::string key = row.text();
            return std::pair(std::move(key), row.text());
        });
}

bool delete_setting(Transaction& transaction, std::string_view key)
{
    return transaction.session().execute("DELETE FROM jhub_settings WHERE key = :key", {key}) > 0;
}

void end_login(Transaction& transaction, std::string_view key, Timestamp until)
{
    auto const seconds = std::chrono::floor<std::chrono::seconds>(until.time_since_epoch()).count();
    save_setting(transaction, std::string(ended_login_prefix).append(key), std::to_string(seconds));
}

bool is_ended_login(Transaction& transaction, std::string_view key)
{
    return find_setting(transaction, std::string(ended_login_prefix).append(key)).has_value();
}

} // namespace jhub::store
