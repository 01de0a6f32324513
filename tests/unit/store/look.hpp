#pragma once

#include <string>

#include <sqlite3.h>

namespace jhub::store {

// What another program sees (or does) in the file: the first column of the first row, or "NULL" or "nothing".
inline std::string look(std::string const& file, std::string const& sql)
{
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    std::string answer = "error";
    if (sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK &&
        sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK) {
        int const step = sqlite3_step(statement);
        char const* const text =
            step == SQLITE_ROW ? reinterpret_cast<char const*>(sqlite3_column_text(statement, 0)) : nullptr;
        answer = text != nullptr ? text : step == SQLITE_ROW ? "NULL" : "nothing";
    } else {
        answer = sqlite3_errmsg(database);
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return answer;
}

} // namespace jhub::store
