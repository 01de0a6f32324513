#include "proxy/options.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

constexpr std::string_view version = "5.3.0";

// Where a row's value goes. A flag has a bool.
using Field = std::variant<std::string Options::*, std::optional<std::string> Options::*, bool Options::*,
                           std::optional<std::uint16_t> Options::*, std::optional<std::uint64_t> Options::*,
                           std::uint16_t Options::*, std::uint64_t Options::*, std::vector<std::string> Options::*>;

struct Row {
    std::string_view name;
    std::string_view value; // how the value is called in --help; empty for flags
    std::string_view help;
    Field field;
};

// Rows of TLS files: the same six for the public side, the API and the client side.
struct TlsRow {
    std::string_view name;
    std::string_view value;
    std::string_view help;
    std::variant<std::string TlsFiles::*, std::vector<std::string> TlsFiles::*, bool TlsFiles::*> field;
};

struct TlsSide {
    std::string_view prefix;
    std::string_view what;
    TlsFiles Options::* files;
    char const* passphrase;  // environment variable
    std::string_view behind; // the row that --help shows it after, as the npm program does
};

constexpr std::array tls_rows{
    TlsRow{"key", "<keyfile>", "key to use; once for each certificate", &TlsFiles::keys},
    TlsRow{"cert", "<certfile>", "certificate to use; repeated: chosen by the name the client asks for",
           &TlsFiles::certificates},
    TlsRow{"ca", "<ca-file>", "certificate authorities to trust", &TlsFiles::authorities},
    TlsRow{"request-cert", "", "request certificates from the other side", &TlsFiles::request_certificate},
    TlsRow{"reject-unauthorized", "", "reject unauthorized connections", &TlsFiles::reject_unauthorized},
};

constexpr std::array tls_sides{
    TlsSide{"--ssl-", "public side", &Options::tls, "CONFIGPROXY_SSL_KEY_PASSPHRASE", "--socket"},
    TlsSide{"--api-ssl-", "REST API", &Options::api_tls, "CONFIGPROXY_API_SSL_KEY_PASSPHRASE", "--api-socket"},
    TlsSide{"--client-ssl-", "connections to https targets", &Options::client_tls,
            "CONFIGPROXY_CLIENT_SSL_KEY_PASSPHRASE", "--api-socket"},
};

