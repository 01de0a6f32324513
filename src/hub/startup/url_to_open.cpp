#include "hub/startup/url_to_open.hpp"

#include "hub/core/urls.hpp"

namespace jhub::hub {

std::string url_to_open(config::Addresses const& addresses)
{
    if (!addresses.public_url.empty())
        return addresses.public_url;
    bool const everywhere = addresses.ip.empty() || addresses.ip == "0.0.0.0" || addresses.ip == "::";
    std::string_view const scheme = addresses.bind_url.starts_with("https:") ? "https" : "http";
    return origin_of(scheme, everywhere ? "localhost" : addresses.ip, addresses.port) + addresses.base_url;
}

} // namespace jhub::hub
