#include "proxy/origin_guard.hpp"

#include <string>

#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

using http::KnownHeader;

// The session cookies of the hub, which a server could otherwise overwrite or shadow for the whole origin.
bool is_hub_cookie(std::string_view name)
{
    for (std::string_view const prefix : {"__Host-", "__Secure-"})
        if (name.starts_with(prefix))
            name.remove_prefix(prefix.size());
    return name == "jupyterhub-hub-login" || name == "jupyterhub-session-id";
}

bool is_inside(std::string_view path, std::string_view prefix)
{
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

// Whether a Set-Cookie reaches paths or hosts that are not the server's. Without a Path it stays below the request.
bool leaves_its_prefix(std::string_view cookie, std::string_view prefix)
{
    auto const attributes = split(cookie, ';');
    for (auto attribute = attributes.begin() + 1; attribute != attributes.end(); ++attribute) {
        std::string_view const text = trim(*attribute);
        auto const name = trim(text.substr(0, text.find('=')));
        auto const value =
            text.find('=') == std::string_view::npos ? std::string_view{} : trim(text.substr(text.find('=') + 1));
        if (equals_ignoring_case(name, "domain") || (equals_ignoring_case(name, "path") && !is_inside(value, prefix)))
            return true;
    }
    return false;
}

} // namespace

bool oversteps_its_prefix(http::HeaderView const& header, Route const& route)
{
    if (route.path_prefix().empty())
        return false;
    switch (header.known) {
    case KnownHeader::clear_site_data:
        return true;
    case KnownHeader::service_worker_allowed:
        return !is_inside(header.value, route.path_prefix());
    case KnownHeader::set_cookie:
        return is_hub_cookie(trim(header.value.substr(0, header.value.find('=')))) &&
               leaves_its_prefix(header.value, route.path_prefix());
    default:
        return false;
    }
}

} // namespace jhub::proxy
