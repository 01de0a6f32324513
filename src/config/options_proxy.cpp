// Options of the proxy and of the smaller parts (reference config.md §5, §7).
#include "config/tables.hpp"

namespace jhub::config {
namespace {

using enum Type;

constexpr std::array options{
    Option{"Proxy", "should_start", boolean, "True",
           "The hub starts and stops the proxy. False when somebody else does."},
    Option{"Proxy", "extra_routes", dictionary, "{}", "More routes: {'/path/': 'http://host:port'}."},

    Option{"ConfigurableHTTPProxy", "command", command, "'configurable-http-proxy'",
           "Program of the proxy, and first arguments."},
    Option{"ConfigurableHTTPProxy", "api_url", text, "'http://127.0.0.1:8001'", "Address of the proxy's API."},
    Option{"ConfigurableHTTPProxy", "auth_token", text, "''",
           "Token of the proxy's API; CONFIGPROXY_AUTH_TOKEN when empty; else made once and kept beside pid_file.",
           secret},
    Option{"ConfigurableHTTPProxy", "log_level", text, "'info'", "Log level of the proxy: debug, info, warn or error.",
           plain, "", "", std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max(),
           "debug|info|warn|error"},
    Option{"ConfigurableHTTPProxy", "debug", boolean, "False", "The proxy logs more: log_level debug."},
    Option{"ConfigurableHTTPProxy", "check_running_interval", integer, "5",
           "Seconds between checks that the proxy runs."},
    Option{"ConfigurableHTTPProxy", "concurrency", integer, "10", "Most requests to the proxy's API at the same time.",
           plain, "", "", 1},
    Option{"ConfigurableHTTPProxy", "pid_file", text, "'jupyterhub-proxy.pid'",
           "File with the process id of the proxy."},

    Option{"CryptKeeper", "keys", list, "[]",
           "Keys that encrypt the state of logins: 32 bytes, as base64 or hexadecimal digits; the first encrypts. "
           "JUPYTERHUB_CRYPT_KEY when empty.",
           secret},
    Option{"CryptKeeper", "n_threads", integer, "0", "Has no effect: encryption needs no threads of its own.",
           no_effect, "", "", 0},

    Option{"EventLogger", "handlers", list, "None",
           "Where a line of JSON goes for every start and stop of a server: logging.FileHandler, "
           "logging.handlers.WatchedFileHandler, or logging.StreamHandler of a standard stream.",
           nullable},

    Option{"PeriodicMetricsCollector", "active_users_enabled", boolean, "True", "Count active users for the metrics."},
    Option{"PeriodicMetricsCollector", "active_users_update_interval", integer, "3600", "Seconds between those counts.",
           plain, "", "", 1},
    Option{"PeriodicMetricsCollector", "event_loop_interval_enabled", boolean, "True",
           "Has no effect: there is no Python event loop to measure.", no_effect},
    Option{"PeriodicMetricsCollector", "event_loop_interval_resolution", number, "0.05",
           "Has no effect: there is no Python event loop to measure.", no_effect, "", "", 0},
    Option{"PeriodicMetricsCollector", "event_loop_interval_log_threshold", number, "1",
           "Has no effect: there is no Python event loop to measure.", no_effect, "", "", 0},
};

} // namespace

std::span<Option const> proxy_options() { return options; }

} // namespace jhub::config
