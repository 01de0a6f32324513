#include "proxy/option_checks.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "proxy/option_table.hpp"

namespace jhub::proxy {
namespace {

std::optional<Exit> check_certificates(Options const& options)
{
    for (TlsOptionSide const& side : tls_option_sides) {
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
    auto const without_brackets = [](auto& ip) { // as in a URL
        std::optional<std::string> const given = ip;
        if (given && given->starts_with('[') && given->ends_with(']'))
            ip = given->substr(1, given->size() - 2);
    };
    without_brackets(options.ip);
    without_brackets(options.api_ip);
    without_brackets(options.metrics_ip);
    settle("--ip", options.ip);
    settle("--api-ip", options.api_ip);
    settle("--metrics-ip", options.metrics_ip);
    if (options.tls_allow_rc4)
        options.remarks.emplace_back("--ssl-allow-rc4 has no effect: OpenSSL has no RC4 for TLS any more");
}

std::optional<Exit> check_public_side(Options const& options)
{
    for (auto const& [given, name] :
         {std::pair{options.port.has_value(), "--port"}, std::pair{options.ip.has_value(), "--ip"}})
        if (given && !options.socket.empty())
            return refuse(fmt::format("option '--socket' cannot be used with option '{}'", name));
    if (options.redirect_port && !options.tls.wanted())
        return refuse("HTTPS redirection (--redirect-port) needs --ssl-key and --ssl-cert");
    return std::nullopt;
}

std::optional<Exit> check_words(Options const& options)
{
    if (!options.storage_backend.empty() && options.storage_backend != "memory")
        return refuse(
            fmt::format("unknown storage backend '{}': this program keeps routes in memory, and in a file with "
                        "--routes-file",
                        printable(options.storage_backend)));
    if (!find_log_level(options.log_level))
        return refuse(fmt::format("option '--log-level' takes debug, info, warn or error, not '{}'",
                                  printable(options.log_level)));
    return std::nullopt;
}

std::optional<Exit> settle_owner(Options& options)
{
    options.owner = this_account();
    if (options.state_owner.empty())
        return std::nullopt;
    auto const parts = split(options.state_owner, ':');
    auto const uid = parse_number<uid_t>(parts.front());
    auto const gid = parse_number<gid_t>(parts.back());
    if (parts.size() != 2 || !uid || !gid)
        return refuse(
            fmt::format("option '--state-owner' takes the numbers of an account and its group, such as 998:998, "
                        "not '{}'",
                        printable(options.state_owner)));
    if (options.owner.uid == 0)
        options.owner = {*uid, *gid, {}};
    return std::nullopt;
}

// The last of a name counts.
std::optional<Exit> read_custom_headers(Options& options)
{
    for (std::string_view const text : options.custom_header_texts) {
        auto const colon = text.find(':');
        auto const name = trim(text.substr(0, colon));
        if (colon == std::string_view::npos || name.empty())
            return refuse(fmt::format("A colon was expected in custom header: {}", printable(text)));
        std::erase_if(options.custom_headers,
                      [&](auto const& earlier) { return equals_ignoring_case(earlier.first, name); });
        options.custom_headers.emplace_back(name, trim(text.substr(colon + 1)));
    }
    return std::nullopt;
}

} // namespace

Exit refuse(std::string_view message) { return {1, "", fmt::format("error: {}\n", message)}; }

std::optional<Exit> check_and_settle(Options& options)
{
    if (auto exit = check_certificates(options))
        return exit;
    if (!options.error_target.empty() && !options.error_path.empty())
        return refuse("Cannot specify both error-target and error-path. Pick one.");
    if (auto exit = check_public_side(options))
        return exit;
    if (auto exit = check_words(options))
        return exit;
    if (auto exit = read_custom_headers(options))
        return exit;
    if (auto exit = settle_owner(options))
        return exit;
    remark_and_settle(options);
    bool const default_api_port = !options.api_port && options.api_socket.empty() && options.socket.empty();
    if (default_api_port && options.public_port() == std::numeric_limits<std::uint16_t>::max())
        return refuse("there is no port behind --port 65535 for the API: say --api-port");
    return std::nullopt;
}

} // namespace jhub::proxy
