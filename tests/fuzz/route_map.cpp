// Routes and the paths of requests. The input is lines: the first character of each says what to do with the rest.
//   + path  add a route     - path  remove it     anything else: a request's target
// The table is compared with a plain ordered map in which the longest prefix by whole segments is looked for.
#include <map>
#include <optional>

#include "base/log.hpp"
#include "oracle.hpp"
#include "proxy/routes.hpp"

namespace {

using namespace jhub;
using fuzz::require;

using Model = std::map<std::string, proxy::Route const*>;

Model::const_iterator longest_prefix(Model const& model, std::string key)
{
    while (true) {
        if (auto const found = model.find(key); found != model.end() || key.empty())
            return found;
        key.erase(key.rfind('/'));
    }
}

void ask(proxy::RouteTable& table, Model const& model, std::string_view target)
{
    auto const path = proxy::parse_request_target(target);
    if (!path)
        return;
    require(path->path.starts_with('/'), "a path begins with a slash");
    require(path->path.find("/../") == std::string::npos && !path->path.ends_with("/.."), "no dot segments are left");
    auto const again = proxy::parse_request_target(path->text());
    require(again && again->text() == path->text(), "a normalised path stays as it is");
    proxy::RouteKey key;
    if (!key.append_path(path->path))
        return;
    auto const snapshot = table.snapshots().newest();
    auto const match = snapshot->find(key);
    auto const expected = longest_prefix(model, std::string(key.text()));
    require((match.route != nullptr) == (expected != model.end()), "a route is found if there is one");
    if (match.route == nullptr)
        return;
    require(match.route->get() == expected->second, "it is the longest prefix");
    auto const& route = **match.route;
    require(key.text().starts_with(route.key), "the path lies under the route");
    proxy::Target const bare = *proxy::parse_target("http://h");
    require(proxy::upstream_path(bare, *path, match.segments, {}) == path->text(), "the path is sent as it was routed");
    auto const cut = proxy::upstream_path(bare, *path, match.segments, {.prepend_path = true, .include_prefix = false});
    require(cut.starts_with('/') || cut.starts_with('?'), "a path without its prefix is a path");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    proxy::RouteTable table({});
    Model model;
    std::string_view text = fuzz::as_text(data, size);
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto const line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with('+')) {
            if (auto const route = table.add(line.substr(1), Json{{"target", "http://h"}}))
                model[(*route)->key] = route->get();
        } else if (line.starts_with('-')) {
            auto const removed = table.remove(line.substr(1));
            require(!removed || model.erase((*removed)->key) == 1, "only what was there is removed");
        } else {
            ask(table, model, line);
        }
    }
    require(table.size() == model.size(), "the table holds what was added");
    for (auto const& [key, route] : model)
        require(proxy::route_key(route->shown(), false).has_value() || key.find('%') != std::string::npos,
                "a shown route can be named");
    return 0;
}
