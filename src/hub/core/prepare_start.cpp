// The first half of a start (reference spawner.md §3, steps 2 to 16): the rows in the database, then the options of
// this one server, to which its user's groups, its user's choices and the site's hooks contribute, then its
// environment.
#include <algorithm>
#include <cstdlib>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/url.hpp"
#include "hub/core/auth_state.hpp"
#include "hub/core/environment.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/preparation.hpp"
#include "hub/core/wanted_row.hpp"
#include "rbac/oauth_scopes.hpp"
#include "rbac/resolve.hpp"
#include "store/groups.hpp"
#include "store/roles.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

// What begin_spawn() needs to know beside the settings; read and hashed off the logic thread.
struct Gathered {
    std::vector<std::string> role_scopes, server_role_scopes;
    std::string hashed_token, hashed_secret;
};

Gathered gather(store::Transaction& transaction, std::int64_t user_id, std::string const& token)
{
    Gathered found;
    for (auto const& role : store::roles_of_user(transaction, user_id))
        found.role_scopes.insert(found.role_scopes.end(), role.scopes.begin(), role.scopes.end());
    if (auto const role = store::find_role(transaction, "server"))
        found.server_role_scopes = role->scopes;
    found.hashed_token = auth::hash_token(token, auth::generated_rounds);
    found.hashed_secret =
        auth::hash_token(token, auth::generated_rounds); // the client's secret is the same token; its own salt
    return found;
}

std::optional<std::uint64_t> as_bytes(std::optional<std::int64_t> value)
{
    if (!value || *value < 0)
        return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

EnvironmentInput environment_input(Hub const& hub, LiveServer const& server, std::string const& token,
                                   spawn::Endpoint const& listens)
{
    auto const& settings = *server.settings;
    EnvironmentInput input{.urls = hub.urls};
    input.user = server.user_name;
    input.server = server.server_name;
    input.api_token = token;
    input.service_url =
        origin_of(listens.proto, listens.ip, listens.port) + hub.urls.server(server.user_name, server.server_name);
    input.kept = kept_variables(settings.env_keep);
    input.admin_access = hub.settings.hub.admin_access;
    input.cookie_options = hub.settings.hub.tornado_settings.cookie_options;
    input.cookie_host_prefix = hub.settings.hub.cookie_host_prefix_enabled;
    input.client_allowed_scopes = settings.oauth_client_allowed_scopes;
    if (!settings.hub_connect_url.empty())
        input.hub_connect_url = settings.hub_connect_url;
    input.mem_limit = as_bytes(settings.mem_limit);
    input.mem_guarantee = as_bytes(settings.mem_guarantee);
    input.cpu_limit = settings.cpu_limit;
    input.cpu_guarantee = settings.cpu_guarantee;
    input.notebook_dir = settings.notebook_dir;
    input.default_url = settings.default_url;
    input.debug = settings.debug;
    input.disable_user_config = settings.disable_user_config;
    if (!hub.python.prepares_starts()) // else Python has the last word on it
        input.configured = settings.environment;
    return input;
}

// The options of one server when no Python has a say: group_overrides in the order of their keys, then the user's own.
Result<config::SpawnerSettings> own_options(Hub const& hub, std::vector<model::Group> const& groups,
                                            Json const& user_options, std::string const& label)
{
    auto const& settings = hub.settings.spawner;
    std::vector<Json> overrides;
    for (auto const& entry : settings.group_overrides) {
        auto const is_member = [&](auto const& group) {
            return std::ranges::find(entry.groups, group.name) != entry.groups.end();
        };
        if (std::ranges::any_of(groups, is_member))
            overrides.push_back(entry.spawner_override);
    }
    Json values = Json::object();
    if (settings.ignores_user_options && !user_options.empty())
        log::warning("{} has user options, but c.Spawner.apply_user_options is not set", label);
    else
        for (auto const& [field, value] : user_options.items()) {
            auto const known =
                std::ranges::find(settings.apply_user_options, field, &std::pair<std::string, std::string>::first);
            if (known != settings.apply_user_options.end())
                values[known->second] = value;
            else
                log::warning("The option {} of {} is not known to c.Spawner.apply_user_options", field, label);
        }
    if (overrides.empty() && values.empty())
        return settings;
    return config::with_values(*hub.settings.source, overrides, values);
}

Environment to_environment(Json const& variables)
{
    Environment environment;
    for (auto const& [name, value] : variables.items())
        environment.emplace_back(name, value.get<std::string>());
    return environment;
}

Json to_json(Environment const& environment)
{
    Json variables = Json::object();
    for (auto const& [name, value] : environment)
        variables[name] = value;
    return variables;
}

} // namespace

// What a hook answered is the answer to whoever wanted the start.
std::unexpected<Error> Launcher::refuse(LiveServer& server, python::CallError const& error)
{
    server.refusal = StartFailure{.message = error.message, .advice = {}, .output = {}};
    server.refusal->reason = error.code == Errc::timeout ? "timeout" : "error";
    server.refusal->html = error.html;
    server.refusal->status = error.status;
    return std::unexpected(to_error(error));
}

