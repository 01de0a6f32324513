// Our fresh database against the frozen description of one made by JupyterHub itself (schema.txt).
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>

#include "store/support.hpp"

namespace jhub::store {
namespace {

using Cells = std::vector<std::string>;

std::vector<Cells> rows(sqlite3* database, std::string const& sql)
{
    std::vector<Cells> result;
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        Cells cells;
        for (int i = 0; i < sqlite3_column_count(statement); ++i) {
            auto const* const text = reinterpret_cast<char const*>(sqlite3_column_text(statement, i));
            cells.emplace_back(text != nullptr ? text : "NULL");
        }
        result.push_back(std::move(cells));
    }
    sqlite3_finalize(statement);
    return result;
}

std::string joined(std::span<std::string const> cells)
{
    std::string text;
    for (std::string const& cell : cells)
        text += (&cell == cells.data() ? "" : "|") + cell;
    return text;
}

void add_sorted(std::string& out, std::vector<std::string> lines)
{
    std::ranges::sort(lines);
    for (std::string const& line : lines)
        out += line + "\n";
}

// In the words of schema.txt. Our own tables and indexes, "jhub_…", are left out.
std::string describe(std::string const& file)
{
    sqlite3* database = nullptr;
    sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
    std::string out;
    for (Cells const& table :
         rows(database,
              "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'jhub%' ORDER BY name")) {
        out += "table " + table[0] + "\n";
        for (Cells const& column : rows(database, "PRAGMA table_info(\"" + table[0] + "\")"))
            out += "  column " + joined(column) + "\n";
        std::vector<std::string> lines;
        for (Cells const& key : rows(database, "PRAGMA foreign_key_list(\"" + table[0] + "\")"))
            lines.push_back("  foreign_key " + joined(std::span(key).subspan(2)));
        add_sorted(out, std::exchange(lines, {}));
        for (Cells const& index : rows(database, "PRAGMA index_list(\"" + table[0] + "\")")) {
            if (index[1].starts_with("jhub_"))
                continue;
            std::string columns;
            for (Cells const& column : rows(database, "PRAGMA index_info(\"" + index[1] + "\")"))
                columns += (columns.empty() ? "" : ",") + column[2];
            lines.push_back("  index " + (index[3] == "c" ? index[1] : std::string("auto")) + "|" + index[2] + "|" +
                            index[3] + "|" + columns);
        }
        add_sorted(out, std::exchange(lines, {}));
        static std::regex const constraint("CONSTRAINT (\\S+)");
        for (std::sregex_iterator match(table[1].begin(), table[1].end(), constraint), end; match != end; ++match)
            lines.push_back("  constraint " + (*match)[1].str());
        add_sorted(out, lines);
    }
    sqlite3_close(database);
    return out;
}

std::string frozen_description()
{
    std::ifstream file(JHUB_SOURCE_DIR "/tests/unit/store/schema.txt");
    std::string text;
    for (std::string line; std::getline(file, line);)
        if (!line.starts_with('#'))
            text += line + "\n";
    return text;
}

class Schema : public StoreTest {};

TEST_F(Schema, is_the_one_a_fresh_python_hub_makes)
{
    std::string const expected = frozen_description();
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ(describe(path), expected);
}

TEST_F(Schema, carries_the_revision_of_every_5_x_release)
{
    EXPECT_EQ(look("SELECT group_concat(version_num) FROM alembic_version"), "4621fec11365");
}

TEST_F(Schema, has_no_default_clauses) // a fresh database of the Python hub has none either
{
    EXPECT_EQ(look("SELECT count(*) FROM sqlite_master WHERE sql LIKE '% DEFAULT %'"), "0");
}

TEST_F(Schema, keeps_own_data_in_tables_with_our_prefix)
{
    EXPECT_EQ(look("SELECT group_concat(name) FROM (SELECT name FROM sqlite_master "
                   "WHERE type = 'table' AND name LIKE 'jhub%' ORDER BY name)"),
              "jhub_processes,jhub_settings");
}

TEST_F(Schema, missing_tables_are_made_at_the_next_start)
{
    store.reset();
    look("DROP TABLE share_codes");
    look("DROP TABLE jhub_settings");
    open();
    EXPECT_EQ(describe(path), frozen_description());
    EXPECT_EQ(look("SELECT count(*) FROM jhub_settings"), "0");
}

} // namespace
} // namespace jhub::store