constexpr std::array rows{
    Row{"--ip", "<ip-address>", "Public-facing IP of the proxy (default: all interfaces)", &Options::ip},
    Row{"--port", "<n>", "Public-facing port of the proxy (default: 8000)", &Options::port},
    Row{"--socket", "<path>", "Path to a Unix domain socket for the proxy to listen on, instead of ip and port",
        &Options::socket},
    Row{"--ssl-protocol", "<ssl-protocol>", "Only this version of TLS, such as TLSv1_2", &Options::tls_protocol},
    Row{"--ssl-ciphers", "<ciphers>", "`:`-separated ciphers", &Options::tls_ciphers},
    Row{"--ssl-allow-rc4", "", "Allow RC4 cipher for SSL (no effect: OpenSSL has none any more)",
        &Options::tls_allow_rc4},
    Row{"--ssl-dhparam", "<dhparam-file>", "SSL Diffie-Hellman Parameters pem file", &Options::tls_dhparam},
    Row{"--api-ip", "<ip>", "Inward-facing IP for API requests (default: localhost)", &Options::api_ip},
    Row{"--api-port", "<n>", "Inward-facing port for API requests (default: --port=N, N+1)", &Options::api_port},
    Row{"--api-socket", "<path>", "Path to a Unix domain socket for the API to listen on", &Options::api_socket},
    Row{"--default-target", "<host>", "Default proxy target (proto://host[:port])", &Options::default_target},
    Row{"--error-target", "<host>", "Alternate server for handling proxy errors (proto://host[:port])",
        &Options::error_target},
    Row{"--error-path", "<path>", "Alternate path to serve error pages from", &Options::error_path},
    Row{"--redirect-port", "<redirect-port>", "Redirect HTTP requests on this port to the server on HTTPS",
        &Options::redirect_port},
    Row{"--redirect-to", "<port>", "Port to redirect to from --redirect-port", &Options::redirect_to},
    Row{"--pid-file", "<pid-file>", "Write our PID to a file", &Options::pid_file},
    Row{"--no-x-forward", "", "Don't add 'X-forward-' headers to proxied requests", &Options::no_x_forward},
    Row{"--no-prepend-path", "", "Avoid prepending target paths to proxied requests", &Options::no_prepend_path},
    Row{"--no-include-prefix", "", "Don't include the routing prefix in proxied requests", &Options::no_include_prefix},
    Row{"--auto-rewrite", "", "Rewrite the Location header host/port in redirect responses", &Options::auto_rewrite},
    Row{"--change-origin", "", "Changes the origin of the host header to the target URL", &Options::change_origin},
    Row{"--protocol-rewrite", "<proto>", "Rewrite the Location header protocol in redirect responses",
        &Options::protocol_rewrite},
    Row{"--custom-header", "<header>", "Custom header to add to proxied requests, 'Name: value'; may be repeated",
        &Options::custom_header_texts},
    Row{"--insecure", "", "Disable certificate verification of https targets", &Options::insecure},
    Row{"--host-routing", "", "Use host routing (host as first level of path)", &Options::host_routing},
    Row{"--metrics-ip", "<ip>", "IP for metrics server", &Options::metrics_ip},
    Row{"--metrics-port", "<n>", "Port of metrics server. Defaults to no metrics server", &Options::metrics_port},
    Row{"--metrics-socket", "<path>", "Path to a Unix domain socket for the metrics server", &Options::metrics_socket},
    Row{"--metrics-routes", "<n>", "Routes with metrics of their own, the busiest ones (default: 100, 0: none)",
        &Options::metrics_routes},
    Row{"--log-level", "<loglevel>", "Log level (debug, info, warn, error; default: info)", &Options::log_level},
    Row{"--timeout", "<n>", "Timeout (in millis) when proxy drops connection for a request", &Options::timeout_ms},
    Row{"--proxy-timeout", "<n>", "Timeout (in millis) when proxy receives no response from target",
        &Options::proxy_timeout_ms},
    Row{"--storage-backend", "<storage-class>", "Where routes are kept; only 'memory' exists, see --routes-file",
        &Options::storage_backend},
    Row{"--keep-alive-timeout", "<timeout>", "Set timeout (in millis) for keep-alive connections (default: 5000)",
        &Options::keep_alive_timeout_ms},
    Row{"--workers", "<n>", "Worker threads (default: one for each core)", &Options::workers},
    Row{"--trusted-proxies", "<networks>",
        "Believe X-Forwarded-* only from these (default: loopback and private addresses); 0.0.0.0/0,::/0: everybody",
        &Options::trusted_proxies},
    Row{"--routes-file", "<path>", "Keep the routes in this file and load them before listening",
        &Options::routes_file},
    Row{"--max-connections", "<n>",
        "Clients at once; more get a 503 (default: nine tenths of the file descriptors, two for each)",
        &Options::max_connections},
    Row{"--max-connections-per-address", "<n>",
        "Connections of one address that have not sent a request yet; more get a 429 (default: 256, 0: any number)",
        &Options::max_connections_per_address},
    Row{"--exempt-addresses", "<networks>",
        "Not counted by --max-connections-per-address, beside --trusted-proxies (default: loopback)",
        &Options::exempt_addresses},
    Row{"--max-request-line", "<n>", "Bytes of a request's first line (default: 8192)", &Options::max_request_line},
    Row{"--max-header-size", "<n>", "Bytes of a request's headers together (default: 32768)",
        &Options::max_header_size},
    Row{"--max-headers", "<n>", "Headers of a request (default: 100)", &Options::max_headers},
    Row{"--head-timeout", "<n>", "Timeout (in millis) for a request's head to arrive whole (default: 10000)",
        &Options::head_timeout_ms},
    Row{"--body-timeout", "<n>",
        "Timeout (in millis) for more of a request's body to arrive, if it was not answered yet (default: 60000, 0: "
        "none)",
        &Options::body_timeout_ms},
    Row{"--connect-timeout", "<n>", "Timeout (in millis) for a target to accept a connection (default: 5000)",
        &Options::connect_timeout_ms},
    Row{"--tcp-keepalive", "<n>",
        "Seconds of silence after which the system looks for the peer (default: 60, 0: never)",
        &Options::tcp_keep_alive_seconds},
    Row{"--memory-budget", "<n>",
        "MiB: no keep-alive from 85 % of it, no new requests from 92 %, no connections from 97 % (default: the memory "
        "limit "
        "of the container or control group; 0: none)",
        &Options::memory_budget_mib},
    Row{"--user", "<name>", "Become this user once all ports are bound", &Options::user},
    Row{"--drain-seconds", "<n>",
        "How long connections may go on after SIGUSR2 started a new process that took over (default: 3600)",
        &Options::drain_seconds},
};

