#include "store/database_url.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "base/guarded_file.hpp"

namespace jhub::store {
namespace {

std::unexpected<Error> cannot(std::string_view what, std::string const& path, int reason)
{
    return fail(Errc::unavailable,
                fmt::format("Cannot {} the database {}: {}", what, path, std::generic_category().message(reason)));
}

template <typename T> Result<T> database_error(Result<T> outcome)
{
    if (!outcome)
        return fail(Errc::unavailable, "The database cannot be used. " + outcome.error().message);
    return outcome;
}

} // namespace

Result<std::string> sqlite_path(std::string_view db_url)
{
    std::size_t const scheme_end = db_url.find("://");
    std::string_view path = db_url;
    if (scheme_end != std::string_view::npos) {
        std::string_view const scheme = db_url.substr(0, scheme_end);
        if (scheme != "sqlite" && scheme != "sqlite+pysqlite")
            return fail(Errc::invalid_argument,
                        fmt::format("JupyterHub.db_url: only sqlite:///PATH is supported, not {}://", scheme));
        path = db_url.substr(scheme_end + 3);
        if (path.empty() || path == "/" || path == "/:memory:")
            return ":memory:";
        if (path.front() != '/')
            return fail(Errc::invalid_argument, "JupyterHub.db_url: an SQLite URL has three slashes before a relative "
                                                "path, four before an absolute one");
        path.remove_prefix(1);
        if (path.find('?') != std::string_view::npos)
            return fail(Errc::invalid_argument, "JupyterHub.db_url: options after ? are not supported");
    }
    if (path.empty())
        return fail(Errc::invalid_argument, "JupyterHub.db_url is empty");
    if (path.find_first_of(std::string_view("\"\\\0", 3)) != std::string_view::npos)
        return fail(Errc::invalid_argument, "JupyterHub.db_url: a quote or a backslash cannot be part of the path");
    return std::string(path);
}

Result<> prepare_file(std::string const& path, bool create)
{
    TRY(std::string const real, database_error(resolve_guarded(path)));
    std::filesystem::path const folder = std::filesystem::path(real).parent_path();
    TRY(bool const exists, database_error(look_at(real)));
    if (!exists) {
        if (!create)
            return fail(Errc::not_found, fmt::format("There is no database {}", path));
        CHECK(database_error(open_guarded(real, {Opening::Access::read_and_write, Opening::Missing::is_made, 0600})));
        return {};
    }
    for (char const* const ending : {"-wal", "-shm", "-journal"})
        CHECK(database_error(look_at(real + ending)));
    if (::access(path.c_str(), R_OK | W_OK) != 0)
        return cannot("open", path, errno);
    // SQLite keeps its write-ahead log beside the file.
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        return fail(Errc::unavailable, fmt::format("Cannot write to the folder of the database, {}: {}",
                                                   folder.string(), std::generic_category().message(errno)));
    return {};
}

} // namespace jhub::store
