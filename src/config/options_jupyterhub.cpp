// Options of the application itself (reference config.md §1).
#include "config/tables.hpp"

namespace jhub::config {
namespace {

using enum Type;

// Names that stay readable: {new name, since}.
constexpr Option moved(std::string_view name, Type type, std::string_view value, std::string_view target,
                       std::string_view since, std::uint8_t traits = plain)
{
    return {"JupyterHub", name, type, value, "Old name, its value is copied to the new one.", traits, target, since};
}

constexpr std::array options{
    // Log
    Option{"Application", "log_level", log_level, "'INFO'",
           "Least important level that is logged: DEBUG, INFO, WARN, ERROR, CRITICAL, or a number."},
    Option{"Application", "log_datefmt", text, "'%Y-%m-%d %H:%M:%S'",
           "Has no effect: log lines always carry this form of date and time.", no_effect},
    Option{"Application", "log_format", text,
           "'%(color)s[%(levelname)1.1s %(asctime)s.%(msecs).03d %(name)s %(module)s:%(lineno)d]%(end_color)s "
           "%(message)s'",
           "Has no effect: log lines always have this form.", no_effect},
    Option{"Application", "logging_config", dictionary, "{}",
           "Has no effect: settings of the logging module of Python, which the hub does not use.", no_effect},
    Option{"Application", "show_config", boolean, "False", "Print the merged configuration in place of starting."},
    Option{"Application", "show_config_json", boolean, "False",
           "Print the merged configuration as JSON in place of starting."},

    // Files, process, start-up
    Option{"JupyterHub", "config_file", text, "'jupyterhub_config.py'",
           "The configuration file. Both NAME.py and NAME.json are read, the second wins."},
    Option{"JupyterHub", "trust_config_file", boolean, "False",
           "On the command line only: started as root, read the configuration even if somebody else can change it, a "
           "directory that it lies in, or the Python that evaluates it."},
    Option{"JupyterHub", "generate_config", boolean, "False",
           "Write a configuration file of commented defaults, then end."},
    Option{"JupyterHub", "generate_certs", boolean, "False", "Make the certificates of internal TLS, then end."},
    Option{"JupyterHub", "answer_yes", boolean, "False",
           "Answer yes to every question, such as whether to overwrite a file."},
    Option{
        "JupyterHub", "run_as", text, "''",
        "Account the hub serves under after it was started as root. Empty: jupyterhub when there is such an account, "
        "else a number that belongs to nobody. 'root' keeps root in the hub."},
    Option{
        "JupyterHub", "run_python_as", text, "''",
        "Account that functions and classes of the configuration run as when the hub was started as root. Empty: root, "
        "as long as none of them has pages of its own or uses a database session, else the hub's account. 'root' means "
        "root in any case."},
    Option{
        "JupyterHub", "helper_policy", dictionary, "{}",
        "What the privileged helper allows beside its own rules: {'users': [...], 'groups': [...], 'powerful_groups': "
        "[...], 'first_uid': 500, 'shells': [...], 'programs': [...], 'variables': [...]}. Also in "
        "/etc/jupyterhub/helper-policy; jupyterhub-helper(8) explains the names."},
    Option{"JupyterHub", "pid_file", text, "''", "File to keep the hub's process id in while it runs."},
    Option{"JupyterHub", "data_files_path", text, "''",
           "Directory with static/ and templates/ of the site; empty for the built-in ones."},
    Option{"JupyterHub", "template_paths", text_list, "[]",
           "Directories searched for page templates before the built-in ones."},
    Option{"JupyterHub", "template_vars", dictionary, "{}",
           "More variables for the page templates; a function is called with the user.", hookable},
    Option{"JupyterHub", "logo_file", text, "''", "Image shown at the top of the pages; empty for the built-in logo."},
    Option{"JupyterHub", "jinja_environment_options", dictionary, "{}",
           "Settings of the template engine; autoescape stays on."},
    Option{"JupyterHub", "extra_log_file", text, "''", "File that gets a copy of the log.", plain, "", "0.8.2"},
    Option{"JupyterHub", "audit_log_file", text, "''",
           "File that gets a line of JSON for everything that somebody changed, or was not allowed to: who, what, from "
           "where, with which token. The latest thousand are also at /hub/api/audit."},
    Option{"JupyterHub", "extra_log_handlers", list, "[]",
           "Handlers of Python's logging module to attach to the hub's log."},
    Option{"JupyterHub", "extra_handlers", list, "[]", "Request handlers of Python's Tornado to add to the hub.", plain,
           "", "3.1"},
    Option{"JupyterHub", "tornado_settings", dictionary, "{}",
           "Settings of the web server: slow_spawn_timeout, slow_stop_timeout, headers, cookie_options, "
           "xsrf_cookie_kwargs, user_redirect_limit, spawn_throttle_retry_range."},
    Option{"JupyterHub", "init_spawners_timeout", integer, "10",
           "Seconds to wait at start for the check of servers that were running before; -1 waits for all."},
    Option{"JupyterHub", "cleanup_servers", boolean, "True", "Stop the users' servers when the hub ends."},
    Option{"JupyterHub", "cleanup_proxy", boolean, "True",
           "Stop the proxy when the hub ends, if the hub has started it."},

    // Public address
    Option{"JupyterHub", "bind_url", text, "'http://:8000'",
           "Public address of the proxy: scheme, address to listen on, port and base path in one."},
    Option{"JupyterHub", "ip", text, "''", "Address the proxy listens on; empty for all. Part of bind_url."},
    Option{"JupyterHub", "port", integer, "8000", "Port the proxy listens on. Part of bind_url.", plain, "", "", 0,
           65535},
    Option{"JupyterHub", "base_url", url_prefix, "'/'", "Path under which everything is served. Part of bind_url."},
    Option{"JupyterHub", "public_url", text, "''",
           "Address of the hub as browsers see it, when it differs from bind_url."},
    Option{"JupyterHub", "subdomain_host", text, "''",
           "Host under which each user gets a subdomain: https://hub.example.org."},
    Option{"JupyterHub", "subdomain_hook", text, "'idna'", "How names become host names: idna or legacy."},
    Option{"JupyterHub", "ssl_key", text, "''", "Private key of the public TLS certificate."},
    Option{"JupyterHub", "ssl_cert", text, "''", "Public TLS certificate; its presence makes the address https."},
    Option{"JupyterHub", "confirm_no_ssl", boolean, "False", "Has no effect any more."},
    Option{
        "JupyterHub", "trusted_downstream_ips", text_list, "[]",
        "Addresses or networks of proxies that are believed about their clients, and skipped in X-Forwarded-For when "
        "the client's address is looked for: proxies in front of ours, and one that the hub has not started."},
    Option{"JupyterHub", "forwarded_host_header", text, "''",
           "Header to take the public host from in place of Host, in checks of the origin."},
    Option{"JupyterHub", "default_url", text, "''",
           "Page for users who come to the root; empty for their own server or the home page.", hookable},
    Option{"JupyterHub", "redirect_to_server", boolean, "True",
           "Send logged-in users from the root to their server rather than to the home page."},
    Option{"JupyterHub", "user_redirect_hook", hook, "None",
           "Python function that decides where /hub/user-redirect leads."},
    Option{"JupyterHub", "cookie_host_prefix_enabled", boolean, "False",
           "Give cookies the prefix __Host-, which ties them to one host."},

    // The hub's own address
    Option{"JupyterHub", "hub_ip", text, "'127.0.0.1'",
           "Address the hub listens on for proxy, servers and services; empty for all."},
    Option{"JupyterHub", "hub_port", integer, "8081", "Port the hub listens on.", plain, "", "", 0, 65535},
    Option{"JupyterHub", "hub_bind_url", text, "''",
           "Address the hub listens on as a URL, in place of hub_ip and hub_port; unix+http://%2Fpath for a socket."},
    Option{"JupyterHub", "hub_connect_ip", text, "''", "Address or host name at which others reach the hub."},
    Option{"JupyterHub", "hub_connect_url", text, "''",
           "URL at which others reach the hub, in place of hub_connect_ip."},
    Option{"JupyterHub", "hub_connect_port", integer, "0", "Port at which others reach the hub.", plain, "", "0.9", 0,
           65535},
    Option{"JupyterHub", "hub_routespec", text, "''",
           "Route of the hub in the proxy; empty for base_url, or / with subdomains."},

    // Proxy
    Option{"JupyterHub", "proxy_class", entry_point, "'default'", "The proxy: configurable-http-proxy."},
    moved("proxy_cmd", command, "[]", "ConfigurableHTTPProxy.command", "0.8"),
    moved("debug_proxy", boolean, "False", "ConfigurableHTTPProxy.debug", "0.8"),
    moved("proxy_auth_token", text, "''", "ConfigurableHTTPProxy.auth_token", "0.8", secret),
    moved("proxy_check_interval", integer, "5", "ConfigurableHTTPProxy.check_running_interval", "0.8"),
    Option{"JupyterHub", "proxy_api_ip", text, "''", "Old way to give ConfigurableHTTPProxy.api_url.", plain, "",
           "0.8"},
    Option{"JupyterHub", "proxy_api_port", integer, "0", "Old way to give ConfigurableHTTPProxy.api_url.", plain, "",
           "0.8", 0, 65535},

    // Secrets, cookies, tokens
    Option{"JupyterHub", "cookie_secret", bytes, "b''",
           "Key that signs cookies: 32 bytes, or hexadecimal digits. JPY_COOKIE_SECRET and cookie_secret_file come "
           "after it.",
           secret},
    Option{"JupyterHub", "cookie_secret_file", text, "'jupyterhub_cookie_secret'",
           "File with the key that signs cookies; made at the first start."},
    Option{"JupyterHub", "cookie_max_age_days", number, "14", "Days a login lasts."},
    Option{"JupyterHub", "oauth_token_expires_in", integer, "0",
           "Seconds that tokens of servers and services last for a logged-in user; 0 for as long as the login."},
    Option{"JupyterHub", "token_expires_in_max_seconds", integer, "0",
           "Longest life of a token made by a user; 0 for no limit."},
    Option{
        "JupyterHub", "trust_user_provided_tokens", boolean, "False",
        "Store tokens of the configuration with the cheap hash of generated ones; only when they are long and random."},
    Option{"JupyterHub", "api_tokens", dictionary, "{}", "Tokens and the names of their users.", secret, "", "0.8"},
    Option{"JupyterHub", "service_tokens", dictionary, "{}", "Tokens and the names of their services.", secret},
    Option{"JupyterHub", "api_page_default_limit", integer, "50",
           "Entries of a list that the API returns when nothing is asked for.", plain, "", "", 1},
    Option{"JupyterHub", "api_page_max_limit", integer, "200", "Most entries of a list that the API returns at once.",
           plain, "", "", 1},
    Option{"JupyterHub", "authenticate_prometheus", boolean, "True",
           "Ask for a token with read:metrics at /hub/metrics."},

    // Users, groups, roles
    Option{"JupyterHub", "authenticator_class", entry_point, "'default'",
           "Who may log in: pam, dummy, shared-password or null."},
    Option{"JupyterHub", "admin_users", text_set, "set()", "Old name, copied to the new one unless that is set.",
           only_if_empty, "Authenticator.admin_users", "0.7.2"},
    Option{"JupyterHub", "admin_access", boolean, "False",
           "Has no effect on rights any more; only sets JUPYTERHUB_ADMIN_ACCESS in servers."},
    Option{"JupyterHub", "load_groups", dictionary, "{}",
           "Groups to create: {name: {'users': [...], 'properties': {...}}}."},
    Option{"JupyterHub", "load_roles", list, "[]",
           "Roles to create or change: [{'name', 'description', 'scopes', 'users', 'groups', 'services'}]."},
    Option{"JupyterHub", "custom_scopes", dictionary, "{}",
           "Scopes of the site: {'custom:name': {'description', 'subscopes'}}."},
    Option{"JupyterHub", "allow_named_servers", boolean, "False", "Let users run several servers with names."},
    Option{"JupyterHub", "named_server_limit_per_user", integer, "0",
           "Most named servers a user may have; 0 for no limit.", hookable},
    Option{"JupyterHub", "default_server_name", text, "''",
           "Name of the server that the start button starts, with named servers."},
    Option{"JupyterHub", "shutdown_on_logout", boolean, "False", "Stop the user's servers at log-out."},

    // Spawning and activity
    Option{"JupyterHub", "spawner_class", entry_point, "'default'", "How servers are started: localprocess or simple."},
    Option{"JupyterHub", "concurrent_spawn_limit", integer, "100",
           "Most servers that start at the same time; 0 for no limit."},
    Option{"JupyterHub", "active_server_limit", integer, "0",
           "Most servers that run at the same time; 0 for no limit."},
    Option{"JupyterHub", "implicit_spawn_seconds", number, "0",
           "Seconds after which the page of a stopped server starts it; 0 for never."},
    Option{"JupyterHub", "activity_resolution", integer, "30",
           "Activity newer by less than so many seconds is not stored."},
    Option{"JupyterHub", "last_activity_interval", integer, "300",
           "Seconds between looks at the proxy's routes and their activity; 0 for never."},
    Option{"JupyterHub", "active_user_window", integer, "1800",
           "Seconds after which a user no longer counts as active."},
    Option{"JupyterHub", "service_check_interval", integer, "60",
           "Seconds between checks that services answer; 0 for never."},
    Option{"JupyterHub", "use_legacy_stopped_server_status_code", boolean, "False",
           "Answer 503 rather than 424 for a stopped server."},

    Option{
        "JupyterHub", "idle_culler", dictionary, "{}",
        "Stop servers that nobody uses: {'timeout': 3600, 'cull_every', 'max_age', 'cull_users', 'cull_admin_users', "
        "'cull_default_servers', 'cull_named_servers', 'remove_named_servers', 'concurrency'}, with the meaning of "
        "jupyterhub-idle-culler's options. Empty for never."},

    // Database
    Option{"JupyterHub", "db_url", text, "'sqlite:///jupyterhub.sqlite'", "The database, as an SQLAlchemy URL."},
    Option{"JupyterHub", "db_kwargs", dictionary, "{}", "More settings of the database connection."},
    Option{"JupyterHub", "upgrade_db", boolean, "False",
           "Bring the database up to date at start; an SQLite file is copied first."},
    Option{"JupyterHub", "reset_db", boolean, "False", "Empty the database at start."},
    Option{"JupyterHub", "debug_db", boolean, "False", "Log every statement."},

    // Services, internal TLS, statistics
    Option{"JupyterHub", "services", list, "[]", "Services: dictionaries with name, url, command, api_token and more."},
    Option{"JupyterHub", "internal_ssl", boolean, "False",
           "TLS with certificates on both sides between hub, proxy, servers and services."},
    Option{"JupyterHub", "internal_certs_location", text, "'internal-ssl'",
           "Directory of the certificates of internal TLS."},
    Option{"JupyterHub", "recreate_internal_certs", boolean, "False", "Make the certificates of internal TLS anew."},
    Option{"JupyterHub", "external_ssl_authorities", dictionary, "{}",
           "Authorities for internal TLS that exist already: {name: {'key', 'cert', 'ca'}}."},
    Option{"JupyterHub", "trusted_alt_names", text_list, "[]",
           "More names for the certificates of internal TLS: DNS:name, IP:address."},
    Option{"JupyterHub", "statsd_host", text, "''", "Has no effect: statistics are at /hub/metrics.", no_effect},
    Option{"JupyterHub", "statsd_port", integer, "8125", "Has no effect: statistics are at /hub/metrics.", no_effect,
           "", "", 0, 65535},
    Option{"JupyterHub", "statsd_prefix", text, "'jupyterhub'", "Has no effect: statistics are at /hub/metrics.",
           no_effect},
};

} // namespace

std::span<Option const> jupyterhub_options() { return options; }

} // namespace jhub::config
