// Spawners and the authenticator as templates see them: what runs, and the options that they were made with.
#include <array>

#include "base/url.hpp"
#include "hub/dispatch/user_rows.hpp"
#include "hub/pages/objects.hpp"
#include "hub/pages/python_value.hpp"
#include "hub/pages/record.hpp"
#include "jinja/time_value.hpp"

namespace jhub::hub::pages {
namespace {

using jinja::Arguments;
using jinja::Dict;
using jinja::Value;

// An option of the class in use; undefined when there is none of that name, or when it is a secret.
Value option(Hub const& hub, std::string_view group, std::string_view name)
{
    auto const& config = *hub.settings.source;
    auto const& class_name = config.active_class(group);
    auto const* const declared = config::find_option(class_name, name);
    if (declared == nullptr || declared->is(config::secret))
        return {};
    if (config.live(class_name, name) != nullptr && config.value(class_name, name).is_null())
        return record({}, "<function>");
    return python_value(config.value(class_name, name));
}

struct SpawnerSource {
    RequestContext const* context;
    model::User owner;
    std::string name;
    std::optional<model::SpawnerRow> row;
    std::shared_ptr<LiveServer> live;

    [[nodiscard]] Hub const& hub() const { return context->hub; }
    [[nodiscard]] ServerState state() const { return live ? live->state : ServerState::stopped; }
    [[nodiscard]] config::SpawnerSettings const& settings() const
    {
        return live && live->settings ? *live->settings : hub().settings.spawner;
    }
    [[nodiscard]] std::string url() const { return hub().urls.server_url(owner.name, name); }
    [[nodiscard]] std::string log_name() const { return name.empty() ? owner.name : owner.name + ":" + name; }
};

Value or_none(std::string_view text)
{
    if (text.empty())
        return nullptr;
    return text;
}

Value last_activity(SpawnerSource const& s)
{
    auto const seen = s.live && s.live->last_activity ? s.live->last_activity
                      : s.row                         ? s.row->last_activity
                                                      : std::nullopt;
    return jinja::time_value(seen);
}

Value started(SpawnerSource const& s)
{
    return jinja::time_value(s.live ? s.live->started : s.row ? s.row->started : std::nullopt);
}

Value user_options(SpawnerSource const& s)
{
    return Value::from_json(s.live && s.live->user_options ? *s.live->user_options
                            : s.row && s.row->user_options ? *s.row->user_options
                                                           : Json::object());
}

// Templates ask database rows for their server: present exactly while it is active.
Value server(SpawnerSource const& s)
{
    if (!is_active(s.state()))
        return nullptr;
    auto const where = parse_url(s.live->url);
    std::string const path = s.hub().urls.server(s.owner.name, s.name);
    return record({{"base_url", s.url()},
                   {"proto", where ? where->scheme : "http"},
                   {"ip", where ? where->host : ""},
                   {"port", where ? where->port : 0},
                   {"host", s.live->url},
                   {"url", s.live->url.empty() ? "" : s.live->url + path}},
                  s.url());
}

Value texts(std::vector<std::string> const& list) { return jinja::List(list.begin(), list.end()); }

Value environment(SpawnerSource const& s)
{
    Dict variables;
    for (auto const& [name, value] : s.settings().environment)
        variables.set(name, value);
    return variables;
}

Value options_form(SpawnerSource const& s)
{
    if (s.hub().python.has("Spawner.options_form"))
        return record({}, "<function>");
    return s.settings().options_form;
}

Value itself(SpawnerSource const& s) { return spawner_object(*s.context, s.owner, s.name, s.row ? &*s.row : nullptr); }

using Of = SpawnerSource const&;
constexpr std::array spawner_attributes{
    Attribute<SpawnerSource>{"name", [](Of s) -> Value { return s.name; }},
    Attribute<SpawnerSource>{"active", [](Of s) -> Value { return is_active(s.state()); }},
    Attribute<SpawnerSource>{"ready", [](Of s) -> Value { return s.state() == ServerState::ready; }},
    Attribute<SpawnerSource>{"pending", [](Of s) { return or_none(pending_name(s.state())); }},
    Attribute<SpawnerSource>{"last_activity", last_activity},
    Attribute<SpawnerSource>{"started", started},
    Attribute<SpawnerSource>{"user_options", user_options},
    Attribute<SpawnerSource>{"server", server},
    Attribute<SpawnerSource>{"url", [](Of s) -> Value { return s.url(); }},
    Attribute<SpawnerSource>{"proxy_spec",
                             [](Of s) -> Value { return s.hub().urls.server_route(s.owner.name, s.name); }},
    Attribute<SpawnerSource>{"_progress_url",
                             [](Of s) -> Value { return s.hub().urls.progress(s.owner.name, s.name); }},
    Attribute<SpawnerSource>{"_log_name", [](Of s) -> Value { return s.log_name(); }},
    Attribute<SpawnerSource>{
        "hub",
        [](Of s) -> Value { return record({{"base_url", s.hub().urls.hub_prefix()}}, s.hub().urls.hub_prefix()); }},
    Attribute<SpawnerSource>{"user", [](Of s) { return user_object(*s.context, s.owner); }},
    Attribute<SpawnerSource>{"orm_spawner", itself},
    Attribute<SpawnerSource>{"options_form", options_form},
    // These may differ from server to server.
    Attribute<SpawnerSource>{"cmd", [](Of s) { return texts(s.settings().cmd); }},
    Attribute<SpawnerSource>{"args", [](Of s) { return texts(s.settings().args); }},
    Attribute<SpawnerSource>{"environment", environment},
    Attribute<SpawnerSource>{"notebook_dir", [](Of s) -> Value { return s.settings().notebook_dir; }},
    Attribute<SpawnerSource>{"default_url", [](Of s) -> Value { return s.settings().default_url; }},
    Attribute<SpawnerSource>{"mem_limit", [](Of s) -> Value { return s.settings().mem_limit; }},
    Attribute<SpawnerSource>{"mem_guarantee", [](Of s) -> Value { return s.settings().mem_guarantee; }},
    Attribute<SpawnerSource>{"cpu_limit", [](Of s) -> Value { return s.settings().cpu_limit; }},
    Attribute<SpawnerSource>{"cpu_guarantee", [](Of s) -> Value { return s.settings().cpu_guarantee; }},
    Attribute<SpawnerSource>{"start_timeout", [](Of s) -> Value { return s.settings().start_timeout.count(); }},
    Attribute<SpawnerSource>{"http_timeout", [](Of s) -> Value { return s.settings().http_timeout.count(); }},
};

struct AuthenticatorSource {
    Hub const* hub;
    std::string custom_html;
    [[nodiscard]] config::AuthenticatorSettings const& settings() const { return hub->settings.authenticator; }
};

Value class_of(AuthenticatorSource const& a)
{
    std::string name(a.hub->authenticator->name());
    name = name.substr(name.rfind('.') + 1);
    return record({{"__name__", name}}, "<class '" + name + "'>");
}

// Templates call them with the hub's address, which is what they are made of here.
template <typename Url> Value url_method(Url url)
{
    return Value::function([url](Arguments const&) -> Result<Value> { return Value(url()); });
}

using From = AuthenticatorSource const&;
constexpr std::array authenticator_attributes{
    Attribute<AuthenticatorSource>{"__class__", class_of},
    Attribute<AuthenticatorSource>{"login_service", [](From a) -> Value { return a.settings().login_service; }},
    Attribute<AuthenticatorSource>{"request_otp", [](From a) -> Value { return a.settings().request_otp; }},
    Attribute<AuthenticatorSource>{"otp_prompt", [](From a) -> Value { return a.settings().otp_prompt; }},
    Attribute<AuthenticatorSource>{"auto_login", [](From a) -> Value { return a.settings().auto_login; }},
    Attribute<AuthenticatorSource>{"enable_auth_state", [](From a) -> Value { return a.settings().enable_auth_state; }},
    Attribute<AuthenticatorSource>{"manage_groups", [](From a) -> Value { return a.settings().manage_groups; }},
    Attribute<AuthenticatorSource>{"manage_roles", [](From a) -> Value { return a.settings().manage_roles; }},
    Attribute<AuthenticatorSource>{"custom_html", [](From a) -> Value { return a.custom_html; }},
    Attribute<AuthenticatorSource>{"get_custom_html",
                                   [](From a) { return url_method([html = a.custom_html] { return html; }); }},
    Attribute<AuthenticatorSource>{"login_url",
                                   [](From a) {
                                       return url_method([hub = a.hub] {
                                           return hub->authenticator->login_url(hub->urls.hub_prefix());
                                       });
                                   }},
    Attribute<AuthenticatorSource>{"logout_url",
                                   [](From a) {
                                       return url_method([hub = a.hub] {
                                           return hub->authenticator->logout_url(hub->urls.hub_prefix());
                                       });
                                   }},
};

} // namespace

Value spawner_object(RequestContext const& context, model::User const& owner, std::string const& server_name,
                     model::SpawnerRow const* row)
{
    SpawnerSource source{&context, owner, server_name, {}, context.hub.servers.find(owner.id, server_name)};
    if (row)
        source.row = *row;
    else if (auto const known = context.user_rows.find(owner.id); known != context.user_rows.end())
        for (auto const& candidate : known->second->spawners)
            if (candidate.name == server_name)
                source.row = candidate;
    auto const more = [](SpawnerSource const& s, std::string_view name) { return option(s.hub(), "spawner", name); };
    std::string const text = "<Spawner " + owner.name + "/" + server_name + ">";
    return std::make_shared<Table<SpawnerSource>>(std::move(source), spawner_attributes, more, text);
}

Value authenticator_object(Hub const& hub, std::string custom_html)
{
    auto const more = [](AuthenticatorSource const& a, std::string_view name) {
        return option(*a.hub, "authenticator", name);
    };
    std::string text = "<" + std::string(hub.authenticator->name()) + ">";
    return std::make_shared<Table<AuthenticatorSource>>(AuthenticatorSource{&hub, std::move(custom_html)},
                                                        authenticator_attributes, more, std::move(text));
}

} // namespace jhub::hub::pages
