// The configuration as plain structs, so that upper layers use fields and not option names. Filled from a checked
// Config in one place per struct. Names and meaning of each field: docs/reference/options.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "config/addresses.hpp"
#include "config/config.hpp"
#include "config/load.hpp"
#include "config/spawner_settings.hpp"

namespace jhub::config {

// One entry of JupyterHub.load_roles. nullopt where the key was absent: overriding a default role keeps that part.
struct RoleSpec {
    std::string name;
    std::optional<std::string> description;
    std::optional<std::vector<std::string>> scopes;
    std::optional<std::vector<std::string>> users, groups, services;
};

// One entry of JupyterHub.load_groups.
struct GroupSpec {
    std::string name;
    std::vector<std::string> users;
    std::optional<Json> properties;
};

// One entry of JupyterHub.services (reference config.md §6); unknown keys were refused.
struct ServiceSpec {
    std::string name;
    bool admin = false;
    std::string url;
    std::vector<std::string> command; // not empty: managed
    std::vector<std::pair<std::string, std::string>> environment;
    std::string cwd, user, api_token;
    Json info = Json::object();
    bool display = true;
    std::string oauth_client_id;    // as given; "" means service-NAME
    std::string oauth_redirect_uri; // as given
    bool oauth_no_confirm = false;
    std::vector<std::string> oauth_client_allowed_scopes, oauth_roles;
};

// JupyterHub.idle_culler: which servers, and people, are stopped and removed when nobody uses them.
struct IdleCullerSettings {
    bool enabled = false;                 // the option is not empty
    std::chrono::seconds timeout{600};    // without activity for so long
    std::chrono::seconds cull_every{300}; // between two looks
    std::chrono::seconds max_age{0};      // of a server; 0: no limit
    std::int64_t concurrency = 10;        // most stops at the same time
    bool cull_users = false;              // delete people without a server, too
    bool cull_admin_users = true;         // administrators among them
    bool cull_default_servers = true, cull_named_servers = true;
    bool remove_named_servers = false; // their names as well
};

// One of EventLogger.handlers: a file, or "stderr" or "stdout".
struct EventTarget {
    std::string file, stream;
};

// Own scopes of JupyterHub.custom_scopes.
struct CustomScope {
    std::string name; // custom:…
    std::string description;
    std::vector<std::string> subscopes;
};

// Well-known keys of JupyterHub.tornado_settings.
struct TornadoSettings {
    std::chrono::milliseconds slow_spawn_timeout{}, slow_stop_timeout{};
    std::vector<std::pair<std::string, std::string>>
        headers; // sent with every page; replaces the defaults of that name
    Json cookie_options = Json::object();
    Json xsrf_cookie_kwargs = Json::object();
    std::int64_t user_redirect_limit = 0;
    std::pair<double, double> spawn_throttle_retry_range;
};

struct HubSettings {
    // Log and files
    int log_level = 20; // Python's numbers: 10 debug, 20 info, 30 warning, 40 error, 50 critical
    std::string run_as; // the account to serve under when started as root; empty: chosen at start
    std::string audit_log_file;
    std::vector<EventTarget> event_targets;
    std::string extra_log_file, pid_file, data_files_path, logo_file;
    std::vector<std::string> template_paths; // sites' own, first wins; the built-in templates come after them
    Json template_vars = Json::object();
    Json jinja_environment_options = Json::object();
    TornadoSettings tornado_settings;
    std::chrono::seconds init_spawners_timeout{};
    bool cleanup_servers = true, cleanup_proxy = true;

    // Public address and the hub's own
    Addresses addresses;
    std::string ssl_key, ssl_cert;
    std::vector<std::string> trusted_downstream_ips;
    std::string forwarded_host_header, default_url;
    bool redirect_to_server = true, cookie_host_prefix_enabled = false;

    // Secrets, cookies, tokens
    std::string cookie_secret; // raw bytes from the config or JPY_COOKIE_SECRET; "" = use the file
    std::string cookie_secret_file;
    std::chrono::seconds cookie_max_age{}, oauth_token_expires_in{}, token_expires_in_max{}; // max 0: unlimited
    bool trust_user_provided_tokens = false;
    std::map<std::string, std::string> api_tokens, service_tokens; // token → user or service name
    std::int64_t api_page_default_limit = 0, api_page_max_limit = 0;
    bool authenticate_prometheus = true;
    std::vector<std::string> crypt_keys; // 32 raw bytes each; the first encrypts, all decrypt

