// The command line of configurable-http-proxy (reference cli.md §3.1). Each option stands once, in
// option_table.hpp; parsing, --help and the checks read that table.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/account.hpp"
#include "base/log.hpp"

namespace jhub::proxy {

struct TlsFiles {
    std::vector<std::string> keys; // of the certificates, in the same order; either may be in the other's file
    std::vector<std::string> certificates;
    std::string authorities; // trusted certificate authorities, several in one file are fine
    std::string passphrase;  // of the key, from the environment
    bool request_certificate = false;
    bool reject_unauthorized = false;

    [[nodiscard]] bool wanted() const { return !keys.empty() || !certificates.empty(); }
    // Certificate and key of each.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> pairs() const;
};

struct Options {
    std::optional<std::string> ip; // empty or "*": all interfaces
    std::optional<std::uint16_t> port;
    std::string socket;
    TlsFiles tls;
    std::string tls_protocol; // "TLSv1_2": that version only
    std::string tls_ciphers;
    bool tls_allow_rc4 = false;
    std::string tls_dhparam;

    std::string api_ip = "localhost";
    std::optional<std::uint16_t> api_port;
    std::string api_socket;
    TlsFiles api_tls;
    TlsFiles client_tls; // towards https targets

    std::string default_target;
    std::string error_target;
    std::string error_path;
    std::optional<std::uint16_t> redirect_port;
    std::optional<std::uint16_t> redirect_to;
    std::string pid_file;
    bool no_x_forward = false;
    bool no_prepend_path = false;
    bool no_include_prefix = false;
    bool auto_rewrite = false;
    bool change_origin = false;
    std::string protocol_rewrite;
    std::vector<std::string> custom_header_texts;
    bool insecure = false;
    bool host_routing = false;
    std::optional<std::string> metrics_ip;
    std::optional<std::uint16_t> metrics_port;
    std::string metrics_socket;
    std::uint64_t metrics_routes = 100;
    std::string log_level = "info";
    std::uint64_t timeout_ms = 0;       // 0: none
    std::uint64_t proxy_timeout_ms = 0; // 0: none
    std::uint64_t keep_alive_timeout_ms = 5000;
    std::string storage_backend;

    // Additions of this program.
    std::uint16_t workers = 0; // 0: one for each core
    // Comma-separated networks whose X-Forwarded-* are believed.
    std::string trusted_proxies =
        "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10";
    std::string routes_file; // the table is kept here and loaded before listening
    // Limits.
    std::uint64_t max_connections = 0; // 0: what the limit on descriptors allows
    std::uint64_t max_connections_per_address = 256;
    std::string exempt_addresses = "127.0.0.0/8,::1";
    std::uint64_t max_request_line = 16 * 1024;
    std::uint64_t max_header_size = 32 * 1024;
    std::uint64_t max_headers = 100;
    std::uint64_t head_timeout_ms = 10'000;
    std::uint64_t body_timeout_ms = 60'000; // 0: none
    std::uint64_t connect_timeout_ms = 5'000;
    std::uint64_t tcp_keep_alive_seconds = 60;      // 0: none
    std::optional<std::uint64_t> memory_budget_mib; // 0: none; not given: the limit of the control group

    std::string state_owner; // "uid:gid", whose directories pid and routes file may lie in; empty: root's only
    std::string user;        // to become once everything is bound
    std::uint64_t drain_seconds = 3600; // for connections that go on after another process took over

    // Worked out from the above.
    std::vector<std::string> remarks; // for the log, once it is there
    std::vector<std::pair<std::string, std::string>> custom_headers;
    std::string auth_token; // CONFIGPROXY_AUTH_TOKEN
    Account owner;          // of pid and routes file and of sockets: state_owner, or who this is

    [[nodiscard]] std::uint16_t public_port() const { return port.value_or(8000); }
    // Port + 1 unless given; 8001 when the public side is a Unix socket.
    [[nodiscard]] std::uint16_t control_port() const
    {
        return api_port.value_or(static_cast<std::uint16_t>(public_port() + 1));
    }
    [[nodiscard]] bool wants_metrics() const
    {
        return metrics_port.has_value() || metrics_ip.has_value() || !metrics_socket.empty();
    }
    [[nodiscard]] log::Level level() const;
    // Everything that --ssl-*, --api-ssl-* and --client-ssl-* name.
    [[nodiscard]] std::vector<std::string> certificate_files() const;
};

// What to print before exiting.
struct Exit {
    int code = 0;
    std::string out;
    std::string err;
};

// arguments without the program's name. The environment is read for CONFIGPROXY_AUTH_TOKEN and the passphrases.
using Environment = std::optional<std::string> (*)(char const* name);
[[nodiscard]] std::variant<Options, Exit> parse_command_line(std::vector<std::string> arguments,
                                                             Environment environment);

[[nodiscard]] std::string help_text();

// In any case: "info", "INFO".
[[nodiscard]] std::optional<log::Level> find_log_level(std::string_view name);

} // namespace jhub::proxy
