#include "hub/pages/objects.hpp"

#include <algorithm>
#include <array>

#include "base/url.hpp"
#include "hub/core/auth_state.hpp"
#include "hub/dispatch/user_rows.hpp"
#include "hub/pages/record.hpp"
#include "jinja/time_value.hpp"

namespace jhub::hub::pages {
namespace {

using jinja::Arguments;
using jinja::Dict;
using jinja::List;
using jinja::Value;

struct UserSource {
    RequestContext const* context;
    model::User user;
    [[nodiscard]] Urls const& urls() const { return context->hub.urls; }
    [[nodiscard]] std::string const& name() const { return user.name; }
    [[nodiscard]] UserRows const& rows() const
    {
        static UserRows const nothing;
        auto const found = context->user_rows.find(user.id);
        return found == context->user_rows.end() ? nothing : *found->second;
    }
};

// JSON text that is safe inside a script element or an attribute.
std::string json_escaped(std::string const& text)
{
    std::string json = to_python_json(Json(text));
    json = json.substr(1, json.size() - 2);
    for (auto const& [from, to] :
         {std::pair("<", "\\u003c"), std::pair(">", "\\u003e"), std::pair("&", "\\u0026"), std::pair("'", "\\u0027")}) {
        std::string out;
        for (char const c : json)
            out += c == *from ? std::string(to) : std::string(1, c);
        json = std::move(out);
    }
    return json;
}

Value spawner_of(UserSource const& source, std::string const& name)
{
    return spawner_object(*source.context, source.user, name);
}

std::vector<std::string> server_names(UserSource const& source, bool with_default)
{
    std::vector<std::string> names;
    if (with_default)
        names.emplace_back();
    for (auto const& row : source.rows().spawners)
        if (!row.name.empty())
            names.push_back(row.name);
    return names;
}

List spawner_list(UserSource const& source, bool with_default)
{
    List all;
    for (auto const& name : server_names(source, with_default))
        all.push_back(spawner_of(source, name));
    return all;
}

Value spawner_dict(UserSource const& source)
{
    Dict all;
    for (auto const& name : server_names(source, true))
        all.set(name, spawner_of(source, name));
    return all;
}

Value groups_of(UserSource const& source)
{
    List groups;
    for (auto const& group : source.rows().groups)
        groups.push_back(record(
            {{"id", group.id}, {"name", group.name}, {"properties", Value::from_json(group.properties)}}, group.name));
    return groups;
}

Value roles_of(UserSource const& source)
{
    List roles;
    for (auto const& role : source.rows().roles) {
        List scopes(role.scopes.begin(), role.scopes.end());
        roles.push_back(record({{"id", role.id},
                                {"name", role.name},
                                {"description", role.description},
                                {"scopes", std::move(scopes)},
                                {"managed_by_auth", role.managed_by_auth}},
                               role.name));
    }
    return roles;
}

bool any_server_active(UserSource const& source)
{
    auto const running = source.context->hub.servers.of_user(source.user.id);
    return std::ranges::any_of(running, [](auto const& server) { return server->active(); });
}

Value default_server_attribute(UserSource const& source, std::string_view name)
{
    return spawner_of(source, "").object().attribute(name);
}

std::string text_argument(Arguments const& arguments)
{
    Value const* const server = arguments.get(0, "server_name");
    return server && server->is_text() ? server->text() : "";
}

Value all_spawners_method(UserSource const& source)
{
    return Value::function([source](Arguments const& arguments) -> Result<Value> {
        Value const* const with_default = arguments.get(0, "include_default");
        return Value(spawner_list(source, !with_default || with_default->truthy()));
    });
}

Value server_url_method(UserSource const& source)
{
    return Value::function([source](Arguments const& arguments) -> Result<Value> {
        return Value(source.urls().server_url(source.name(), text_argument(arguments)));
    });
}

Value public_url_method(UserSource const& source)
{
    return Value::function([source](Arguments const& arguments) -> Result<Value> {
        return Value(source.urls().full(source.urls().server_url(source.name(), text_argument(arguments))));
    });
}

Value progress_url_method(UserSource const& source)
{
    return Value::function([source](Arguments const& arguments) -> Result<Value> {
        return Value(source.urls().progress(source.name(), text_argument(arguments)));
    });
}

std::string host_of(UserSource const& source)
{
    std::string const url = source.urls().full(source.urls().user_url(source.name()));
    std::string const path = source.urls().user(source.name());
    return url.ends_with(path) ? url.substr(0, url.size() - path.size()) : "";
}

using Of = UserSource const&;
constexpr std::array user_attributes{
    Attribute<UserSource>{"id", [](Of s) -> Value { return s.user.id; }},
    Attribute<UserSource>{"name", [](Of s) -> Value { return s.name(); }},
    Attribute<UserSource>{"escaped_name", [](Of s) -> Value { return escape_name(s.name()); }},
    Attribute<UserSource>{"json_escaped_name", [](Of s) -> Value { return json_escaped(s.name()); }},
    Attribute<UserSource>{"admin", [](Of s) -> Value { return s.user.admin; }},
    Attribute<UserSource>{"created", [](Of s) { return jinja::time_value(s.user.created); }},
    Attribute<UserSource>{"last_activity", [](Of s) { return jinja::time_value(s.user.last_activity); }},
    Attribute<UserSource>{"groups", groups_of},
    Attribute<UserSource>{"roles", roles_of},
    Attribute<UserSource>{"url", [](Of s) -> Value { return s.urls().user_url(s.name()); }},
    Attribute<UserSource>{"base_url", [](Of s) -> Value { return s.urls().user(s.name()); }},
    Attribute<UserSource>{"host", [](Of s) -> Value { return host_of(s); }},
    Attribute<UserSource>{"proxy_spec", [](Of s) -> Value { return s.urls().server_route(s.name(), ""); }},
    Attribute<UserSource>{"active", [](Of s) -> Value { return any_server_active(s); }},
    Attribute<UserSource>{"running", [](Of s) { return default_server_attribute(s, "ready"); }},
    Attribute<UserSource>{"server", [](Of s) { return default_server_attribute(s, "server"); }},
    Attribute<UserSource>{"spawner", [](Of s) { return spawner_of(s, ""); }},
    Attribute<UserSource>{"spawners", spawner_dict},
    Attribute<UserSource>{"orm_user", [](Of s) { return user_object(*s.context, s.user); }},
    Attribute<UserSource>{"orm_spawners", spawner_dict},
    Attribute<UserSource>{"_orm_spawners", [](Of s) -> Value { return spawner_list(s, true); }},
    Attribute<UserSource>{"all_spawners", all_spawners_method},
    Attribute<UserSource>{"server_url", server_url_method},
    Attribute<UserSource>{"public_url", public_url_method},
    Attribute<UserSource>{"progress_url", progress_url_method},
    Attribute<UserSource>{"authenticator", [](Of s) { return authenticator_object(s.context->hub, ""); }},
};

} // namespace

Value user_object(RequestContext const& context, model::User const& user)
{
    return std::make_shared<Table<UserSource>>(UserSource{&context, user}, user_attributes, nullptr, user.name);
}

Value auth_state_of(RequestContext const& context, model::User const& user)
{
    auto const rows = context.user_rows.find(user.id);
    if (!context.hub.settings.authenticator.enable_auth_state || rows == context.user_rows.end())
        return nullptr;
    model::User stored = user;
    stored.encrypted_auth_state = rows->second->encrypted_auth_state;
    return Value::from_json(read_auth_state(context.hub.crypt_keeper, stored).value);
}

} // namespace jhub::hub::pages