    // Users, roles, groups, services
    bool admin_access = false, allow_named_servers = false, shutdown_on_logout = false;
    std::vector<GroupSpec> load_groups;
    std::vector<RoleSpec> load_roles;
    std::vector<CustomScope> custom_scopes;
    std::vector<ServiceSpec> services;
    IdleCullerSettings idle_culler;
    std::int64_t named_server_limit_per_user = 0; // 0: no limit
    std::string default_server_name;

    // Spawning and activity
    std::int64_t concurrent_spawn_limit = 0, active_server_limit = 0; // 0: no limit
    double implicit_spawn_seconds = 0;
    std::chrono::seconds activity_resolution{}, last_activity_interval{}, active_user_window{},
        service_check_interval{};
    bool use_legacy_stopped_server_status_code = false;

    // Database
    std::string db_url;
    Json db_kwargs = Json::object();
    bool upgrade_db = false, reset_db = false, debug_db = false;

    // Internal TLS
    bool internal_ssl = false, recreate_internal_certs = false;
    std::string internal_certs_location;
    Json external_ssl_authorities = Json::object();
    std::vector<std::string> trusted_alt_names;

    // Metrics
    std::string metrics_prefix; // JUPYTERHUB_METRICS_PREFIX or "jupyterhub"
    bool active_users_metric = true;
    std::chrono::seconds active_users_interval{};

    std::string spawner_class, authenticator_class, proxy_class; // our class names: "SimpleLocalProcessSpawner" …
};

struct AuthenticatorSettings {
    std::string class_name;
    bool allow_all = false;
    bool allow_existing_users = false;
    bool any_allow_config = false; // some allow option is set; if not, and allow_all is off, nobody can log in
    std::vector<std::string> allowed_users, blocked_users, admin_users;
    std::string username_pattern;
    std::map<std::string, std::string> username_map;
    bool delete_invalid_users = false, enable_auth_state = false;
    std::chrono::seconds auth_refresh_age{}; // 0: never
    bool refresh_pre_spawn = false, refresh_pre_stop = false;
    bool auto_login = false, auto_login_oauth2_authorize = false;
    bool manage_groups = false, manage_roles = false, reset_managed_roles_on_startup = false;
    bool request_otp = false;
    std::string otp_prompt;
    std::vector<RoleSpec> managed_roles; // as a Python class gave them at the start
    std::string login_service;           // what a Python class calls itself on the login page

    // LocalAuthenticator
    bool create_system_users = false;
    std::vector<std::string> add_user_cmd; // empty: adduser, as reference config.md §4 gives it
    std::map<std::string, std::int64_t> uids;
    std::vector<std::string> allowed_groups;
    // PAMAuthenticator
    std::string pam_service, pam_encoding;
    bool pam_check_account = true, pam_open_sessions = false, pam_normalize_username = false;
    std::vector<std::string> pam_admin_groups;
    // DummyAuthenticator
    std::string dummy_password;
    // SharedPasswordAuthenticator
    std::string user_password, admin_password; // "" = not set
    std::map<std::string, std::vector<std::string>> password_groups;
};

struct ProxySettings {
    std::string class_name;
    bool should_start = true;
    std::map<std::string, std::string> extra_routes; // routespec → URL
    std::vector<std::string> command;
    std::string api_url;
    std::string auth_token; // "" = generate one (only when should_start)
    std::string log_level;
    std::chrono::seconds check_running_interval{};
    std::int64_t concurrency = 0;
    std::string pid_file;
};

// What stays in Python: options and classes that the hub asks the Python process about while it runs.
struct PythonParts {
    std::set<std::string, std::less<>> options; // "Spawner.pre_spawn_hook", "JupyterHub.default_url"
    std::optional<PythonClass> authenticator, spawner;
    [[nodiscard]] bool has(std::string_view option) const { return options.contains(option); }
    [[nodiscard]] bool empty() const { return options.empty() && !authenticator && !spawner; }
};

struct Settings {
    HubSettings hub;
    AuthenticatorSettings authenticator;
    SpawnerSettings spawner;
    ProxySettings proxy;
    PythonParts python;
    std::shared_ptr<Config const> source; // what all this was read from; never null
};

// Errors are wrong combinations and wrong content (a role without a name, a cookie secret that is not hexadecimal);
// the message is one line and names the option. Warnings are appended.
[[nodiscard]] Result<Settings> make_settings(Config const& config, Environment const& environment,
                                             std::vector<std::string>& warnings);

// The settings of a hub without any configuration; for tests.
[[nodiscard]] Settings default_settings();

} // namespace jhub::config
