#include "hub/api/body_keys.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::hub::api {
namespace {

constexpr std::size_t longest_list = 10'000;

} // namespace

Result<> check_keys(Json const& body, std::span<BodyKey const> keys)
{
    for (auto const& [key, value] : body.items()) {
        auto const known = std::ranges::find(keys, std::string_view(key), &BodyKey::name);
        if (known == keys.end())
            return fail(Errc::invalid_argument, fmt::format("Unknown key in the body: {}", printable(key)));
        if (!known->accepts(value))
            return fail(Errc::invalid_argument, fmt::format("{} must be {}.", key, known->wanted));
    }
    return {};
}

Result<std::vector<std::string>> text_list(Json const& body, char const* key)
{
    std::vector<std::string> list;
    if (!body.contains(key) || body[key].is_null())
        return list;
    if (!body[key].is_array() || body[key].size() > longest_list)
        return fail(Errc::invalid_argument,
                    fmt::format("{} must be a list of texts, of at most {} entries.", key, longest_list));
    for (Json const& entry : body[key]) {
        if (!entry.is_string())
            return fail(Errc::invalid_argument, fmt::format("{} must be a list of texts.", key));
        list.push_back(entry.get<std::string>());
    }
    return list;
}

} // namespace jhub::hub::api
