// Everything that the hub's parts share: settings, where things are, the store, what runs. Made once in the program's
// main(), handed to the handlers by reference. Belongs to the logic thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "auth/anonymous_id.hpp"
#include "auth/authenticator.hpp"
#include "auth/crypt_keeper.hpp"
#include "auth/login_limiter.hpp"
#include "auth/login_times.hpp"
#include "auth/verified_tokens.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"
#include "http/client.hpp"
#include "hub/core/activity.hpp"
#include "hub/core/audit_log.hpp"
#include "hub/core/event_log.hpp"
#include "hub/core/forwarded_trust.hpp"
#include "hub/core/known_principals.hpp"
#include "hub/core/launcher.hpp"
#include "hub/core/metrics.hpp"
#include "hub/core/proxy_client.hpp"
#include "hub/core/python_side.hpp"
#include "hub/core/registry.hpp"
#include "hub/core/urls.hpp"
#include "rbac/scope_registry.hpp"
#include "spawn/spawner.hpp"
#include "store/store.hpp"

namespace jhub::hub {

// The version that this hub is compatible with, as X-JupyterHub-Version says.
inline constexpr std::string_view jupyterhub_version = "5.5.1";

// What the hub cannot make itself: main() brings the real ones, tests bring scripted ones.
struct HubParts {
    config::Settings settings;
    std::string cookie_secret;
    auth::AnonymousId anonymous_id;
    auth::LoginRules login_rules;
    rbac::ScopeRegistry scopes;
    std::unique_ptr<auth::Authenticator> authenticator;
    store::Store* store = nullptr;
    SpawnerFactory make_spawner;
    Clock const* clock = &system_clock();
    std::string proxy_api_url, proxy_auth_token;
    python::LiveHost* python = nullptr; // when something of the configuration stays in Python
    Json python_abilities;
};

class Hub {
  public:
    Hub(asio::any_io_executor executor, HubParts parts);

    asio::any_io_executor const executor;
    config::Settings const settings;
    Clock const& clock;
    Urls const urls;
    std::string const cookie_secret;
    auth::AnonymousId const anonymous_id;
    rbac::ScopeRegistry const scopes;
    auth::LoginRules login_rules;
    std::unique_ptr<auth::Authenticator> const authenticator;
    ForwardedTrust forwarded;
    auth::LoginLimiter login_limiter;
    auth::LoginLimiter client_limiter; // the same for OAuth clients with a wrong secret
    auth::LoginTimes login_times;
    // When each user's login was last found good, by id; see dispatch/refresh_login.hpp. Empty for authenticators that
    // have nothing to refresh.
    std::unordered_map<std::int64_t, Timestamp> refreshed_logins;
    auth::VerifiedTokens verified_tokens;
    KnownPrincipals known_principals;
    store::Store& store;
    // Shared with the store, which may outlive the hub.
    std::shared_ptr<Metrics> const metrics;
    auth::CryptKeeper const crypt_keeper; // without keys auth_state is neither written nor read
    http::Client http;
    ProxyClient proxy;
    Activity activity;
    AuditLog audit;
    EventLog events;
    PythonSide const python;
    Registry servers;
    Launcher launcher;

    // Process ids of the services that the hub runs, by name; those that are not running are missing.
    std::map<std::string, int, std::less<>> service_processes;

    // Set when the hub was asked to leave; main() waits for it. The flags may be overridden by POST /shutdown.
    Event shutdown_requested;
    // Set when the shutdown begins: everything that runs in the background ends.
    Event stopping;
    bool cleanup_servers, cleanup_proxy;
    // Why the hub ends by itself; its program then exits with 1.
    std::optional<Error> fatal;

    [[nodiscard]] Timestamp now() const { return clock.now(); }
};

} // namespace jhub::hub