Async<Launcher::Preparation> Launcher::prepare(std::shared_ptr<LiveServer> server, StartOrder const& order)
{
    Preparation preparation;
    preparation.user = order.user;
    preparation.token = auth::new_token();
    if (hub_.python.prepares_starts()) {
        CO_TRY(preparation.question, co_await describe_spawner(hub_, order.user, server->server_name));
        preparation.question["api_token"] = preparation.token;
        preparation.question["oauth_client_id"] = server_client_id(server->user_name, server->server_name);
        preparation.question["base_path"] = hub_.urls.server(server->user_name, server->server_name);
    }
    CO_CHECK(co_await write_rows(server, order, preparation));
    if (hub_.python.prepares_starts()) {
        CO_CHECK(co_await ask_hooks(server, preparation));
    } else {
        CO_CHECK(co_await settle_options(server, preparation));
    }
    if (server->cancel_start)
        co_return fail(Errc::invalid_state, "The start was cancelled.");
    server->spawner = make_spawner_(*server, *server->settings, process_saver(server));
    watch_exit(server);
    CO_CHECK(co_await fill_request(server, preparation));
    co_return preparation;
}

Async<> Launcher::write_rows(std::shared_ptr<LiveServer> server, StartOrder const& order, Preparation& preparation)
{
    std::string const base_path = hub_.urls.server(server->user_name, server->server_name);
    auto const read = [user = order.user,
                       token = preparation.token](store::Transaction& transaction) -> Result<Gathered> {
        CHECK(check_still_there(transaction, user));
        return gather(transaction, user.id, token);
    };
    CO_TRY(Gathered const gathered, co_await hub_.store.read(read));

    auto const& settings = hub_.settings.spawner;
    std::vector<std::string> token_scopes = settings.server_token_scopes;
    std::vector<std::string> client_scopes = settings.oauth_client_allowed_scopes;
    Json live = Json::array();
    for (auto const* name : {"server_token_scopes", "oauth_client_allowed_scopes"})
        if (hub_.python.has(fmt::format("Spawner.{}", name)))
            live.push_back(name);
    if (!live.empty()) {
        CO_TRY(Json question, co_await describe_spawner(hub_, order.user, server->server_name));
        question["options"] = live;
        auto const answer =
            co_await hub_.python.call("spawner.scopes", std::move(question), settings.start_timeout, &server->hooks);
        if (!answer)
            co_return refuse(*server, answer.error());
        token_scopes = answer->value("server_token_scopes", token_scopes);
        client_scopes = answer->value("oauth_client_allowed_scopes", client_scopes);
    }
    hub_.verified_tokens.remember(gathered.hashed_secret, preparation.token);
    rbac::Context const context{hub_.scopes, rbac::no_memberships()};
    auto const& requested = token_scopes.empty() ? gathered.server_role_scopes : token_scopes;
    auto const scopes =
        rbac::server_token_scopes(requested, gathered.role_scopes, server->user_name, server->server_name, context);
    rbac::Client const client{rbac::ClientKind::server, server->user_name, server->server_name, {}};

    store::SpawnStart start;
    start.server.base_url = base_path;
    start.now = hub_.now();
    start.user_options = order.user_options;
    start.token.emplace();
    start.token->user_id = order.user.id;
    start.token->hashed = gathered.hashed_token;
    start.token->prefix = auth::token_prefix(preparation.token);
    start.token->client_id = model::hub_client;
    start.token->created = start.now;
    start.token->note = "Server at " + base_path;
    start.token->scopes = scopes.allowed;
    start.client.emplace();
    start.client->identifier = server_client_id(server->user_name, server->server_name);
    start.client->description = "Server at " + base_path;
    start.client->secret = gathered.hashed_secret;
    start.client->redirect_uri =
        join_path(hub_.urls.server_url(server->user_name, server->server_name), "oauth_callback");
    start.client->allowed_scopes = rbac::client_allowed_scopes(client_scopes, client);

    struct Begun {
        store::SpawnIds ids;
        model::SpawnerRow row;
    };
    auto const write = [start, user = order.user,
                        name = server->server_name](store::Transaction& transaction) mutable -> Result<Begun> {
        CHECK(check_still_there(transaction, user));
        auto row = store::ensure_spawner(transaction, user.id, name);
        start.spawner_id = row.id;
        auto const ids = store::begin_spawn(transaction, start);
        store::touch_users(transaction, {{user.id, start.now}});
        return Begun{ids, std::move(row)};
    };
    CO_TRY(Begun begun, co_await hub_.store.write(write));
    server->spawner_id = begun.row.id;
    server->token_id = begun.ids.token_id.value_or(0);
    server->started = server->last_activity = start.now;
    if (!server->user_options)
        server->user_options = begun.row.user_options.value_or(Json::object());
    co_return Result<>{};
}

