// A map from route keys to routes that is never changed: adding or removing gives a new map that shares nearly all of
// the old one (a hash array mapped trie). So a change costs microseconds with any number of routes, and workers go on
// reading their snapshot without locks.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace jhub::proxy {

struct Route;
using RoutePointer = std::shared_ptr<Route const>;

class RouteMap {
  public:
    [[nodiscard]] RoutePointer const* find(std::uint64_t hash, std::string_view key) const;
    // Replaces the route with the same key.
    [[nodiscard]] RouteMap with(std::uint64_t hash, RoutePointer route) const;
    [[nodiscard]] RouteMap without(std::uint64_t hash, std::string_view key) const;

  private:
    struct Node;
    using NodePointer = std::shared_ptr<Node const>;
    struct Leaf {
        std::uint64_t hash;
        RoutePointer route;
    };

    // 16 children a level, by four bits of the hash; at the bottom all that is left stands in one list.
    struct Node {
        std::uint16_t used = 0; // one bit a child
        std::vector<NodePointer> children;
        std::vector<Leaf> leaves; // a node has either children or leaves
    };

    static NodePointer add(Node const* node, unsigned level, Leaf leaf);
    static NodePointer remove(NodePointer const& node, unsigned level, std::uint64_t hash, std::string_view key);

    NodePointer root_;
};

} // namespace jhub::proxy
