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
    // Calls visit(Route const&) for each, in no order.
    template <typename Visit> void each(Visit const& visit) const
    {
        if (root_ != nullptr)
            each_below(*root_, visit);
    }

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

    template <typename Visit> static void each_below(Node const& node, Visit const& visit)
    {
        for (Leaf const& leaf : node.leaves)
            visit(*leaf.route);
        for (NodePointer const& child : node.children)
            each_below(*child, visit);
    }

    static std::shared_ptr<Node> copy_with_room(Node const* node);
    static NodePointer add(Node const* node, unsigned level, Leaf leaf);
    static NodePointer remove(NodePointer const& node, unsigned level, std::uint64_t hash, std::string_view key);

    NodePointer root_;
};

} // namespace jhub::proxy