constexpr std::array log_levels{
    std::pair{std::string_view("debug"), log::Level::debug},
    std::pair{std::string_view("info"), log::Level::info},
    std::pair{std::string_view("warn"), log::Level::warning},
    std::pair{std::string_view("error"), log::Level::error},
};

Exit refuse(std::string_view message) { return {1, "", fmt::format("error: {}\n", message)}; }

// CLI11's own words for it are not for people.
template <typename Number> CLI::Validator whole_number()
{
    static constexpr std::uint64_t most = std::numeric_limits<Number>::max();
    return {[](std::string const& text) -> std::string {
                auto const number = parse_number<std::uint64_t>(text);
                if (text.empty() || (number && *number <= most)) // empty: the default
                    return "";
                auto const range = sizeof(Number) < sizeof most ? fmt::format(" up to {}", most) : "";
                return fmt::format("takes a whole number{}, not '{}'", range, printable(text));
            },
            ""};
}

template <typename T> void add_one(CLI::App& app, std::string const& name, T& place)
{
    if constexpr (std::is_same_v<T, bool>)
        app.add_flag(name, place);
    else if constexpr (std::is_same_v<T, std::vector<std::string>>)
        app.add_option(name, place)->expected(1)->take_all();
    else if constexpr (std::is_same_v<T, std::optional<std::uint16_t>> || std::is_same_v<T, std::uint16_t>)
        app.add_option(name, place)->expected(1)->take_last()->check(whole_number<std::uint16_t>());
    else if constexpr (std::is_same_v<T, std::optional<std::uint64_t>> || std::is_same_v<T, std::uint64_t>)
        app.add_option(name, place)->expected(1)->take_last()->check(whole_number<std::uint64_t>());
    else
        app.add_option(name, place)->expected(1)->take_last();
}

void declare(CLI::App& app, Options& options)
{
    for (Row const& row : rows)
        std::visit([&](auto member) { add_one(app, std::string(row.name), options.*member); }, row.field);
    for (TlsSide const& side : tls_sides)
        for (TlsRow const& row : tls_rows)
            std::visit(
                [&](auto member) {
                    add_one(app, fmt::format("{}{}", side.prefix, row.name), options.*side.files.*member);
                },
                row.field);
}

bool takes_value(CLI::App const& app, std::string const& name)
{
    auto const* const option = app.get_option_no_throw(name);
    return option != nullptr && option->get_items_expected_max() > 0;
}

// "--ip=" is an empty value, which CLI11 takes for none; as two arguments it understands it.
std::vector<std::string> with_values_apart(CLI::App const& app, std::vector<std::string> const& arguments)
{
    std::vector<std::string> result;
    bool is_value = false;
    for (auto const& argument : arguments) {
        auto const equals = argument.find('=');
        auto const name = argument.substr(0, equals);
        bool const joined = !is_value && equals != std::string::npos && takes_value(app, name);
        if (joined)
            result.insert(result.end(), {name, argument.substr(equals + 1)});
        else
            result.push_back(argument);
        is_value = !is_value && equals == std::string::npos && takes_value(app, name);
    }
    return result;
}

