#include "store/session.hpp"

#include <array>
#include <unordered_map>

#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace jhub::store {
namespace {

constexpr int busy_timeout_seconds = 5;
constexpr std::size_t kept_statements = 256; // the queries are far fewer; a bug must not eat the memory

struct Explanation {
    int code;
    char const* sentence;
};
// Codes that mean the database as a whole does not work, in words for the operator.
constexpr std::array<Explanation, 9> broken_database{{
    {SQLITE_BUSY, "The database is locked by another program"},
    {SQLITE_LOCKED, "The database is locked by another program"},
    {SQLITE_NOMEM, "There is not enough memory for the database"},
    {SQLITE_READONLY, "The database file is not writable"},
    {SQLITE_IOERR, "The disk with the database does not work"},
    {SQLITE_CORRUPT, "The database file is damaged"},
    {SQLITE_FULL, "The disk with the database is full"},
    {SQLITE_CANTOPEN, "The database file cannot be opened"},
    {SQLITE_NOTADB, "The database file is not an SQLite database"},
}};

Error explain(soci::soci_error const& failure, std::string_view sql)
{
    // Without the library's context: that would carry the bound values, secrets among them, into the log.
    std::string const message = failure.get_error_message();
    std::string detail = fmt::format("{} in: {}", message, sql);
    auto const* const sqlite = dynamic_cast<soci::sqlite3_soci_error const*>(&failure);
    int const code = sqlite != nullptr ? sqlite->result() & 0xff : SQLITE_ERROR;
    if (code == SQLITE_CONSTRAINT && message.find("UNIQUE constraint failed") != std::string::npos)
        return Error{Errc::conflict, "It exists already", std::move(detail)};
    for (Explanation const& known : broken_database)
        if (known.code == code)
            return Error{Errc::unavailable, known.sentence, std::move(detail)};
    return Error{Errc::failed, "The database refused a query", std::move(detail)};
}

[[noreturn]] void rethrow(soci::soci_error const& failure, std::string_view sql)
{
    auto const* const sqlite = dynamic_cast<soci::sqlite3_soci_error const*>(&failure);
    throw DatabaseError(explain(failure, sql), sqlite != nullptr ? sqlite->result() & 0xff : SQLITE_ERROR);
}

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

} // namespace

// A prepared statement with the places its values are bound to, once and for all: running it again only fills them.
struct Session::Statement {
    Statement(soci::session& session, std::string_view sql, std::size_t parameter_count)
        : statement(session), parameters(parameter_count), parameter_states(parameter_count, soci::i_ok)
    {
        statement.alloc();
        statement.prepare(std::string(sql));
        for (std::size_t i = 0; i < parameter_count; ++i)
            statement.exchange(soci::use(parameters[i], parameter_states[i]));
        auto const columns = static_cast<std::size_t>(statement.get_backend()->prepare_for_describe());
        cells.resize(columns);
        cell_states.resize(columns, soci::i_ok);
        nulls.resize(columns);
        for (std::size_t i = 0; i < columns; ++i)
            statement.exchange(soci::into(cells[i], cell_states[i]));
        statement.define_and_bind();
    }

    void start(std::span<Parameter const> values)
    {
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            std::optional<std::string> const& text = values[i].text();
            parameter_states[i] = text ? soci::i_ok : soci::i_null;
            parameters[i] = text.value_or(std::string{});
        }
        // A statement without columns is carried out here, one with columns row by row in fetch().
        statement.execute(cells.empty());
    }

    bool fetch()
    {
        if (!statement.fetch())
            return false;
        for (std::size_t i = 0; i < cells.size(); ++i)
            nulls[i] = cell_states[i] == soci::i_null;
        return true;
    }

    soci::statement statement;
    std::vector<std::string> parameters;
    std::vector<soci::indicator> parameter_states;
    std::vector<std::string> cells;
    std::vector<soci::indicator> cell_states;
    std::vector<bool> nulls;
};

struct Session::Impl {
    soci::session session;
    std::unordered_map<std::string, std::unique_ptr<Statement>, TextHash, std::equal_to<>> statements;

    // The library does not export the type information that the sanitizer's check of this cast would need.
    [[clang::no_sanitize("vptr")]] sqlite_api::sqlite3* connection()
    {
        return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
    }
};

Session::Session(std::string const& path) : impl_(std::make_unique<Impl>())
{
    try {
        impl_->session.open(soci::sqlite3, fmt::format("dbname=\"{}\" timeout={}", path, busy_timeout_seconds));
    } catch (soci::soci_error const& failure) {
        rethrow(failure, "open");
    }
    run_once("PRAGMA foreign_keys = ON");
    run_once("PRAGMA synchronous = FULL");
}

