#include "config/without_effect.hpp"

#include <array>

#include <fmt/format.h>

namespace jhub::config {
namespace {

struct WithoutEffect {
    std::string_view class_name, name, reason;
};

constexpr std::array without_effect{
    WithoutEffect{"ConfigurableHTTPProxy", "check_running_interval", "the hub learns at once when its proxy ends"},
    WithoutEffect{"ConfigurableHTTPProxy", "concurrency", "the proxy takes routes as fast as the hub has them"},
    WithoutEffect{"JupyterHub", "forwarded_host_header", "as in the Python hub 5: no origin is checked against it"},
    WithoutEffect{"JupyterHub", "active_user_window", "it was for statsd, which this hub does not know"},
    WithoutEffect{"JupyterHub", "db_kwargs", "they are SQLAlchemy's, which this hub does not use"},
    WithoutEffect{"JupyterHub", "debug_db", "statements are not logged"},
    WithoutEffect{"PeriodicMetricsCollector", "active_users_update_interval",
                  "active users are counted whenever the metrics are fetched"},
    WithoutEffect{"PAMAuthenticator", "encoding", "names and passwords go to PAM as the browser sent them, in UTF-8"},
};

} // namespace

void warn_of_options_without_effect(Config const& config, std::vector<std::string>& warnings)
{
    for (auto const& [class_name, name, reason] : without_effect)
        if (config.is_set(class_name, name))
            warnings.push_back(fmt::format("c.{}.{} ({}) has no effect: {}.", class_name, name,
                                           config.origin(class_name, name)->text(), reason));
}

} // namespace jhub::config
