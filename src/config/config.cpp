#include "config/config.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <stdexcept>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/coerce.hpp"
#include "config/replaced_names.hpp"
#include "config/resolve.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

constexpr std::array always_in_use{"JupyterHub", "CryptKeeper", "EventLogger", "PeriodicMetricsCollector"};
constexpr std::array groups{"authenticator", "spawner", "proxy"};

std::string file_name(std::string const& path) { return path.substr(path.rfind('/') + 1); }

bool descends(std::string_view class_name, std::string_view base)
{
    return std::ranges::any_of(lineage(class_name), [&](auto const* info) { return info->name == base; });
}

// Neither one of ours nor a Python class that choose_python_class could take.
std::string names_no_class(std::string_view group, Json const& value)
{
    std::vector<std::string> names;
    for (auto const& info : all_classes())
        if (info.group == group)
            names.emplace_back(split(info.entry_names, '|').back());
    std::string const meant =
        value.is_string() ? did_you_mean(value.get<std::string>(), names, " Did you mean ", "?") : "";
    if (group == "proxy")
        return fmt::format("the only proxy here is {}.{}", join(names, ", "), meant);
    return fmt::format("there are {}, and Python classes derived from jupyterhub's {}, if python3 can import them.{}",
                       join(names, ", "), group == "spawner" ? "Spawner" : "Authenticator", meant);
}

std::string not_recognized(std::string_view name, std::string_view class_name, Origin const& origin)
{
    std::vector<std::string> names;
    for (auto const* option : all_options(class_name))
        names.emplace_back(option->name);
    return fmt::format("Config option `{}` not recognized by `{}` ({}).{}", printable(name), class_name, origin.text(),
                       did_you_mean(name, names, " Did you mean `", "`?"));
}

// Names that say, or that somebody meant to say, who may enter: never passed over with a warning.
bool decides_who_enters(std::string_view name)
{
    static constexpr std::array beginnings{"allow", "any_allow", "block", "black", "white", "admin"};
    auto const begins = [](std::string_view text) {
        return std::ranges::any_of(beginnings, [text](std::string_view word) { return text.starts_with(word); });
    };
    std::vector<std::string> names;
    for (auto const& info : all_classes())
        if (descends(info.name, "Authenticator"))
            for (auto const* option : all_options(info.name))
                names.emplace_back(option->name);
    auto const meant = nearest_name(name, names);
    return begins(name) || (meant && begins(*meant));
}

// Moves sections inside sections (c.JupyterHub.Authenticator.x) to where they belong.
void lift_nested_sections(Sections& sections)
{
    Sections lifted;
    for (auto& [class_name, section] : sections)
        for (auto entry = section.begin(); entry != section.end();) {
            auto const* inner = tagged(entry->second.value, "$section");
            if (inner != nullptr)
                for (auto const& [name, value] : inner->items())
                    lifted[entry->first][name] = Setting{value, entry->second.origin};
            entry = inner == nullptr ? std::next(entry) : section.erase(entry);
        }
    for (auto& [class_name, section] : lifted)
        for (auto& [name, setting] : section)
            sections[class_name][name] = std::move(setting);
}

void rename_old_section(Sections& sections, std::vector<std::string>& warnings)
{
    auto old = sections.extract("JupyterHubApp");
    if (old.empty())
        return;
    warnings.emplace_back("c.JupyterHubApp is deprecated, use c.JupyterHub");
    sections["JupyterHub"].merge(old.mapped());
}

// Values that belong to no class: c.port = 1, or c.jupyterhub.port = 1.
void warn_of_strays(Sections const& sections, std::vector<std::string>& warnings)
{
    auto const stray = sections.find("");
    if (stray == sections.end())
        return;
    std::vector<std::string> names;
    for (auto const& info : all_classes())
        names.emplace_back(info.name);
    for (auto const& [name, setting] : stray->second) {
        if (std::ranges::find(names, name) != names.end()) {
            warnings.push_back(fmt::format("{} ({}) is the name of a class: what is set there must be a dictionary of "
                                           "its options. It has no effect.",
                                           name, setting.origin.text()));
            continue;
        }
        warnings.push_back(fmt::format("c.{} ({}) belongs to no class and has no effect.{}", printable(name),
                                       setting.origin.text(), did_you_mean(name, names, " Did you mean `c.", "`?")));
    }
}

} // namespace

