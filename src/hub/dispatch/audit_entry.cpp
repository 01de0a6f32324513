#include "hub/dispatch/audit_entry.hpp"

#include <array>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "hub/dispatch/route.hpp"

namespace jhub::hub {
namespace {

// Only what is named here gets into the log: parameters of paths and keys of bodies that hold no secret.
constexpr std::array target_names{"user", "server", "group", "service", "owner", "name", "id"};
constexpr std::array detail_names{"name", "admin", "usernames", "users",      "groups", "scopes",  "roles",
                                  "note", "user",  "group",     "expires_in", "remove", "servers", "proxy"};
constexpr std::size_t longest_text = 255, longest_list = 20, longest_body = 16 * 1024;

bool only_reads(http::Method method)
{
    return method == http::Method::get || method == http::Method::head || method == http::Method::options;
}

bool is_recorded(RequestContext const& context, int status)
{
    switch (context.route->audit) {
    case Audit::always:
        return true;
    case Audit::when_it_redirects:
        if (status >= 300 && status < 400)
            return true;
        break;
    case Audit::changes:
        if (!only_reads(context.request.method))
            return true;
        break;
    case Audit::never:
        break;
    }
    return status == http::to_int(http::Status::forbidden) && context.principal.identified();
}

// Short enough for a log; nothing for what is neither text, number, truth value nor a list of those.
Json shortened(Json const& value)
{
    if (value.is_string())
        return printable(value.get_ref<std::string const&>(), longest_text);
    if (value.is_number() || value.is_boolean())
        return value;
    Json list = Json::array();
    if (value.is_array())
        for (auto const& item : value) {
            if (list.size() == longest_list) {
                list.push_back(fmt::format("and {} more", value.size() - longest_list));
                break;
            }
            if (!item.is_structured())
                list.push_back(shortened(item));
        }
    return list;
}

Json details_of(RequestContext const& context)
{
    Json details = Json::object();
    if (!context.claimed_name.empty())
        details["claimed_name"] = context.claimed_name;
    if (!context.made_token.empty())
        details["made_token"] = context.made_token;
    if (only_reads(context.request.method) || context.request.body.size() > longest_body)
        return details;
    auto const body = context.json();
    if (!body || !body->is_object())
        return details;
    for (auto const* const name : detail_names)
        if (auto const found = body->find(name); found != body->end() && !found->is_null() && !found->is_object())
            details[name] = shortened(*found);
    return details;
}

Json target_of(RequestContext const& context)
{
    Json target = Json::object();
    for (auto const* const name : target_names)
        if (auto const found = context.path.find(name); found != context.path.end())
            target[name] = printable(found->second, longest_text);
    return target;
}

std::string outcome_of(int status)
{
    if (status >= 500)
        return "failed";
    return status >= 400 ? "refused" : "done";
}

} // namespace

std::optional<AuditEntry> audit_entry(RequestContext const& context, http::Response const& response)
{
    int const status = http::to_int(response.status);
    if (context.route == nullptr || !is_recorded(context, status))
        return std::nullopt;
    auto const& principal = context.principal;
    AuditEntry entry;
    entry.actor = principal.identified() ? principal.name() : context.asked_by;
    entry.actor_kind = principal.service ? "service" : entry.actor.empty() ? "anonymous" : "user";
    if (principal.token)
        entry.token = fmt::format("a{}", principal.token->id);
    entry.address = context.client_address();
    entry.action = fmt::format("{} {}", http::to_string(context.request.method), context.route->pattern);
    entry.target = target_of(context);
    entry.details = details_of(context);
    entry.status = status;
    entry.outcome = outcome_of(status);
    return entry;
}

} // namespace jhub::hub
