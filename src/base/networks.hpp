// A list of networks such as "10.0.0.0/8,::1", and whether an address is in it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace jhub {

class Networks {
  public:
    // Comma-separated addresses, each with an optional prefix length. Errc::invalid_argument names the bad part.
    [[nodiscard]] static Result<Networks> parse(std::string_view list);
    // False for text that is no address (such as that of a Unix socket).
    [[nodiscard]] bool contain(std::string_view address) const;
    [[nodiscard]] bool empty() const { return networks_.empty(); }

  private:
    using Address = std::array<std::uint8_t, 16>; // IPv4 as ::ffff:a.b.c.d
    struct Network {
        Address address;
        unsigned length;
    };
    static bool read(std::string_view text, Address& address, bool& is_v4);

    std::vector<Network> networks_;
};

} // namespace jhub
