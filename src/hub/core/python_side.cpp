#include "hub/core/python_side.hpp"

#include <algorithm>
#include <array>

#include "hub/core/auth_state.hpp"
#include "hub/core/hub.hpp"
#include "store/groups.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

constexpr std::array asked_before_a_start{"Spawner.pre_spawn_hook", "Spawner.auth_state_hook", "Spawner.environment",
                                          "Spawner.group_overrides", "Spawner.apply_user_options"};

} // namespace

PythonSide::PythonSide(config::PythonParts const& parts, python::LiveHost* host, Json abilities)
    : parts_(parts), host_(host), abilities_(std::move(abilities))
{
    if (host_ == nullptr)
        return;
    bool const classes = parts_.spawner || parts_.authenticator;
    prepares_starts_ = classes || std::ranges::any_of(asked_before_a_start, [&](auto name) { return has(name); });
    follows_stops_ = prepares_starts_ || has("Spawner.post_stop_hook");
}

bool PythonSide::spawner_does(std::string_view what) const
{
    return has_spawner_class() && abilities_.contains("spawner") && abilities_["spawner"].value(what, false);
}

Task<python::Answer> PythonSide::call(std::string method, Json arguments, std::chrono::milliseconds patience,
                                      python::Cancellation* cancellation) const
{
    co_return co_await host_->call(std::move(method), std::move(arguments), patience, cancellation);
}

Async<Json> describe_user(Hub& hub, model::User user)
{
    struct Found {
        model::User user;
        std::vector<model::Group> groups;
    };
    auto const read = [user](store::Transaction& transaction) {
        auto const now = store::find_user(transaction, user.name);
        return Found{now.value_or(user), store::groups_of_user(transaction, user.id)};
    };
    CO_TRY(Found const found, co_await hub.store.read(read));
    Json groups = Json::array();
    for (auto const& group : found.groups)
        groups.push_back(group.name);
    Json state;
    if (hub.settings.authenticator.enable_auth_state)
        state = read_auth_state(hub.crypt_keeper, found.user).value;
    co_return Json{{"id", user.id},
                   {"name", user.name},
                   {"admin", found.user.admin},
                   {"groups", std::move(groups)},
                   {"url", hub.urls.user_url(user.name)},
                   {"base_url", hub.urls.user(user.name)},
                   {"auth_state", std::move(state)}};
}

Async<Json> describe_spawner(Hub& hub, model::User user, std::string server_name)
{
    CO_TRY(Json described, co_await describe_user(hub, std::move(user)));
    co_return Json{{"user", std::move(described)}, {"name", std::move(server_name)}};
}

Error to_error(python::CallError const& error)
{
    Errc code = error.code;
    if (error.status == 401 || error.status == 403)
        code = Errc::forbidden;
    else if (error.status == 404)
        code = Errc::not_found;
    else if (error.status == 409)
        code = Errc::conflict;
    else if (error.status == 503)
        code = Errc::unavailable;
    return {code, error.message, ""};
}

std::string live_name(Hub const& hub, std::string_view class_name, std::string_view option)
{
    auto const* value = hub.settings.source->live(class_name, option);
    auto const* live = value == nullptr || !value->contains("$live") ? nullptr : &value->at("$live");
    return live == nullptr ? "" : live->value("at", "");
}

} // namespace jhub::hub
