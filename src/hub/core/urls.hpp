// Where things are: every path and URL of the hub derives from the base URL, here and nowhere else.
// Facts: reference rest-api.md §1.6, http-pages.md §5, auth-flow.md §6.1.
#pragma once

#include <string>
#include <string_view>

#include "config/addresses.hpp"
#include "hub/core/subdomains.hpp"

namespace jhub::hub {

class Urls {
  public:
    // base_url begins and ends with "/"; hub_connect_url is the origin by which servers and the proxy reach the hub.
    Urls(std::string base_url, std::string hub_connect_url, std::string public_url);
    explicit Urls(config::Addresses const& addresses);

    [[nodiscard]] std::string const& base() const { return base_url_; }         // "/"
    [[nodiscard]] std::string const& hub_prefix() const { return hub_prefix_; } // "/hub/"
    [[nodiscard]] std::string hub(std::string_view page) const { return hub_prefix_ + std::string(page); }
    [[nodiscard]] std::string api(std::string_view path) const; // "/hub/api/…"
    [[nodiscard]] std::string internal_hub() const
    {
        return hub_connect_url_ + hub_prefix_;
    } // http://127.0.0.1:8081/hub/
    [[nodiscard]] std::string internal_api() const { return internal_hub() + "api"; }
    [[nodiscard]] std::string const& hub_origin() const { return hub_connect_url_; }

    // "/user/ada/" and "/user/ada/lab/"; the empty server name is the default server.
    [[nodiscard]] std::string user(std::string_view name) const;
    [[nodiscard]] std::string server(std::string_view user, std::string_view server) const;
    // "/services/grader/"
    [[nodiscard]] std::string service(std::string_view name) const;

    // What browsers open: those paths, with subdomains at their own host: "https://ada.hub.example.org/user/ada/".
    [[nodiscard]] std::string user_url(std::string_view name) const;
    [[nodiscard]] std::string server_url(std::string_view user, std::string_view server) const;
    [[nodiscard]] std::string service_url(std::string_view name) const;
    // What the proxy calls them: with subdomains "ada.hub.example.org/user/ada/", without a port.
    [[nodiscard]] std::string server_route(std::string_view user, std::string_view server) const;
    [[nodiscard]] std::string service_route(std::string_view name) const;
    // "//grader--service.hub.example.org/services/grader/" or the path: how pages link to a service.
    [[nodiscard]] std::string service_link(std::string_view name) const;
    [[nodiscard]] std::string spawn(std::string_view user, std::string_view server) const;
    [[nodiscard]] std::string spawn_pending(std::string_view user, std::string_view server) const;
    [[nodiscard]] std::string server_api(std::string_view user, std::string_view server) const;
    [[nodiscard]] std::string progress(std::string_view user, std::string_view server) const;

    // scheme://host of the public URL, or empty when it is not configured.
    [[nodiscard]] std::string const& public_origin() const { return public_origin_; }
    [[nodiscard]] std::string const& public_url() const { return public_url_; }
    // A path or URL of ours with scheme and host; empty when the hub does not know under which it is seen.
    [[nodiscard]] std::string full(std::string const& url) const;

    // With subdomains: the domain of all of them, "hub.example.org", and with a port where subdomain_host has one.
    [[nodiscard]] bool has_subdomains() const { return !domain_.empty(); }
    [[nodiscard]] std::string const& domain() const { return domain_; }
    [[nodiscard]] std::string const& subdomain_netloc() const { return subdomain_netloc_; }

  private:
    [[nodiscard]] std::string host_of(std::string_view name, SubdomainOf kind) const;
    [[nodiscard]] std::string at_host(std::string_view name, SubdomainOf kind, std::string path) const;

    std::string base_url_, hub_prefix_, hub_connect_url_, public_url_, public_origin_;
    std::string domain_, subdomain_netloc_;
    config::SubdomainHook subdomain_hook_ = config::SubdomainHook::idna;
};

// "http://127.0.0.1:8000", with brackets around an IPv6 address. An empty ip means this machine.
[[nodiscard]] std::string origin_of(std::string_view scheme, std::string_view ip, int port);

// Identifier of the OAuth client of a server (reference auth-flow.md §6.1).
[[nodiscard]] std::string server_client_id(std::string_view user, std::string_view server);

} // namespace jhub::hub
