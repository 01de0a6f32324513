// Tables only this implementation has, prefix "jhub_": the Python hub ignores them, so they may be missing or stale
// after it ran on the same database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

// What tells a process of a server from any other that later gets the same number (architecture: restart with running
// servers).
struct ProcessRow {
    std::int64_t spawner_id = 0;
    std::int64_t pid = 0;
    std::uint64_t start_time = 0; // clock ticks after boot
    std::string boot_id;
    std::uint32_t uid = 0;
    std::string log_path;
};

void save_process(Transaction&, ProcessRow const& process); // replaces the spawner's former one
std::vector<ProcessRow> list_processes(Transaction&);
bool delete_process(Transaction&, std::int64_t spawner_id);

std::optional<std::string> find_setting(Transaction&, std::string_view key);
void save_setting(Transaction&, std::string_view key, std::string_view value);
bool delete_setting(Transaction&, std::string_view key);
// Key and value of all whose key begins so, by key.
std::vector<std::pair<std::string, std::string>> list_settings(Transaction&, std::string_view prefix);

// Logins that ended before their cookie expired: copies of it are worthless then. key names the cookie without telling
// it (a hash); until: when the cookie would have expired, purge_expired() forgets it then.
void end_login(Transaction&, std::string_view key, Timestamp until);
bool is_ended_login(Transaction&, std::string_view key);

} // namespace jhub::store
