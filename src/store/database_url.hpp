// JupyterHub.db_url: which database, and whether its file can be used (reference database.md §1).
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace jhub::store {

// The path of the SQLite file, or ":memory:". Accepts "sqlite:///relative", "sqlite:////absolute", "sqlite://" and a
// plain path. Errc::invalid_argument for other databases; the message does not repeat the URL, which may hold a
// password.
[[nodiscard]] Result<std::string> sqlite_path(std::string_view db_url);

// Makes the file with mode 0600 when it is missing (an existing one keeps its mode), and checks that it and its folder
// can be written. Errors are one sentence for the operator.
[[nodiscard]] Result<> prepare_file(std::string const& path, bool create);

} // namespace jhub::store
