#include "base/networks.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "base/strings.hpp"

namespace jhub {

bool Networks::read(std::string_view text, Address& address, bool& is_v4)
{
    std::string const copy(text);
    address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    is_v4 = inet_pton(AF_INET, copy.c_str(), address.data() + 12) == 1;
    return is_v4 || inet_pton(AF_INET6, copy.c_str(), address.data()) == 1;
}

Result<Networks> Networks::parse(std::string_view list)
{
    Networks result;
    for (auto const& part : split(list, ',')) {
        auto const text = trim(part);
        if (text.empty())
            continue;
        auto const slash = text.find('/');
        Network network{};
        bool is_v4 = false;
        auto length = std::optional<unsigned>(128);
        bool good = read(text.substr(0, slash), network.address, is_v4);
        if (good && slash != std::string_view::npos) {
            length = parse_number<unsigned>(text.substr(slash + 1));
            if (length && is_v4)
                *length += 96;
            good = length && *length <= 128;
        }
        if (!good)
            return fail(Errc::invalid_argument, "not a network: " + printable(text));
        network.length = *length;
        result.networks_.push_back(network);
    }
    return result;
}

bool Networks::contain(std::string_view address) const
{
    Address asked{};
    bool is_v4 = false;
    if (!read(address, asked, is_v4))
        return false;
    return std::ranges::any_of(networks_, [&](Network const& network) {
        unsigned const bytes = network.length / 8;
        unsigned const bits = network.length % 8;
        if (!std::equal(asked.begin(), asked.begin() + bytes, network.address.begin()))
            return false;
        return bits == 0 || ((asked[bytes] ^ network.address[bytes]) >> (8 - bits)) == 0;
    });
}

} // namespace jhub