std::vector<std::string> option_names(CLI::App const& app)
{
    std::vector<std::string> names;
    for (CLI::Option const* option : app.get_options())
        for (auto const& name : option->get_lnames())
            names.push_back("--" + name);
    return names;
}

// In the npm program's words, as far as it has any.
Exit refuse(CLI::App const& app, std::vector<std::string> const& arguments, CLI::ParseError const& problem)
{
    std::string_view const what = problem.what();
    std::string const option(what.substr(0, what.find(':')));
    if (dynamic_cast<CLI::ValidationError const*>(&problem) != nullptr && option.size() + 2 <= what.size())
        return refuse(fmt::format("option '{}' {}", option, what.substr(option.size() + 2)));
    if (dynamic_cast<CLI::ArgumentMismatch const*>(&problem) != nullptr)
        return refuse(fmt::format("option '{}' argument missing", option));
    if (dynamic_cast<CLI::ExtrasError const*>(&problem) != nullptr)
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            auto const name = arguments[i].substr(0, arguments[i].find('='));
            bool const is_value = i > 0 && takes_value(app, arguments[i - 1]);
            if (!is_value && name.starts_with("-") && app.get_option_no_throw(name) == nullptr)
                return refuse(fmt::format("unknown option '{}'{}", printable(name),
                                          did_you_mean(name, option_names(app), "\n(Did you mean ", "?)")));
        }
    return refuse(printable(what));
}

std::optional<Exit> check_certificates(Options const& options)
{
    for (TlsSide const& side : tls_sides) {
        TlsFiles const& files = options.*side.files;
        bool const paired =
            files.keys.empty() || files.certificates.empty() || files.keys.size() == files.certificates.size();
        if (!paired)
            return refuse(
                fmt::format("{0}cert was given {1} times and {0}key {2} times: each certificate needs its key",
                            side.prefix, files.certificates.size(), files.keys.size()));
    }
    if (options.client_tls.pairs().size() > 1)
        return refuse("--client-ssl-cert and --client-ssl-key can be given only once");
    return std::nullopt;
}

// What is accepted for the npm program's sake.
void remark_and_settle(Options& options)
{
    auto const settle = [&](std::string_view name, auto& ip) {
        if (ip != "*")
            return;
        options.remarks.push_back(
            fmt::format("Interpreting {}='*' as all interfaces. Preferred usage is an empty value.", name));
        ip = "";
    };
    settle("--ip", options.ip);
    settle("--api-ip", options.api_ip);
    settle("--metrics-ip", options.metrics_ip);
    if (options.tls_allow_rc4)
        options.remarks.emplace_back("--ssl-allow-rc4 has no effect: OpenSSL has no RC4 for TLS any more");
}

