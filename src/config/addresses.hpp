// The rules that combine bind_url, ip, port, base_url, hub_* and public_url into addresses (reference config.md
// §1.3–1.5). Pure functions over plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace jhub::config {

// What was written; nullopt where the option was not set.
struct AddressOptions {
    std::optional<std::string> bind_url, ip, base_url;
    std::optional<std::int64_t> port;
    bool tls = false;          // ssl_cert is set
    bool internal_ssl = false; // TLS between hub, proxy and servers
    std::string hub_ip = "127.0.0.1", hub_bind_url, hub_connect_ip, hub_connect_url;
    std::int64_t hub_port = 8081, hub_connect_port = 0;
    std::string public_url, subdomain_host, hub_routespec;
    std::string hostname; // of this machine; used when the hub listens on all interfaces
};

// How names become host names under subdomain_host.
enum class SubdomainHook { idna, legacy };

struct Addresses {
    std::string bind_url;        // http://:8000/ or https://…, ends with base_url; the proxy's public address
    std::string ip;              // of bind_url, without brackets; "" is all interfaces
    std::uint16_t port = 0;      // of bind_url
    std::string base_url;        // "/" or "/jh/"
    std::string hub_prefix;      // base_url + "hub/"
    std::string hub_bind_url;    // http://127.0.0.1:8081/jh/hub/ or http+unix://%2Fpath/jh/hub/
    std::string hub_ip;          // listen address; "" is all interfaces
    std::uint16_t hub_port = 0;  // 0 for a unix socket
    std::string hub_socket;      // path of the unix socket, or ""
    std::string hub_connect_url; // what proxy, servers and services use, with path hub_prefix
    std::string hub_api_url;     // hub_connect_url + "api"
    std::string hub_routespec;   // route of the hub in the proxy: base_url, or "/" with subdomains
    std::string public_url;      // "" or https://host/base/
    std::string subdomain_host;  // "" or https://host[:port]
    std::string domain;          // with subdomains: host name of public_url
    SubdomainHook subdomain_hook = SubdomainHook::idna;
};

// Errc::invalid_argument names the option. Warnings are appended.
[[nodiscard]] Result<Addresses> combine_addresses(AddressOptions const& options, std::vector<std::string>& warnings);

// "a/b" → "/a/b/"; "" → "/".
[[nodiscard]] std::string with_slashes(std::string_view path);

} // namespace jhub::config