std::string Origin::text() const
{
    if (kind == Kind::command_line)
        return "command line";
    return line == 0 ? file_name(file) : fmt::format("{}:{}", file_name(file), line);
}

Config::Config()
{
    std::vector<std::string> warnings;
    auto const done = choose_classes(sections_, warnings);
    if (!done)
        throw std::logic_error(done.error().message);
    for (auto const& info : all_classes())
        for (auto const* option : all_options(info.name))
            values_[std::string(info.name)][std::string(option->name)] = default_value(*option);
}

Result<Config> Config::check(Sections sections, std::vector<std::string>& warnings)
{
    Config config;
    config.sections_ = sections;
    lift_nested_sections(sections);
    rename_old_section(sections, warnings);
    warn_of_strays(sections, warnings);
    CHECK(config.choose_classes(sections, warnings));
    config.lower_python_sections(sections);
    std::vector<std::string> in_use(always_in_use.begin(), always_in_use.end());
    for (auto const& [group, class_name] : config.active_)
        in_use.push_back(class_name);
    CHECK(copy_replaced_names(sections, in_use, warnings));
    for (auto const& class_name : in_use)
        CHECK(config.fill(class_name, sections, warnings));
    return config;
}

Result<> Config::choose_classes(Sections const& sections, std::vector<std::string>& warnings)
{
    for (std::string const group : groups) {
        auto const& option = *find_option("JupyterHub", group + "_class");
        TRY(auto const set, resolve(sections, "JupyterHub", option, warnings));
        auto const name = set ? check_value(option, set->value) : Result<Json>("default");
        auto const* info = name ? find_entry_point(group, name->get<std::string>()) : nullptr;
        if (info == nullptr && name && set)
            info = choose_python_class(group, set->value);
        if (info == nullptr)
            return fail(Errc::invalid_argument,
                        format_problem(option, "JupyterHub", set->value, set->origin,
                                       name ? names_no_class(group, set->value) : name.error().message));
        active_[group] = info->name;
    }
    return {};
}

// The nearest base that is ours tells which options there are; the rest is between the class and Python.
ClassInfo const* Config::choose_python_class(std::string const& group, Json const& value)
{
    auto const* live = tagged(value, "$live");
    if (live == nullptr || !live->contains("bases") || group == "proxy")
        return nullptr;
    std::string_view const root = group == "spawner" ? "Spawner" : "Authenticator";
    PythonClass chosen{live->value("name", ""), live->value("at", ""), live->at("bases")};
    auto const ours = std::ranges::find_if(chosen.bases, [&](auto const& base) { return descends(base, root); });
    if (ours == chosen.bases.end())
        return nullptr;
    auto const* info = find_class(*ours);
    python_[group] = std::move(chosen);
    return info;
}

// What was set for a Python class or its bases counts for the nearest class of ours.
void Config::lower_python_sections(Sections& sections) const
{
    for (auto const& [group, chosen] : python_)
        for (auto const& base : chosen.bases | std::views::reverse) {
            auto const section = sections.find(base);
            if (section == sections.end() || find_class(base) != nullptr)
                continue;
            auto const& active = active_.find(group)->second;
            for (auto const& [name, setting] : section->second)
                if (find_option(active, name) != nullptr)
                    sections[active][name] = setting;
        }
}

Result<> Config::fill(std::string const& class_name, Sections const& sections, std::vector<std::string>& warnings)
{
    auto& values = values_[class_name];
    for (auto const* option : all_options(class_name)) {
        TRY(auto const set, resolve(sections, class_name, *option, warnings));
        if (!set)
            continue;
        bool const stays = option->may_stay_in_python() && find_live(set->value);
        auto checked = stays ? check_plain_part(*option, set->value) : check_value(*option, set->value);
        if (!checked)
            return fail(Errc::invalid_argument,
                        format_problem(*option, option->class_name, set->value, set->origin, checked.error().message));
        if (*checked != values[std::string(option->name)]) // still the default: nobody relies on it
            warn_of_old_name(*option, set->origin, warnings);
        values[std::string(option->name)] = *std::move(checked);
        if (stays)
            live_[class_name][std::string(option->name)] = set->value;
        origins_[class_name][std::string(option->name)] = set->origin;
    }
    for (auto const* info : lineage(class_name))
        if (auto const section = sections.find(info->name); section != sections.end())
            for (auto const& [name, setting] : section->second)
                if (find_option(class_name, name) == nullptr && !is_python(class_name)) {
                    auto message = not_recognized(name, class_name, setting.origin);
                    if (descends(class_name, "Authenticator") && decides_who_enters(name))
                        return fail(Errc::invalid_argument, message + " The hub does not start without knowing who "
                                                                      "may enter.");
                    warnings.push_back(std::move(message));
                }
    return {};
}

