#include "proxy/route_map.hpp"

#include <algorithm>
#include <bit>

#include "proxy/routes.hpp"

namespace jhub::proxy {
namespace {

constexpr unsigned bits_per_level = 4;
constexpr unsigned bottom_level = 64 / bits_per_level;
constexpr std::size_t leaves_before_split = 4;

unsigned slot(std::uint64_t hash, unsigned level) { return hash >> (level * bits_per_level) & 15U; }
std::uint16_t bit(unsigned number) { return static_cast<std::uint16_t>(1U << number); }

std::ptrdiff_t index_of(std::uint16_t used, unsigned number)
{
    return std::popcount(static_cast<std::uint16_t>(used & (bit(number) - 1U)));
}

} // namespace

RoutePointer const* RouteMap::find(std::uint64_t hash, std::string_view key) const
{
    Node const* node = root_.get();
    for (unsigned level = 0; node != nullptr; ++level) {
        if (node->children.empty()) {
            for (Leaf const& leaf : node->leaves)
                if (leaf.hash == hash && leaf.route->key == key)
                    return &leaf.route;
            return nullptr;
        }
        unsigned const number = slot(hash, level);
        if ((node->used & bit(number)) == 0)
            return nullptr;
        node = node->children[static_cast<std::size_t>(index_of(node->used, number))].get();
    }
    return nullptr;
}

// For one leaf or child more, so that adding it takes no second allocation and no spare memory.
std::shared_ptr<RouteMap::Node> RouteMap::copy_with_room(Node const* node)
{
    auto copy = std::make_shared<Node>();
    bool const branch = node != nullptr && !node->children.empty();
    if (branch) {
        copy->used = node->used;
        copy->children.reserve(node->children.size() + 1);
        copy->children = node->children;
    } else {
        copy->leaves.reserve((node == nullptr ? 0 : node->leaves.size()) + 1);
        if (node != nullptr)
            copy->leaves = node->leaves;
    }
    return copy;
}

RouteMap::NodePointer RouteMap::add(Node const* node, unsigned level, Leaf leaf)
{
    auto copy = copy_with_room(node);
    if (copy->children.empty()) {
        for (Leaf& present : copy->leaves) {
            if (present.hash == leaf.hash && present.route->key == leaf.route->key) {
                present = std::move(leaf);
                return copy;
            }
        }
        copy->leaves.push_back(std::move(leaf));
        if (copy->leaves.size() <= leaves_before_split || level == bottom_level)
            return copy;
        auto const scattered = std::exchange(copy->leaves, {});
        auto branch = std::make_shared<Node>();
        for (Leaf const& each : scattered) {
            unsigned const number = slot(each.hash, level);
            auto const at = branch->children.begin() + index_of(branch->used, number);
            if ((branch->used & bit(number)) != 0) {
                *at = add(at->get(), level + 1, each);
            } else {
                branch->children.insert(at, add(nullptr, level + 1, each));
                branch->used |= bit(number);
            }
        }
        return branch;
    }
    unsigned const number = slot(leaf.hash, level);
    auto const at = copy->children.begin() + index_of(copy->used, number);
    if ((copy->used & bit(number)) != 0) {
        *at = add(at->get(), level + 1, std::move(leaf));
    } else {
        copy->children.insert(at, add(nullptr, level + 1, std::move(leaf)));
        copy->used |= bit(number);
    }
    return copy;
}

// Null when nothing is left below.
RouteMap::NodePointer RouteMap::remove(NodePointer const& node, unsigned level, std::uint64_t hash,
                                       std::string_view key)
{
    if (node == nullptr)
        return node;
    auto copy = std::make_shared<Node>(*node);
    if (copy->children.empty()) {
        std::erase_if(copy->leaves, [&](Leaf const& leaf) { return leaf.hash == hash && leaf.route->key == key; });
        return copy->leaves.empty() ? nullptr : NodePointer(copy);
    }
    unsigned const number = slot(hash, level);
    if ((copy->used & bit(number)) == 0)
        return node;
    auto const at = copy->children.begin() + index_of(copy->used, number);
    NodePointer rest = remove(*at, level + 1, hash, key);
    if (rest != nullptr) {
        *at = std::move(rest);
        return copy;
    }
    copy->children.erase(at);
    copy->used &= static_cast<std::uint16_t>(~bit(number));
    return copy->children.empty() ? nullptr : NodePointer(copy);
}

RouteMap RouteMap::with(std::uint64_t hash, RoutePointer route) const
{
    RouteMap result;
    result.root_ = add(root_.get(), 0, Leaf{hash, std::move(route)});
    return result;
}

RouteMap RouteMap::without(std::uint64_t hash, std::string_view key) const
{
    RouteMap result;
    result.root_ = remove(root_, 0, hash, key);
    return result;
}

} // namespace jhub::proxy
