#include "config/settings_read.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/value.hpp"

namespace jhub::config {
namespace {

constexpr std::chrono::seconds century = std::chrono::years(100);

} // namespace

std::unexpected<Error> refuse(Config const& config, std::string_view class_name, std::string_view name,
                              std::string_view problem)
{
    auto const origin = config.origin(class_name, name);
    return fail(Errc::invalid_argument, fmt::format("{}.{}{}: {}", class_name, name,
                                                    origin ? fmt::format(" ({})", origin->text()) : "", problem));
}

std::chrono::seconds seconds(Config const& config, std::string_view class_name, std::string_view name)
{
    return std::chrono::seconds(std::clamp(config.integer(class_name, name), -century.count(), century.count()));
}

std::chrono::seconds days(Config const& config, std::string_view class_name, std::string_view name)
{
    constexpr double day = std::chrono::seconds(std::chrono::days(1)).count();
    double const most = static_cast<double>(century.count());
    return std::chrono::seconds(
        static_cast<std::int64_t>(std::clamp(config.number(class_name, name) * day, -most, most)));
}

Result<std::vector<std::pair<std::string, std::string>>> text_pairs(Config const& config, std::string_view class_name,
                                                                    std::string_view name)
{
    std::vector<std::pair<std::string, std::string>> pairs;
    for (auto const& [key, value] : config.value(class_name, name).items()) {
        auto const* path = tagged(value, "$path");
        if (path == nullptr && !value.is_string() && !value.is_number() && !value.is_boolean())
            return refuse(config, class_name, name,
                          fmt::format("the value of {} must be a text, not {}", key, kind_of(value)));
        pairs.emplace_back(key, path != nullptr     ? path->get<std::string>()
                                : value.is_string() ? value.get<std::string>()
                                                    : python_repr(value));
    }
    return pairs;
}

Result<std::map<std::string, std::string>> text_map(Config const& config, std::string_view class_name,
                                                    std::string_view name)
{
    TRY(auto const pairs, text_pairs(config, class_name, name));
    return std::map<std::string, std::string>(pairs.begin(), pairs.end());
}

std::optional<std::vector<std::string>> texts_of(Json const& value)
{
    if (value.is_string())
        return std::vector{value.get<std::string>()};
    auto const* items = elements(value);
    if (items == nullptr)
        return std::nullopt;
    std::vector<std::string> texts;
    for (auto const& item : *items) {
        auto const* path = tagged(item, "$path");
        if (path == nullptr && !item.is_string())
            return std::nullopt;
        texts.push_back((path == nullptr ? item : *path).get<std::string>());
    }
    return texts;
}

} // namespace jhub::config