std::string const& Config::active_class(std::string_view group) const { return active_.find(group)->second; }

// The class in use that class_name stands for: itself, or the one in use that descends from it.
std::string Config::stands_for(std::string_view class_name) const
{
    for (auto const& [group, active] : active_)
        if (descends(active, class_name))
            return active;
    return std::string(class_name == "Application" ? "JupyterHub" : class_name);
}

bool Config::is_set(std::string_view class_name, std::string_view name) const
{
    return origin(class_name, name).has_value();
}

std::optional<Origin> Config::origin(std::string_view class_name, std::string_view name) const
{
    auto const section = origins_.find(stands_for(class_name));
    if (section == origins_.end())
        return std::nullopt;
    auto const found = section->second.find(name);
    return found == section->second.end() ? std::nullopt : std::optional(found->second);
}

Json const& Config::value(std::string_view class_name, std::string_view name) const
{
    auto const section = values_.find(stands_for(class_name));
    if (section != values_.end())
        if (auto const found = section->second.find(name); found != section->second.end())
            return found->second;
    throw std::logic_error(fmt::format("there is no option {}.{}", class_name, name));
}

Json const* Config::live(std::string_view class_name, std::string_view name) const
{
    auto const section = live_.find(stands_for(class_name));
    if (section == live_.end())
        return nullptr;
    auto const found = section->second.find(name);
    return found == section->second.end() ? nullptr : &found->second;
}

std::vector<std::string> Config::live_options() const
{
    std::vector<std::string> names;
    for (auto const& [class_name, section] : live_)
        for (auto const& [name, value] : section)
            names.push_back(fmt::format("{}.{}", find_option(class_name, name)->class_name, name));
    return names;
}

PythonClass const* Config::python_class(std::string_view group) const
{
    auto const found = python_.find(group);
    return found == python_.end() ? nullptr : &found->second;
}

// A class in use that only stands for one of Python's.
bool Config::is_python(std::string_view class_name) const
{
    return std::ranges::any_of(python_,
                               [&](auto const& chosen) { return active_.find(chosen.first)->second == class_name; });
}

Json Config::all_values(std::string_view group) const
{
    Json all = Json::object();
    for (auto const* option : all_options(active_class(group))) {
        auto const* live_value = live(active_class(group), option->name);
        all[std::string(option->name)] = live_value == nullptr ? value(active_class(group), option->name) : *live_value;
    }
    return all;
}

void Config::override_value(std::string_view class_name, std::string_view name, Json checked)
{
    values_[stands_for(class_name)].insert_or_assign(std::string(name), std::move(checked));
}

std::string Config::text(std::string_view class_name, std::string_view name) const
{
    auto const& found = value(class_name, name);
    return found.is_null() ? std::string{} : found.get<std::string>();
}

std::int64_t Config::integer(std::string_view class_name, std::string_view name) const
{
    return value(class_name, name).get<std::int64_t>();
}

double Config::number(std::string_view class_name, std::string_view name) const
{
    return value(class_name, name).get<double>();
}

bool Config::flag(std::string_view class_name, std::string_view name) const
{
    return value(class_name, name).get<bool>();
}

std::vector<std::string> Config::list(std::string_view class_name, std::string_view name) const
{
    auto const& found = value(class_name, name);
    return found.is_null() ? std::vector<std::string>{} : found.get<std::vector<std::string>>();
}

std::optional<std::int64_t> Config::bytes(std::string_view class_name, std::string_view name) const
{
    auto const& found = value(class_name, name);
    return found.is_null() ? std::nullopt : std::optional(found.get<std::int64_t>());
}

std::optional<double> Config::optional_number(std::string_view class_name, std::string_view name) const
{
    auto const& found = value(class_name, name);
    return found.is_null() ? std::nullopt : std::optional(found.get<double>());
}

} // namespace jhub::config
