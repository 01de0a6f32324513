#include "config/resolve.hpp"

#include <cstdlib>
#include <ranges>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/coerce.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

std::string home_directory()
{
    char const* const home = std::getenv("HOME");
    return home == nullptr ? "" : home;
}

// The container that changes are replayed on, in the form that tells a set from a list.
Json replay_base(Option const& option, Json const& value)
{
    auto const* items = elements(value);
    if (items == nullptr)
        return value;
    return option.type == Type::text_set ? with_tag("$set", *items) : *items;
}

} // namespace

std::string format_problem(Option const& option, std::string_view class_name, Json const& value, Origin const& origin,
                           std::string_view problem)
{
    if (auto const live = find_live(value); live && problem.contains("not supported here yet"))
        return fmt::format("c.{}.{} ({}): {}", class_name, option.name, origin.text(), problem);
    auto const shown = option.is(secret) ? "[secret]" : printable(python_repr(without_secrets(value)), 160);
    return fmt::format("{}.{} = {} ({}): {}", class_name, option.name, shown, origin.text(), problem);
}

Result<std::optional<Resolved>> resolve(Sections const& sections, std::string_view class_name, Option const& option,
                                        std::vector<std::string>& warnings)
{
    std::optional<Resolved> found;
    for (auto const* info : lineage(class_name) | std::views::reverse) {
        auto const section = sections.find(info->name);
        if (section == sections.end())
            continue;
        auto const entry = section->second.find(option.name);
        if (entry == section->second.end())
            continue;
        auto const& setting = entry->second;
        if (setting.from_text) {
            auto parsed = parse_texts(option, setting.value.get<std::vector<std::string>>(), home_directory());
            if (!parsed)
                return fail(Errc::invalid_argument,
                            format_problem(option, info->name,
                                           setting.value.size() == 1 ? setting.value[0] : setting.value, setting.origin,
                                           parsed.error().message));
            found = Resolved{*parsed, setting.origin};
            continue;
        }
        auto const* changes = tagged(setting.value, "$lazy");
        if (changes == nullptr) {
            found = Resolved{setting.value, setting.origin};
            continue;
        }
        auto const* earlier = found ? tagged(found->value, "$lazy") : nullptr;
        if (!found || earlier != nullptr) {
            found = Resolved{with_tag("$lazy", earlier == nullptr ? *changes : merge_lazy(*earlier, *changes)),
                             setting.origin};
        } else if (auto const changed = replay(*changes, replay_base(option, found->value))) {
            found = Resolved{*changed, setting.origin};
        }
    }
    if (!found)
        return found;
    if (auto const* changes = tagged(found->value, "$lazy")) {
        auto const initial = parse_literal(option.default_value).value_or(Json());
        auto const changed = replay(*changes, initial);
        if (!changed)
            warnings.push_back(fmt::format("c.{}.{} ({}): this change does not fit {} and has no effect: {}",
                                           class_name, option.name, found->origin.text(), kind_of(initial),
                                           option.is(secret) ? "[secret]" : python_repr(without_secrets(*changes))));
        found->value = changed.value_or(initial);
    }
    return found;
}

} // namespace jhub::config
