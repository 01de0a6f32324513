#include "hub/core/hub.hpp"

namespace jhub::hub {

Hub::Hub(asio::any_io_executor hub_executor, HubParts parts)
    : executor(std::move(hub_executor)), settings(std::move(parts.settings)), clock(*parts.clock),
      urls(settings.hub.addresses), cookie_secret(std::move(parts.cookie_secret)),
      anonymous_id(std::move(parts.anonymous_id)), scopes(std::move(parts.scopes)),
      login_rules(std::move(parts.login_rules)), authenticator(std::move(parts.authenticator)),
      forwarded(clock, parts.proxy_auth_token, settings.hub.trusted_downstream_ips), login_limiter(auth::LoginLimits{}),
      client_limiter({.new_addresses = auth::NewAddresses::apart}), store(*parts.store),
      metrics(std::make_shared<Metrics>(settings.hub.metrics_prefix)),
      crypt_keeper(auth::CryptKeeper::from_keys(settings.hub.crypt_keys).value()), // checked with the settings
      http(executor), proxy(http, *metrics, std::move(parts.proxy_api_url), std::move(parts.proxy_auth_token),
                            urls.has_subdomains() ? Routing::by_host : Routing::by_path),
      activity(executor, store, clock, settings.hub.activity_resolution), audit(clock, settings.hub.audit_log_file),
      events(clock, settings.hub.event_targets),
      python(settings.python, parts.python, std::move(parts.python_abilities)),
      launcher(*this, std::move(parts.make_spawner)), cleanup_servers(settings.hub.cleanup_servers),
      cleanup_proxy(settings.hub.cleanup_proxy)
{
    store.on_finished([metrics = metrics](store::Store::Kind kind, std::chrono::steady_clock::duration took) {
        metrics->observe(Measure::database, took, kind == store::Store::Kind::read ? status::read : status::write);
    });
}

} // namespace jhub::hub
