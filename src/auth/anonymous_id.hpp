// The part of an XSRF id that stands for a browser nobody is logged in with: a hash of its address and some of its
// headers (reference auth-flow.md §4 step 2). Read-only after start-up.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace jhub::auth {

// An IPv4 or IPv6 network; text() is its canonical form, as Python's ipaddress writes it.
class Network {
  public:
    // "10.0.0.0/8", "::1"; Errc::invalid_argument for bits outside the mask and everything else that is no network.
    static Result<Network> parse(std::string_view text);
    [[nodiscard]] bool contains(std::string_view address) const;
    [[nodiscard]] std::string const& text() const { return text_; }

  private:
    std::string bytes_; // 4 or 16
    unsigned prefix_length_ = 0;
    std::string text_;
};

class AnonymousId {
  public:
    using HeaderLookup = std::function<std::optional<std::string_view>(std::string_view name)>;

    // Values of JUPYTERHUB_XSRF_ANONYMOUS_ID_HEADERS and JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS; nothing when unset.
    static Result<AnonymousId> from_environment(std::optional<std::string> const& headers,
                                                std::optional<std::string> const& networks);

    // address: of the browser, forwarding headers already applied by the caller.
    [[nodiscard]] std::string make(std::string_view address, HeaderLookup const& header) const;

  private:
    std::vector<std::string> headers_;
    std::vector<Network> networks_;
};

} // namespace jhub::auth
