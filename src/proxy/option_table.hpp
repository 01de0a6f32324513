// Each option of the command line once: parsing, --help and the checks read these rows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "proxy/options.hpp"

namespace jhub::proxy {

// Where a row's value goes. A flag has a bool.
using OptionField =
    std::variant<std::string Options::*, std::optional<std::string> Options::*, bool Options::*,
                 std::optional<std::uint16_t> Options::*, std::optional<std::uint64_t> Options::*,
                 std::uint16_t Options::*, std::uint64_t Options::*, std::vector<std::string> Options::*>;

struct OptionRow {
    std::string_view name;
    std::string_view value; // how the value is called in --help; empty for flags
    std::string_view help;
    OptionField field;
};

// Rows of TLS files: the same six for the public side, the API and the client side.
struct TlsOptionRow {
    std::string_view name;
    std::string_view value;
    std::string_view help;
    std::variant<std::string TlsFiles::*, std::vector<std::string> TlsFiles::*, bool TlsFiles::*> field;
};

struct TlsOptionSide {
    std::string_view prefix;
    std::string_view what;
    TlsFiles Options::* files;
    char const* passphrase;  // environment variable
    std::string_view behind; // the row that --help shows it after, as the npm program does
};

inline constexpr std::array tls_option_rows{
    TlsOptionRow{"key", "<keyfile>", "key to use; once for each certificate", &TlsFiles::keys},
    TlsOptionRow{"cert", "<certfile>", "certificate to use; repeated: chosen by the name the client asks for",
                 &TlsFiles::certificates},
    TlsOptionRow{"ca", "<ca-file>", "certificate authorities to trust", &TlsFiles::authorities},
    TlsOptionRow{"request-cert", "", "request certificates from the other side", &TlsFiles::request_certificate},
    TlsOptionRow{"reject-unauthorized", "", "reject unauthorized connections", &TlsFiles::reject_unauthorized},
};

inline constexpr std::array tls_option_sides{
    TlsOptionSide{"--ssl-", "public side", &Options::tls, "CONFIGPROXY_SSL_KEY_PASSPHRASE", "--socket"},
    TlsOptionSide{"--api-ssl-", "REST API", &Options::api_tls, "CONFIGPROXY_API_SSL_KEY_PASSPHRASE", "--api-socket"},
    TlsOptionSide{"--client-ssl-", "connections to https targets", &Options::client_tls,
                  "CONFIGPROXY_CLIENT_SSL_KEY_PASSPHRASE", "--api-socket"},
};

inline constexpr std::array option_rows{
    OptionRow{"--ip", "<ip-address>", "Public-facing IP of the proxy (default: all interfaces)", &Options::ip},
    OptionRow{"--port", "<n>", "Public-facing port of the proxy (default: 8000)", &Options::port},
    OptionRow{"--socket", "<path>", "Path to a Unix domain socket for the proxy to listen on, instead of ip and port",
              &Options::socket},
    OptionRow{"--ssl-protocol", "<ssl-protocol>", "Only this version of TLS, such as TLSv1_2", &Options::tls_protocol},
    OptionRow{"--ssl-ciphers", "<ciphers>", "`:`-separated ciphers", &Options::tls_ciphers},
    OptionRow{"--ssl-allow-rc4", "", "Allow RC4 cipher for SSL (no effect: OpenSSL has none any more)",
              &Options::tls_allow_rc4},
    OptionRow{"--ssl-dhparam", "<dhparam-file>", "SSL Diffie-Hellman Parameters pem file", &Options::tls_dhparam},
    OptionRow{"--api-ip", "<ip>", "Inward-facing IP for API requests (default: localhost)", &Options::api_ip},
    OptionRow{"--api-port", "<n>", "Inward-facing port for API requests (default: --port=N, N+1)", &Options::api_port},
    OptionRow{"--api-socket", "<path>", "Path to a Unix domain socket for the API to listen on", &Options::api_socket},
    OptionRow{"--default-target", "<host>", "Default proxy target (proto://host[:port])", &Options::default_target},
    OptionRow{"--error-target", "<host>", "Alternate server for handling proxy errors (proto://host[:port])",
              &Options::error_target},
    OptionRow{"--error-path", "<path>", "Alternate path to serve error pages from", &Options::error_path},
    OptionRow{"--redirect-port", "<redirect-port>", "Redirect HTTP requests on this port to the server on HTTPS",
              &Options::redirect_port},
    OptionRow{"--redirect-to", "<port>", "Port to redirect to from --redirect-port", &Options::redirect_to},
    OptionRow{"--pid-file", "<pid-file>", "Write our PID to a file", &Options::pid_file},
    OptionRow{"--no-x-forward", "", "Don't add 'X-forward-' headers to proxied requests", &Options::no_x_forward},
    OptionRow{"--no-prepend-path", "", "Avoid prepending target paths to proxied requests", &Options::no_prepend_path},
    OptionRow{"--no-include-prefix", "", "Don't include the routing prefix in proxied requests",
              &Options::no_include_prefix},
    OptionRow{"--auto-rewrite", "", "Rewrite the Location header host/port in redirect responses",
              &Options::auto_rewrite},
    OptionRow{"--change-origin", "", "Changes the origin of the host header to the target URL",
              &Options::change_origin},
    OptionRow{"--protocol-rewrite", "<proto>", "Rewrite the Location header protocol in redirect responses",
              &Options::protocol_rewrite},
    OptionRow{"--custom-header", "<header>", "Custom header to add to proxied requests, 'Name: value'; may be repeated",
              &Options::custom_header_texts},
    OptionRow{"--insecure", "", "Disable certificate verification of https targets", &Options::insecure},
    OptionRow{"--host-routing", "", "Use host routing (host as first level of path)", &Options::host_routing},
    OptionRow{"--metrics-ip", "<ip>", "IP for metrics server", &Options::metrics_ip},
    OptionRow{"--metrics-port", "<n>", "Port of metrics server. Defaults to no metrics server", &Options::metrics_port},
    OptionRow{"--metrics-socket", "<path>", "Path to a Unix domain socket for the metrics server",
              &Options::metrics_socket},
    OptionRow{"--metrics-routes", "<n>", "Routes with metrics of their own, the busiest ones (default: 100, 0: none)",
              &Options::metrics_routes},
    OptionRow{"--log-level", "<loglevel>", "Log level (debug, info, warn, error; default: info)", &Options::log_level},
    OptionRow{"--timeout", "<n>", "Timeout (in millis) when proxy drops connection for a request",
              &Options::timeout_ms},
    OptionRow{"--proxy-timeout", "<n>", "Timeout (in millis) when proxy receives no response from target",
              &Options::proxy_timeout_ms},
    OptionRow{"--storage-backend", "<storage-class>", "Where routes are kept; only 'memory' exists, see --routes-file",
              &Options::storage_backend},
    OptionRow{"--keep-alive-timeout", "<timeout>", "Set timeout (in millis) for keep-alive connections (default: 5000)",
              &Options::keep_alive_timeout_ms},
    OptionRow{"--workers", "<n>", "Worker threads (default: one for each core)", &Options::workers},
    OptionRow{
        "--trusted-proxies", "<networks>",
        "Believe X-Forwarded-* only from these (default: loopback and private addresses); 0.0.0.0/0,::/0: everybody",
        &Options::trusted_proxies},
    OptionRow{"--routes-file", "<path>", "Keep the routes in this file and load them before listening",
              &Options::routes_file},
    OptionRow{"--max-connections", "<n>",
              "Clients at once; more get a 503 (default: nine tenths of the file descriptors, two for each)",
              &Options::max_connections},
    OptionRow{
        "--max-connections-per-address", "<n>",
        "Connections of one address that have not sent a request yet; more get a 429 (default: 256, 0: any number)",
        &Options::max_connections_per_address},
    OptionRow{"--exempt-addresses", "<networks>",
              "Not counted by --max-connections-per-address, beside --trusted-proxies (default: loopback)",
              &Options::exempt_addresses},
    OptionRow{"--max-request-line", "<n>", "Bytes of a request's first line (default: 16384)",
              &Options::max_request_line},
    OptionRow{"--max-header-size", "<n>", "Bytes of a request's headers together (default: 32768)",
              &Options::max_header_size},
    OptionRow{"--max-headers", "<n>", "Headers of a request (default: 100)", &Options::max_headers},
    OptionRow{"--head-timeout", "<n>", "Timeout (in millis) for a request's head to arrive whole (default: 10000)",
              &Options::head_timeout_ms},
    OptionRow{
        "--body-timeout", "<n>",
        "Timeout (in millis) for more of a request's body to arrive, if it was not answered yet (default: 60000, 0: "
        "none)",
        &Options::body_timeout_ms},
    OptionRow{"--connect-timeout", "<n>", "Timeout (in millis) for a target to accept a connection (default: 5000)",
              &Options::connect_timeout_ms},
    OptionRow{"--tcp-keepalive", "<n>",
              "Seconds of silence after which the system looks for the peer (default: 60, 0: never)",
              &Options::tcp_keep_alive_seconds},
    OptionRow{
        "--memory-budget", "<n>",
        "MiB: no keep-alive from 85 % of it, no new requests from 92 %, no connections from 97 % (default: the memory "
        "limit "
        "of the container or control group; 0: none)",
        &Options::memory_budget_mib},
    OptionRow{
        "--state-owner", "<uid:gid>",
        "Started as root: pid file, routes file and sockets may lie in directories of this account, and are its own "
        "there",
        &Options::state_owner},
    OptionRow{"--user", "<name>", "Become this user once all ports are bound", &Options::user},
    OptionRow{"--drain-seconds", "<n>",
              "How long connections may go on after SIGUSR2 started a new process that took over (default: 3600)",
              &Options::drain_seconds},
};

// With those that the npm program's logger has in between.
inline constexpr std::array log_levels{
    std::pair{std::string_view("silly"), log::Level::debug},
    std::pair{std::string_view("debug"), log::Level::debug},
    std::pair{std::string_view("verbose"), log::Level::info},
    std::pair{std::string_view("http"), log::Level::info},
    std::pair{std::string_view("info"), log::Level::info},
    std::pair{std::string_view("warn"), log::Level::warning},
    std::pair{std::string_view("warning"), log::Level::warning},
    std::pair{std::string_view("error"), log::Level::error},
};

} // namespace jhub::proxy