Async<> Launcher::settle_options(std::shared_ptr<LiveServer> server, Preparation& preparation)
{
    auto const& settings = hub_.settings.spawner;
    if (settings.group_overrides.empty() && (settings.ignores_user_options || server->user_options->empty()))
        co_return Result<>{};
    auto const read = [id = preparation.user.id](store::Transaction& transaction) {
        return store::groups_of_user(transaction, id);
    };
    CO_TRY(auto const groups, co_await hub_.store.read(read));
    auto options = own_options(hub_, groups, *server->user_options, server->label());
    if (!options)
        co_return refuse(*server, {Errc::invalid_argument, options.error().message, "", 400, true});
    server->settings = std::make_shared<config::SpawnerSettings const>(*std::move(options));
    co_return Result<>{};
}

// The site's own steps, in Python; what they have changed counts for this start.
Async<> Launcher::ask_hooks(std::shared_ptr<LiveServer> server, Preparation& preparation)
{
    Json question = preparation.question;
    question["user_options"] = *server->user_options;
    auto const answer = co_await hub_.python.call("spawner.prepare", std::move(question),
                                                  hub_.settings.spawner.start_timeout, &server->hooks);
    if (!answer)
        co_return refuse(*server, answer.error());
    if (answer->contains("auth_state")) {
        CO_TRY(auto encrypted, encrypt_auth_state(hub_.crypt_keeper, answer->at("auth_state"), hub_.now()));
        auto const write = [id = preparation.user.id, encrypted](store::Transaction& transaction) {
            return store::set_user_auth_state(transaction, id, encrypted);
        };
        CO_CHECK(co_await hub_.store.write(write));
    }
    Json const changes = answer->value("changes", Json::object());
    if (changes.empty())
        co_return Result<>{};
    auto options = config::with_values(*hub_.settings.source, {}, changes);
    if (!options)
        co_return refuse(*server, {Errc::invalid_argument, options.error().message, "", 400, true});
    server->settings = std::make_shared<config::SpawnerSettings const>(*std::move(options));
    co_return Result<>{};
}

Async<> Launcher::fill_request(std::shared_ptr<LiveServer> server, Preparation& preparation)
{
    CO_TRY(spawn::Endpoint const listens, server->spawner->choose_endpoint());
    auto const& settings = *server->settings;
    auto& request = preparation.request;
    request.user_name = server->user_name;
    request.server_name = server->server_name;
    request.base_path = hub_.urls.server(server->user_name, server->server_name);
    request.env = build_environment(environment_input(hub_, *server, preparation.token, listens));
    request.cmd = settings.cmd;
    request.args = settings.args;
    request.user_options = *server->user_options;
    if (hub_.python.prepares_starts()) {
        Json question = preparation.question;
        question["environment"] = to_json(request.env);
        question["ip"] = listens.ip;
        question["port"] = listens.port;
        auto const answer = co_await hub_.python.call("spawner.environment", std::move(question),
                                                      hub_.settings.spawner.start_timeout, &server->hooks);
        if (!answer)
            co_return refuse(*server, answer.error());
        request.env = to_environment(answer->at("environment"));
        request.args = answer->at("args").get<std::vector<std::string>>();
        if (hub_.python.spawner_does("progress"))
            asio::co_spawn(hub_.executor, follow_progress(server, preparation.question), asio::detached);
    }
    for (auto& argument : request.args)
        argument = fill_template(argument, server->user_name, hub_.urls.base());
    co_return Result<>{};
}

// Events of a Python class's progress(), as long as the start is under way.
Task<> Launcher::follow_progress(std::shared_ptr<LiveServer> server, Json question)
{
    for (std::size_t index = 0; pending_name(server->state) == "spawn";) {
        question["index"] = index;
        auto const event = co_await hub_.python.call("spawner.next_progress", question, page_patience);
        if (!event || !event->is_object())
            co_return;
        if (event->contains("again"))
            continue;
        Json shown = *event;
        shown.erase("ready");
        server->progress.push_back(std::move(shown));
        server->announce();
        ++index;
    }
}

// What is stored for a restarted hub; a Python class may add to it.
Async<Json> Launcher::state_of(std::shared_ptr<LiveServer> server)
{
    Json state = server->spawner->state();
    if (!hub_.python.spawner_does("get_state"))
        co_return state;
    model::User user;
    user.id = server->user_id;
    user.name = server->user_name;
    CO_TRY(Json question, co_await describe_spawner(hub_, user, server->server_name));
    question["state"] = state;
    auto const answer = co_await hub_.python.call("spawner.state", std::move(question), page_patience);
    if (!answer)
        co_return std::unexpected(to_error(answer.error()));
    for (auto const& [name, value] : answer->items())
        if (!state.contains(name))
            state[name] = value;
    co_return state;
}

// post_stop_hook and the like: nobody waits for their answer but the state "stopping".
Task<> Launcher::tell_hooks_of_stop(std::shared_ptr<LiveServer> server)
{
    if (!hub_.python.follows_stops())
        co_return;
    model::User user;
    user.id = server->user_id;
    user.name = server->user_name;
    auto const question = co_await describe_spawner(hub_, user, server->server_name);
    if (!question)
        co_return log::error("{}: its hooks are not told of the stop: {}", server->label(), question.error().message);
    auto const answer = co_await hub_.python.call("spawner.stopped", *question, stop_patience);
    if (!answer)
        log::error("{}: the hooks after the stop: {}", server->label(), answer.error().message);
}

} // namespace jhub::hub
