// Brings a database of an older JupyterHub to the revision of ours: `jupyterhub upgrade-db` (reference database.md §7,
// §8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace jhub::store {

struct Upgrade {
    std::string from;   // the revision that it had
    std::string backup; // the copy of the file as it was

    bool operator==(Upgrade const&) const = default;
};

// Nothing when there is nothing to do: no database yet, or one of our revision. The file is copied first; then all of
// it changes in one transaction, or none. Errors are sentences for the operator; a revision that is not one of ours to
// upgrade (Errc::invalid_state) leaves the file as it was, beside its copy. Blocks; only while no hub runs on the file.
[[nodiscard]] Result<std::optional<Upgrade>> upgrade_database(std::string_view db_url, Timestamp now);

} // namespace jhub::store