Session::~Session() = default;

Session::Statement& Session::prepared(std::string_view sql, std::size_t parameter_count)
{
    if (auto const found = impl_->statements.find(sql); found != impl_->statements.end())
        return *found->second;
    if (impl_->statements.size() >= kept_statements)
        impl_->statements.clear();
    auto statement = std::make_unique<Statement>(impl_->session, sql, parameter_count);
    return *impl_->statements.emplace(std::string(sql), std::move(statement)).first->second;
}

// A statement that failed is of no use: the library gives its resources back.
void Session::forget(std::string_view sql)
{
    if (auto const found = impl_->statements.find(sql); found != impl_->statements.end())
        impl_->statements.erase(found);
}

void Session::run(std::string_view sql, Parameters parameters, std::function<void(Statement&)> const& use)
{
    try {
        Statement& statement = prepared(sql, parameters.values.size());
        statement.start(parameters.values);
        use(statement);
    } catch (soci::soci_error const& failure) {
        forget(sql);
        rethrow(failure, sql);
    } catch (...) {
        forget(sql); // rows were left unread: the statement would keep its snapshot
        throw;
    }
}

std::int64_t Session::execute(std::string_view sql, Parameters parameters)
{
    std::int64_t changed = 0;
    run(sql, parameters, [&](Statement& statement) {
        while (statement.fetch()) {
        }
        changed = statement.statement.get_affected_rows();
    });
    return changed;
}

std::int64_t Session::insert(std::string_view table, Columns const& columns)
{
    std::string names;
    std::string places;
    std::vector<Parameter> values;
    values.reserve(columns.size());
    for (auto const& [name, value] : columns) {
        fmt::format_to(std::back_inserter(names), "{}{}", names.empty() ? "" : ", ", name);
        fmt::format_to(std::back_inserter(places), "{}{}", places.empty() ? ":" : ", :", name);
        values.push_back(value);
    }
    execute(fmt::format("INSERT INTO {} ({}) VALUES ({})", table, names, places), values);
    long long id = 0;
    impl_->session.get_last_insert_id(std::string(table), id);
    return id;
}

std::int64_t Session::upsert(std::string_view table, Columns const& columns)
{
    auto const& [key, value] = *columns.begin();
    auto const id = first(fmt::format("SELECT id FROM {} WHERE {} = :key", table, key), {value},
                          [](Row& row) { return row.integer(); });
    if (!id)
        return insert(table, columns);
    update(table, *id, columns);
    return *id;
}

bool Session::update(std::string_view table, std::int64_t id, Columns const& columns)
{
    std::string settings;
    std::vector<Parameter> values;
    values.reserve(columns.size() + 1);
    for (auto const& [name, value] : columns) {
        fmt::format_to(std::back_inserter(settings), "{}{} = :{}", settings.empty() ? "" : ", ", name, name);
        values.push_back(value);
    }
    values.emplace_back(id);
    return execute(fmt::format("UPDATE {} SET {} WHERE id = :id", table, settings), values) > 0;
}

void Session::for_each_row(std::string_view sql, Parameters parameters, std::function<void(Row&)> const& visit)
{
    run(sql, parameters, [&](Statement& statement) {
        while (statement.fetch()) {
            Row row(statement.cells, statement.nulls);
            visit(row);
        }
    });
}

std::int64_t Session::number(std::string_view sql, Parameters parameters)
{
    return first(sql, parameters, [](Row& row) { return row.integer(); }).value_or(0);
}

void Session::run_once(std::string const& sql)
{
    try {
        impl_->session << sql;
    } catch (soci::soci_error const& failure) {
        rethrow(failure, sql);
    }
}

std::int64_t Session::changed_rows() const { return sqlite_api::sqlite3_total_changes64(impl_->connection()); }

std::uint32_t* Session::log_index() const
{
    constexpr int region_size = 32 * 1024; // all of the log's index has regions of this size
    constexpr std::uint32_t known_format = 3'007'000;
    sqlite_api::sqlite3_file* file = nullptr;
    if (sqlite_api::sqlite3_file_control(impl_->connection(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file == nullptr || file->pMethods == nullptr || file->pMethods->iVersion < 2 ||
        file->pMethods->xShmMap == nullptr)
        return nullptr;
    void volatile* region = nullptr;
    if (file->pMethods->xShmMap(file, 0, region_size, 0, &region) != SQLITE_OK || region == nullptr)
        return nullptr;
    auto* const head = const_cast<std::uint32_t*>(static_cast<std::uint32_t volatile*>(region));
    return *head == known_format ? head : nullptr;
}

bool Session::in_transaction() const { return sqlite_api::sqlite3_get_autocommit(impl_->connection()) == 0; }

} // namespace jhub::store