std::optional<Exit> check(Options& options)
{
    if (auto exit = check_certificates(options))
        return exit;
    if (!options.error_target.empty() && !options.error_path.empty())
        return refuse("Cannot specify both error-target and error-path. Pick one.");
    for (auto const& [given, name] :
         {std::pair{options.port.has_value(), "--port"}, std::pair{options.ip.has_value(), "--ip"}})
        if (given && !options.socket.empty())
            return refuse(fmt::format("option '--socket' cannot be used with option '{}'", name));
    if (options.redirect_port && !options.tls.wanted())
        return refuse("HTTPS redirection (--redirect-port) needs --ssl-key and --ssl-cert");
    if (!options.storage_backend.empty() && options.storage_backend != "memory")
        return refuse(
            fmt::format("unknown storage backend '{}': this program keeps routes in memory, and in a file with "
                        "--routes-file",
                        printable(options.storage_backend)));
    if (std::ranges::find(log_levels, std::string_view(options.log_level),
                          &std::pair<std::string_view, log::Level>::first) == log_levels.end())
        return refuse(fmt::format("option '--log-level' takes debug, info, warn or error, not '{}'",
                                  printable(options.log_level)));
    for (auto const& text : options.custom_header_texts) {
        auto const colon = text.find(':');
        if (colon == std::string::npos || trim(std::string_view(text).substr(0, colon)).empty())
            return refuse(fmt::format("A colon was expected in custom header: {}", printable(text)));
        std::erase_if(options.custom_headers, [&](auto const& earlier) {
            return equals_ignoring_case(earlier.first, trim(std::string_view(text).substr(0, colon)));
        });
        options.custom_headers.emplace_back(trim(std::string_view(text).substr(0, colon)),
                                            trim(std::string_view(text).substr(colon + 1)));
    }
    remark_and_settle(options);
    bool const default_api_port = !options.api_port && options.api_socket.empty() && options.socket.empty();
    if (default_api_port && options.public_port() == std::numeric_limits<std::uint16_t>::max())
        return refuse("there is no port behind --port 65535 for the API: say --api-port");
    return std::nullopt;
}

} // namespace

std::vector<std::pair<std::string, std::string>> TlsFiles::pairs() const
{
    std::vector<std::pair<std::string, std::string>> result;
    auto const& one = certificates.empty() ? keys : certificates;
    auto const& other = keys.empty() ? certificates : keys;
    for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i)
        result.emplace_back(one[i], other[i]);
    return result;
}

std::vector<std::string> Options::certificate_files() const
{
    std::vector<std::string> result;
    for (TlsSide const& side : tls_sides) {
        TlsFiles const& files = this->*side.files;
        for (auto const& [certificate, key] : files.pairs())
            result.insert(result.end(), {certificate, key});
        result.push_back(files.authorities);
    }
    result.push_back(tls_dhparam);
    std::erase(result, "");
    return result;
}

log::Level Options::level() const
{
    auto const* const found =
        std::ranges::find(log_levels, std::string_view(log_level), &std::pair<std::string_view, log::Level>::first);
    return found == log_levels.end() ? log::Level::info : found->second;
}

std::string help_text()
{
    std::string out = "Usage: configurable-http-proxy [options]\n\nOptions:\n";
    auto const line = [&](std::string const& name, std::string_view value, std::string_view help) {
        out += fmt::format("  {:<40} {}\n", value.empty() ? name : fmt::format("{} {}", name, value), help);
    };
    line("-V, --version", "", "output the version number");
    for (Row const& row : rows) {
        line(std::string(row.name), row.value, row.help);
        for (TlsSide const& side : tls_sides)
            if (side.behind == row.name)
                for (TlsRow const& file : tls_rows)
                    line(fmt::format("{}{}", side.prefix, file.name), file.value,
                         fmt::format("{} ({})", file.help, side.what));
    }
    line("-h, --help", "", "display help for command");
    return out;
}

std::variant<Options, Exit> parse_command_line(std::vector<std::string> arguments, Environment environment)
{
    Options options;
    CLI::App app;
    app.set_help_flag("-h,--help");
    app.set_version_flag("-V,--version", std::string(version));
    declare(app, options);
    try {
        auto reversed = with_values_apart(app, arguments); // the order that CLI11 wants
        std::ranges::reverse(reversed);
        app.parse(std::move(reversed));
    } catch (CLI::CallForHelp const&) {
        return Exit{0, help_text(), ""};
    } catch (CLI::CallForVersion const&) {
        return Exit{0, fmt::format("{}\n", version), ""};
    } catch (CLI::ParseError const& problem) {
        return refuse(app, arguments, problem);
    }
    if (auto exit = check(options))
        return *exit;
    options.auth_token = environment("CONFIGPROXY_AUTH_TOKEN").value_or("");
    for (TlsSide const& side : tls_sides)
        (options.*side.files).passphrase = environment(side.passphrase).value_or("");
    return options;
}

} // namespace jhub::proxy
