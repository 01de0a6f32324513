#include "auth/anonymous_id.hpp"

#include <algorithm>

#include <arpa/inet.h>

#include "auth/address_bytes.hpp"
#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/strings.hpp"

namespace jhub::auth {
namespace {

constexpr std::string_view default_headers = "User-Agent";

std::string address_text(std::string const& bytes)
{
    char text[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
    return text;
}

// Clears all bits after the first count.
std::string masked(std::string bytes, unsigned count)
{
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        unsigned const kept = count > i * 8 ? std::min<unsigned>(8, count - static_cast<unsigned>(i * 8)) : 0;
        bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) & (0xFFu << (8 - kept)));
    }
    return bytes;
}

std::vector<std::string> trimmed_parts(std::string_view text)
{
    std::vector<std::string> parts;
    for (std::string const& part : split(text, ';')) {
        if (std::string_view const kept = trim(part); !kept.empty())
            parts.emplace_back(kept);
    }
    return parts;
}

} // namespace

Result<Network> Network::parse(std::string_view text)
{
    std::size_t const slash = text.find('/');
    Network network;
    network.bytes_ = address_bytes(text.substr(0, slash));
    unsigned const most = static_cast<unsigned>(network.bytes_.size()) * 8;
    auto const length =
        slash == std::string_view::npos ? std::optional(most) : parse_number<unsigned>(text.substr(slash + 1));
    if (most == 0 || !length || *length > most)
        return fail(Errc::invalid_argument, "\"" + printable(text) + "\" is no network such as 10.0.0.0/8.");
    if (masked(network.bytes_, *length) != network.bytes_)
        return fail(Errc::invalid_argument, "\"" + printable(text) + "\" has bits set outside of its mask; write " +
                                                address_text(masked(network.bytes_, *length)) + "/" +
                                                std::to_string(*length) + ".");
    network.prefix_length_ = *length;
    network.text_ = address_text(network.bytes_) + "/" + std::to_string(*length);
    return network;
}

bool Network::contains(std::string_view address) const
{
    std::string const bytes = address_bytes(address);
    return bytes.size() == bytes_.size() && masked(bytes, prefix_length_) == bytes_;
}

Result<AnonymousId> AnonymousId::from_environment(std::optional<std::string> const& headers,
                                                  std::optional<std::string> const& networks)
{
    AnonymousId id;
    id.headers_ = trimmed_parts(headers ? std::string_view(*headers) : default_headers);
    for (std::string const& text : trimmed_parts(networks.value_or(""))) {
        auto network = Network::parse(text);
        if (!network)
            return fail(Errc::invalid_argument,
                        "JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS: " + std::move(network).error().message);
        id.networks_.push_back(*std::move(network));
    }
    return id;
}

std::string AnonymousId::make(std::string_view address, HeaderLookup const& header) const
{
    std::string text(address);
    auto const network =
        std::ranges::find_if(networks_, [&](Network const& candidate) { return candidate.contains(address); });
    if (network != networks_.end())
        text = network->text();
    for (std::string const& name : headers_)
        text.append(header(name).value_or("")).append(1, '\xFF');
    return base64url_encode(sha256(text));
}

} // namespace jhub::auth
