// The secret that signs cookies: from the configuration, the environment, a file, or made anew
// (reference auth-flow.md §3). Blocking file access: only at start-up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace jhub::auth {

struct CookieSecretSources {
    std::optional<std::string> configured_hex;   // c.JupyterHub.cookie_secret as text
    std::optional<std::string> configured_bytes; // the same as bytes; used as it is
    std::optional<std::string> environment;      // JPY_COOKIE_SECRET
    std::string file = "jupyterhub_cookie_secret";
    std::string home; // for a leading "~"
};

struct CookieSecret {
    std::string bytes;
    bool generated = false;            // made now and written to the file
    std::vector<std::string> warnings; // for the log
};

// Errc::failed with what to do, when the file is somebody else's, can be read by others, is no plain file or holds no
// secret of 32 bytes; the hub then does not start.
[[nodiscard]] Result<CookieSecret> load_or_create_cookie_secret(CookieSecretSources const& sources);

} // namespace jhub::auth
