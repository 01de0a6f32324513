#include "rbac/raw_scope.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace jhub::rbac {
namespace {

constexpr std::size_t maximum_scope_length = 1024;
constexpr std::string_view custom_prefix = "custom:";

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_lower_or_digit(char c) { return is_lower(c) || (c >= '0' && c <= '9'); }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

std::string unknown_scope_message(std::string_view base, ScopeRegistry const& registry)
{
    if (base == "all")
        return R"(Scope "all" does not exist; for everything that the owner of a token may do, use "inherit".)";
    std::vector<std::string> names;
    for (Scope const scope : registry.all_real())
        names.emplace_back(registry.name(scope));
    return "Scope \"" + printable(base) + "\" does not exist." + did_you_mean(base, names, " Did you mean \"", "\"?");
}

} // namespace

bool RawScope::is_placeholder() const { return filter == "user" || filter == "service" || filter == "server"; }

RawScope split_scope(std::string_view text)
{
    std::size_t const mark = text.find('!');
    if (mark == std::string_view::npos)
        return {text, {}, false};
    return {text.substr(0, mark), text.substr(mark + 1), true};
}

std::optional<Filter> parse_filter(RawScope const& raw)
{
    if (!raw.has_filter)
        return Filter{};
    std::size_t const equals = raw.filter.find('=');
    if (equals == std::string_view::npos || equals + 1 == raw.filter.size())
        return std::nullopt;
    std::string_view const kind = raw.filter.substr(0, equals);
    for (FilterKind const known : {FilterKind::user, FilterKind::group, FilterKind::server, FilterKind::service}) {
        if (kind == to_string(known))
            return Filter{known, raw.filter.substr(equals + 1)};
    }
    return std::nullopt;
}

Result<> check_scope_exists(std::string_view text, ScopeRegistry const& registry)
{
    if (text.size() > maximum_scope_length)
        return fail(Errc::invalid_argument, "Scope \"" + printable(text, 64) + "\" is too long.");
    RawScope const raw = split_scope(text);
    if (!registry.find(raw.base))
        return fail(Errc::invalid_argument, unknown_scope_message(raw.base, registry));
    if (raw.is_placeholder() || parse_filter(raw))
        return {};
    return fail(Errc::invalid_argument, "The filter of scope \"" + printable(text) +
                                            "\" is not valid: use !user=NAME, !group=NAME, !service=NAME, "
                                            "!server=USER/NAME, or !user, !service, !server alone.");
}

Result<> check_scopes_exist(std::span<std::string const> texts, ScopeRegistry const& registry)
{
    for (std::string const& text : texts)
        CHECK(check_scope_exists(text, registry));
    return {};
}

Result<> check_role_name(std::string_view name)
{
    bool const fits = name.size() >= 3 && name.size() <= 255 && is_lower(name.front()) &&
                      is_lower_or_digit(name.back()) &&
                      std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || is_one_of(c, "-_~."); });
    if (fits)
        return {};
    return fail(Errc::invalid_argument,
                "\"" + printable(name) +
                    "\" cannot be the name of a role: it takes 3 to 255 characters of a-z, 0-9 and - _ ~ . , a letter "
                    "first, a letter or digit last.");
}

Result<> check_custom_scope_name(std::string_view name)
{
    std::string_view const own = name.starts_with(custom_prefix) ? name.substr(custom_prefix.size()) : "";
    bool const fits = own.size() >= 3 && is_lower_or_digit(own.front()) &&
                      (is_lower_or_digit(own.back()) || is_one_of(own.back(), "_*")) &&
                      std::ranges::all_of(own, [](char c) { return is_lower_or_digit(c) || is_one_of(c, "_-*:"); });
    if (fits)
        return {};
    return fail(Errc::invalid_argument, "\"" + printable(name) +
                                            "\" cannot be the name of a custom scope: it takes \"custom:\" and at "
                                            "least three characters of a-z, 0-9 and _ - * : , a letter or digit "
                                            "first, none of - and : last.");
}

} // namespace jhub::rbac
