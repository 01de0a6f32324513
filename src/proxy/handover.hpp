// What a running proxy hands to the process that takes over from it (docs/decisions/0010): open descriptors, each with
// a name, and the routes. One memory file says which descriptor is which; the environment holds the numbers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "proxy/sockets.hpp"

namespace jhub::proxy {

class Inherited {
  public:
    // An ordinary start: nothing is inherited.
    Inherited() = default;
    // numbers: what handover_variable holds. Errc::invalid_argument when it is not what a proxy wrote.
    [[nodiscard]] static Result<Inherited> receive(std::string const& numbers);

    [[nodiscard]] bool anything() const { return !descriptors_.empty(); }
    // All of that name; they are given away.
    [[nodiscard]] std::vector<Descriptor> take(std::string const& name);
    [[nodiscard]] Descriptor take_one(std::string const& name);
    [[nodiscard]] std::string const& routes() const { return routes_; }
    // What Legacy::keep() wrote under that name, or nothing.
    [[nodiscard]] std::string take_text(std::string const& name);

  private:
    std::map<std::string, std::vector<Descriptor>> descriptors_;
    std::string routes_;
};

// The sending side.
struct Legacy {
    std::vector<std::pair<std::string, int>> descriptors; // name and number; kept by the sender
    std::string routes;                                   // RouteTable::saved()

    std::vector<Descriptor> files = {}; // those among the descriptors that keep() made

    // Hands over bytes that no other process shall read, in a file without a name.
    [[nodiscard]] Result<> keep(std::string name, std::string_view text);
};
// The description that comes first among the descriptors.
[[nodiscard]] Result<Descriptor> describe(Legacy const& legacy);

} // namespace jhub::proxy
