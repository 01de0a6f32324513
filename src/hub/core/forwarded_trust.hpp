// Whose word about a client counts (docs/decisions/0021). X-Forwarded-For and X-Real-IP are believed from the proxy,
// which seals them or is known by its account, and from the addresses of trusted_downstream_ips; for everybody else the
// address of the connection counts. Logic thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/networks.hpp"
#include "http/forwarded_seal.hpp"
#include "http/server.hpp"

namespace jhub::hub {

class ForwardedTrust {
  public:
    // downstream: addresses or networks; what is neither is left out with a warning.
    ForwardedTrust(Clock const& clock, std::string_view proxy_token, std::vector<std::string> const& downstream);

    // Another proxy from now on.
    void share(std::string_view proxy_token);
    // The process of the proxy that this hub has started, 0 while there is none. For proxies that seal nothing.
    void know_proxy(std::function<int()> process) { proxy_process_ = std::move(process); }

    // The address that counts as the client's. Takes the seal out of the request.
    [[nodiscard]] std::string client_of(http::Request& request);

  private:
    [[nodiscard]] bool believed(http::Request const& request);
    [[nodiscard]] bool is_sealed(http::Request const& request, std::string_view& problem);
    [[nodiscard]] bool is_from_proxy_account(http::Peer const& peer);
    [[nodiscard]] std::string innermost_stranger(http::Request const& request) const;
    void complain(std::string const& address, std::string_view problem);

    Clock const& clock_;
    std::optional<http::ForwardedSeal> seal_; // none without a token
    Networks downstream_;
    std::function<int()> proxy_process_;
    bool proxy_seals_ = false; // then its account alone is no proof: servers may have the same
    // What is known of connections, by their number.
    struct Seen {
        std::uint64_t connection = 0;
        bool of_proxy = false;
    };
    std::array<Seen, 1024> seen_{};
    std::set<std::string> complained_of_;
};

} // namespace jhub::hub
