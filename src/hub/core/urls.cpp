#include "hub/core/urls.hpp"

#include <fmt/format.h>

#include "base/strings.hpp"
#include "base/url.hpp"

namespace jhub::hub {

namespace {

std::string origin_of(std::string const& url)
{
    auto const parsed = parse_url(url);
    return parsed ? parsed->origin() : url;
}

} // namespace

Urls::Urls(config::Addresses const& addresses)
    : Urls(addresses.base_url, origin_of(addresses.hub_connect_url), addresses.public_url)
{
    domain_ = addresses.domain;
    subdomain_hook_ = addresses.subdomain_hook;
    if (auto const url = parse_url(addresses.subdomain_host))
        subdomain_netloc_ = url->authority();
}

Urls::Urls(std::string base_url, std::string hub_connect_url, std::string public_url)
    : base_url_(std::move(base_url)), hub_prefix_(base_url_ + "hub/"), hub_connect_url_(std::move(hub_connect_url)),
      public_url_(std::move(public_url))
{
    while (hub_connect_url_.ends_with('/'))
        hub_connect_url_.pop_back();
    if (auto const url = parse_url(public_url_))
        public_origin_ = url->origin();
}

std::string Urls::api(std::string_view path) const { return join_path(hub_prefix_ + "api", path); }

std::string Urls::user(std::string_view name) const { return base_url_ + "user/" + escape_name(name) + "/"; }

std::string Urls::server(std::string_view user_name, std::string_view server_name) const
{
    return server_name.empty() ? user(user_name) : user(user_name) + escape_name(server_name) + "/";
}

std::string Urls::service(std::string_view name) const { return base_url_ + "services/" + escape_name(name) + "/"; }

std::string Urls::host_of(std::string_view name, SubdomainOf kind) const
{
    return domain_.empty() ? "" : subdomain(subdomain_hook_, name, domain_, kind);
}

// Scheme and port are those of the public URL.
std::string Urls::at_host(std::string_view name, SubdomainOf kind, std::string path) const
{
    auto url = parse_url(public_url_);
    if (domain_.empty() || !url)
        return path;
    url->host = host_of(name, kind);
    return url->origin() + path;
}

std::string Urls::user_url(std::string_view name) const { return at_host(name, SubdomainOf::user, user(name)); }

std::string Urls::server_url(std::string_view user_name, std::string_view server_name) const
{
    return at_host(user_name, SubdomainOf::user, server(user_name, server_name));
}

std::string Urls::service_url(std::string_view name) const
{
    return at_host(name, SubdomainOf::service, service(name));
}

std::string Urls::server_route(std::string_view user_name, std::string_view server_name) const
{
    return host_of(user_name, SubdomainOf::user) + server(user_name, server_name);
}

std::string Urls::service_route(std::string_view name) const
{
    return host_of(name, SubdomainOf::service) + service(name);
}

std::string Urls::service_link(std::string_view name) const
{
    std::string const url = service_url(name);
    auto const scheme_end = url.find("//");
    return scheme_end == std::string::npos ? url : url.substr(scheme_end);
}

std::string Urls::full(std::string const& url) const
{
    if (!url.starts_with('/'))
        return url;
    return public_origin_.empty() ? "" : public_origin_ + url;
}

std::string Urls::spawn(std::string_view user_name, std::string_view server_name) const
{
    std::string const path = hub("spawn/") + escape_name(user_name);
    return server_name.empty() ? path : path + "/" + escape_name(server_name);
}

std::string Urls::spawn_pending(std::string_view user_name, std::string_view server_name) const
{
    std::string const path = hub("spawn-pending/") + escape_name(user_name);
    return server_name.empty() ? path : path + "/" + escape_name(server_name);
}

std::string Urls::server_api(std::string_view user_name, std::string_view server_name) const
{
    std::string const path = api("users/") + escape_name(user_name);
    return server_name.empty() ? path + "/server" : path + "/servers/" + escape_name(server_name);
}

std::string Urls::progress(std::string_view user_name, std::string_view server_name) const
{
    return server_api(user_name, server_name) + "/progress";
}

std::string origin_of(std::string_view scheme, std::string_view ip, int port)
{
    std::string_view const host = ip.empty() ? "127.0.0.1" : ip;
    bool const v6 = host.find(':') != std::string_view::npos;
    return fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
}

std::string server_client_id(std::string_view user, std::string_view server)
{
    // A blank "-" only before the server's name: else server b of user a would be the same client as user a-b.
    std::string id = "jupyterhub-user-" + replace_all(percent_encode(user, "/"), "-", "%2D");
    if (!server.empty())
        id += "-" + percent_encode(server, "/");
    return id;
}

} // namespace jhub::hub
