#include "config/addresses.hpp"

#include <fmt/format.h>

#include "base/strings.hpp"
#include "base/url.hpp"

namespace jhub::config {
namespace {

std::string bracketed(std::string const& ip) { return ip.contains(':') ? "[" + ip + "]" : ip; }

bool is_everywhere(std::string_view ip) { return ip.empty() || ip == "0.0.0.0" || ip == "::" || ip == "*"; }

// Errors of parse_url with the option's name in front.
Result<Url> parse_option(std::string_view name, std::string_view text)
{
    auto url = parse_url(text);
    if (!url)
        return fail(Errc::invalid_argument, fmt::format("JupyterHub.{}: {}", name, url.error().message));
    return url;
}

std::string with_scheme(std::string const& url, std::string_view scheme)
{
    auto const separator = url.find("://");
    return separator == std::string::npos ? url : fmt::format("{}{}", scheme, url.substr(separator));
}

// A host without a scheme is taken as https, with a warning.
std::string ensure_scheme(std::string_view name, std::string const& text, std::vector<std::string>& warnings)
{
    if (text.contains("://"))
        return text;
    warnings.push_back(fmt::format("JupyterHub.{} = {} has no scheme: https:// is taken", name, printable(text)));
    return "https://" + text;
}

// The proxy's address: bind_url, of which ip, port and base_url replace parts.
Result<> combine_public(AddressOptions const& options, Addresses& result, std::vector<std::string>& warnings)
{
    std::string const scheme = options.tls ? "https" : "http";
    auto const given = with_scheme(options.bind_url.value_or("http://:8000"), scheme);
    TRY(Url url, parse_option("bind_url", given));
    result.base_url = with_slashes(options.base_url.value_or(url.path));
    bool const has_parts = options.ip.value_or("") != "" || options.port.value_or(8000) != 8000;
    if (has_parts) {
        url.host = options.ip.value_or("");
        url.port = static_cast<std::uint16_t>(options.port.value_or(8000));
        url.has_port = true;
    }
    if (options.bind_url && (has_parts || (options.base_url && result.base_url != with_slashes(url.path))))
        warnings.emplace_back(
            "Both JupyterHub.bind_url and one of ip, port, base_url are set; the parts win. Use bind_url alone");
    result.ip = url.host == "*" ? "" : url.host;
    result.port = url.port;
    url.host = result.ip;
    result.bind_url = url.origin() + result.base_url;
    result.hub_prefix = result.base_url + "hub/";
    return {};
}

// Where the hub listens.
Result<> combine_hub(AddressOptions const& options, Addresses& result)
{
    std::string const scheme = options.internal_ssl ? "https" : "http";
    result.hub_ip = options.hub_ip == "*" ? "" : options.hub_ip;
    result.hub_port = static_cast<std::uint16_t>(options.hub_port);
    if (!options.hub_bind_url.empty()) {
        TRY(auto const url, parse_option("hub_bind_url", options.hub_bind_url));
        if (url.scheme == "http+unix" || url.scheme == "unix+http") {
            result.hub_socket = percent_decode(url.host).value_or(url.host);
            result.hub_ip.clear();
            result.hub_port = 0;
            result.hub_bind_url = "http+unix://" + percent_encode(result.hub_socket) + result.hub_prefix;
            return {};
        }
        result.hub_ip = url.host == "*" ? "" : url.host;
        result.hub_port = url.port;
    }
    result.hub_bind_url =
        fmt::format("{}://{}:{}{}", scheme, bracketed(result.hub_ip), result.hub_port, result.hub_prefix);
    return {};
}

// Where others reach the hub.
Result<> combine_connect(AddressOptions const& options, Addresses& result)
{
    if (!options.hub_connect_url.empty()) {
        TRY(auto const url, parse_option("hub_connect_url", options.hub_connect_url));
        result.hub_connect_url = url.origin() + result.hub_prefix;
    } else if (!result.hub_socket.empty()) {
        result.hub_connect_url = result.hub_bind_url;
    } else {
        auto const own = is_everywhere(result.hub_ip) ? options.hostname : result.hub_ip;
        auto const ip = options.hub_connect_ip.empty() ? own : options.hub_connect_ip;
        auto const port = options.hub_connect_port != 0 ? options.hub_connect_port : result.hub_port;
        result.hub_connect_url = fmt::format("{}://{}:{}{}", options.internal_ssl ? "https" : "http",
                                             bracketed(ip.empty() ? "127.0.0.1" : ip), port, result.hub_prefix);
    }
    result.hub_api_url = result.hub_connect_url + "api";
    return {};
}

Result<> combine_subdomains(AddressOptions const& options, Addresses& result, std::vector<std::string>& warnings)
{
    if (!options.subdomain_host.empty()) {
        TRY(auto const url,
            parse_option("subdomain_host", ensure_scheme("subdomain_host", options.subdomain_host, warnings)));
        result.subdomain_host = url.origin();
    }
    bool const subdomains = !result.subdomain_host.empty();
    if (options.hub_routespec.empty()) {
        result.hub_routespec = subdomains ? "/" : result.base_url;
        return {};
    }
    result.hub_routespec = options.hub_routespec;
    if (!result.hub_routespec.ends_with('/'))
        result.hub_routespec += '/';
    if (!subdomains && !result.hub_routespec.starts_with('/'))
        result.hub_routespec.insert(0, 1, '/');
    warnings.push_back(
        fmt::format("JupyterHub.hub_routespec is {}: requests outside it do not reach the hub", result.hub_routespec));
    return {};
}

Result<> combine_public_url(AddressOptions const& options, Addresses& result, std::vector<std::string>& warnings)
{
    if (options.public_url.empty()) {
        result.public_url = result.subdomain_host.empty() ? "" : result.subdomain_host + result.base_url;
        return {};
    }
    TRY(auto const url, parse_option("public_url", ensure_scheme("public_url", options.public_url, warnings)));
    auto path = with_slashes(url.path);
    if (path == "/" && result.base_url != "/") {
        warnings.push_back(fmt::format("JupyterHub.public_url has no path: {} is appended", result.base_url));
        path = result.base_url;
    }
    if (!path.ends_with(result.base_url))
        return fail(Errc::invalid_argument,
                    fmt::format("JupyterHub.public_url: the path {} does not end with base_url {}", printable(path),
                                result.base_url));
    result.public_url = url.origin() + path;
    return {};
}

} // namespace

std::string with_slashes(std::string_view path)
{
    std::string result(path);
    if (!result.starts_with('/'))
        result.insert(0, 1, '/');
    if (!result.ends_with('/'))
        result += '/';
    return result;
}

Result<Addresses> combine_addresses(AddressOptions const& options, std::vector<std::string>& warnings)
{
    Addresses result;
    CHECK(combine_public(options, result, warnings));
    CHECK(combine_hub(options, result));
    CHECK(combine_connect(options, result));
    CHECK(combine_subdomains(options, result, warnings));
    CHECK(combine_public_url(options, result, warnings));
    if (auto const url = parse_url(result.public_url); url && !result.subdomain_host.empty())
        result.domain = to_lower(url->host);
    return result;
}

} // namespace jhub::config
