#include "hub/startup/unsupported.hpp"

#include <array>

#include <fmt/format.h>

namespace jhub::hub {
namespace {

struct Unsupported {
    std::string_view option;
    bool (*is_used)(config::Settings const&);
    std::string_view advice;
};

using S = config::Settings;

constexpr std::array unsupported{
    Unsupported{"c.JupyterHub.internal_ssl", [](S const& s) { return s.hub.internal_ssl; },
                "Hub, proxy and servers talk over loopback for now; leave it out, or use the Python hub."},
    Unsupported{
        "c.PAMAuthenticator.open_sessions with this spawner",
        [](S const& s) { return s.authenticator.pam_open_sessions && s.spawner.class_name != "LocalProcessSpawner"; },
        "Sessions are opened for servers that LocalProcessSpawner starts under their people's accounts; leave "
        "it out."},
};

} // namespace

Result<> refuse_unsupported(config::Settings const& settings)
{
    for (auto const& entry : unsupported)
        if (entry.is_used(settings))
            return fail(Errc::invalid_argument, fmt::format("{} is not supported yet. {}", entry.option, entry.advice));
    return {};
}

} // namespace jhub::hub
