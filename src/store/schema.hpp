// The tables: JupyterHub's own at revision 4621fec11365 exactly as a fresh Python hub makes them, and what we keep
// beside them (reference database.md §3, §8).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "store/session.hpp"

namespace jhub::store {

inline constexpr std::string_view schema_revision = "4621fec11365";

struct SchemaTable {
    std::string_view name;
    std::string_view definition; // what follows CREATE TABLE <name>
};

// JupyterHub's tables, in an order that foreign keys allow.
[[nodiscard]] std::span<SchemaTable const> schema_tables();

// The revision the data has: nothing for a database without JupyterHub's tables. One without a recorded revision is
// guessed from its tables, as upstream does.
[[nodiscard]] std::optional<std::string> find_revision(Session& session);

// Errc::invalid_state with the words "run jupyterhub upgrade-db" when the revision is another one; writes nothing.
[[nodiscard]] Result<> check_revision(Session& session, std::string_view database);

// Makes what is missing of tables, indexes and the revision record, in one transaction.
void create_schema(Session& session);

// Drops every table, ours too (JupyterHub.reset_db).
void drop_schema(Session& session);

} // namespace jhub::store
