// One connection to the database, with its prepared statements. The only file that touches the database library is
// session.cpp; the queries see this class. Not for use by two threads at once.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "store/values.hpp"

namespace jhub::store {

// A statement that the database refused. what() is for the log.
class DatabaseError : public std::runtime_error {
  public:
    DatabaseError(Error error, int code) : std::runtime_error(error.detail), error_(std::move(error)), code_(code) {}
    [[nodiscard]] Error const& error() const { return error_; }
    [[nodiscard]] int code() const { return code_; } // SQLite's

  private:
    Error error_;
    int code_;
};

// The values of a statement, in order; refers to a list that lives until the statement has run.
struct Parameters {
    Parameters() = default;
    Parameters(std::initializer_list<Parameter> list) : values(list.begin(), list.size()) {} // NOLINT
    Parameters(std::vector<Parameter> const& list) : values(list) {}                         // NOLINT
    std::span<Parameter const> values;
};
using Columns = std::vector<std::pair<std::string_view, Parameter>>;

class Session {
  public:
    // An SQLite file, made when missing, or ":memory:". Waits up to 5 s for another program's lock. Throws
    // DatabaseError, as everything here.
    explicit Session(std::string const& path);
    ~Session();
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    // Placeholders are written :name and bound in the order in which names first appear. A statement is prepared once
    // and kept by its text, so the text must not contain values.

    // How many rows were inserted, changed or deleted.
    std::int64_t execute(std::string_view sql, Parameters parameters = Parameters());
    // INSERT INTO table with these columns; the new row's id.
    std::int64_t insert(std::string_view table, Columns const& columns);
    // The row whose first column has that value becomes this one, or it is inserted; its id.
    std::int64_t upsert(std::string_view table, Columns const& columns);
    // UPDATE table SET columns WHERE id = :id; false when there is no such row.
    bool update(std::string_view table, std::int64_t id, Columns const& columns);

    // All rows, each made into a value by read(Row&).
    template <typename Read> auto all(std::string_view sql, Parameters parameters, Read read)
    {
        std::vector<decltype(read(std::declval<Row&>()))> values;
        for_each_row(sql, parameters, [&](Row& row) { values.push_back(read(row)); });
        return values;
    }
    // The first row or nothing.
    template <typename Read> auto first(std::string_view sql, Parameters parameters, Read read)
    {
        std::optional<decltype(read(std::declval<Row&>()))> value;
        for_each_row(sql, parameters, [&](Row& row) {
            if (!value)
                value = read(row);
        });
        return value;
    }
    // A single number, such as a count.
    std::int64_t number(std::string_view sql, Parameters parameters = Parameters());

    // Statements that run once: definitions, pragmas without a result. Not kept.
    void run_once(std::string const& sql);
    // Rows that were inserted, changed or deleted through this connection so far.
    [[nodiscard]] std::int64_t changed_rows() const;
    // The head of the write-ahead log's index, 12 numbers in memory shared with all connections of all programs (null:
    // no such log). It stays for as long as this session; read it atomically, never write.
    [[nodiscard]] std::uint32_t* log_index() const;
    // False also after the database has undone the transaction by itself (disk full, for example).
    [[nodiscard]] bool in_transaction() const;

  private:
    struct Statement;
    struct Impl;

    Statement& prepared(std::string_view sql, std::size_t parameter_count);
    void run(std::string_view sql, Parameters parameters, std::function<void(Statement&)> const& use);
    void forget(std::string_view sql);
    void for_each_row(std::string_view sql, Parameters parameters, std::function<void(Row&)> const& visit);

    std::unique_ptr<Impl> impl_;
};

} // namespace jhub::store
