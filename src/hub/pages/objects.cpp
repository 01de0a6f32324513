#include "hub/pages/objects.hpp"

#include <algorithm>
#include <functional>

#include "base/url.hpp"
#include "jinja/time_value.hpp"

namespace jhub::hub::pages {
namespace {

using jinja::Value;

// An object whose attributes are values made beforehand.
class Record final : public jinja::Object {
  public:
    Record(jinja::Dict attributes, std::string text) : attributes_(std::move(attributes)), text_(std::move(text)) {}
    [[nodiscard]] Value attribute(std::string_view name) const override
    {
        Value const* const found = attributes_.find(name);
        return found ? *found : Value();
    }
    [[nodiscard]] std::string text() const override { return text_; }

  private:
    jinja::Dict attributes_;
    std::string text_;
};

Value record(jinja::Dict attributes, std::string text)
{
    return std::make_shared<Record>(std::move(attributes), std::move(text));
}

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

Value or_none(std::string_view text)
{
    if (text.empty())
        return nullptr;
    return text;
}

} // namespace

Value spawner_object(std::string const& server_name, model::SpawnerRow const* row, LiveServer const* live,
                     std::string url, std::string progress_url, std::string user_name)
{
    ServerState const state = live ? live->state : ServerState::stopped;
    auto const last_activity = live && live->last_activity ? live->last_activity
                               : row                       ? row->last_activity
                                                           : std::nullopt;
    auto const started = live ? live->started : row ? row->started : std::nullopt;
    jinja::Dict attributes;
    attributes.set("name", server_name);
    attributes.set("active", is_active(state));
    attributes.set("ready", state == ServerState::ready);
    attributes.set("pending", or_none(pending_name(state)));
    attributes.set("last_activity", jinja::time_value(last_activity));
    attributes.set("started", jinja::time_value(started));
    attributes.set("url", url);
    attributes.set("user_options", Value::from_json(live && live->user_options ? *live->user_options
                                                    : row && row->user_options ? *row->user_options
                                                                               : Json::object()));
    attributes.set("_progress_url", progress_url);
    attributes.set("_log_name", server_name.empty() ? user_name : user_name + ":" + server_name);
    attributes.set("options_form", "");
    // Templates ask database rows for their server: present exactly while it is active.
    attributes.set("server", is_active(state) ? record(jinja::Dict{{"base_url", url}}, url) : Value(nullptr));
    std::string const text = "<Spawner " + user_name + "/" + server_name + ">";
    return record(std::move(attributes), text);
}

Value user_object(UserView view, Registry const& registry, Urls const& urls)
{
    auto const& user = view.user;
    auto const make = [&](std::string const& name, model::SpawnerRow const* row) {
        return spawner_object(name, row, registry.find(user.id, name).get(), urls.server_url(user.name, name),
                              urls.progress(user.name, name), user.name);
    };
    jinja::List named;
    Value default_server = make("", nullptr);
    for (auto const& row : view.spawners) {
        if (row.name.empty())
            default_server = make("", &row);
        else
            named.push_back(make(row.name, &row));
    }
    jinja::List all{default_server};
    all.insert(all.end(), named.begin(), named.end());
    auto const running = registry.of_user(user.id);
    bool const active = std::ranges::any_of(running, [](auto const& server) { return server->active(); });

    jinja::List groups;
    for (auto const& group : view.groups)
        groups.push_back(record(jinja::Dict{{"name", group}}, group));
    jinja::Dict attributes;
    attributes.set("id", user.id);
    attributes.set("name", user.name);
    attributes.set("escaped_name", escape_name(user.name));
    attributes.set("json_escaped_name", json_escaped(user.name));
    attributes.set("admin", user.admin);
    attributes.set("groups", std::move(groups));
    attributes.set("url", urls.user_url(user.name));
    attributes.set("base_url", urls.user(user.name));
    attributes.set("created", jinja::time_value(user.created));
    attributes.set("last_activity", jinja::time_value(user.last_activity));
    attributes.set("active", active);
    attributes.set("running", active);
    attributes.set("spawner", default_server);
    attributes.set("server_url",
                   Value::function([urls, name = user.name](jinja::Arguments const& arguments) -> Result<Value> {
                       Value const* const server = arguments.get(0, "server_name");
                       return Value(urls.server_url(name, server && server->is_text() ? server->text() : ""));
                   }));
    attributes.set("all_spawners", Value::function([all, named](jinja::Arguments const& arguments) -> Result<Value> {
                       Value const* const with_default = arguments.get(0, "include_default");
                       return Value(with_default && !with_default->truthy() ? named : all);
                   }));
    return record(std::move(attributes), user.name);
}

} // namespace jhub::hub::pages
