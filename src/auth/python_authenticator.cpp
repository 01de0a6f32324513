#include "auth/python_authenticator.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace jhub::auth {
namespace {

std::optional<std::vector<std::string>> texts(Json const& list)
{
    std::vector<std::string> result;
    if (!list.is_array())
        return std::nullopt;
    for (auto const& item : list)
        if (item.is_string())
            result.push_back(item.get<std::string>());
    return result;
}

} // namespace

Json describe_login(Credentials const& credentials)
{
    Json fields = Json::object();
    for (auto const& [name, value] : credentials.all)
        fields[name].push_back(value);
    fields["username"] = Json::array({credentials.username});
    return {{"method", "POST"},
            {"uri", "/login"},
            {"path", "/login"},
            {"query", ""},
            {"host", ""},
            {"protocol", "http"},
            {"remote_ip", credentials.remote_address},
            {"headers", Json::object()},
            {"user", nullptr},
            {"fields", std::move(fields)}};
}

Refusal refusal_of(python::CallError const& error, std::string_view what)
{
    Refusal refusal;
    refusal.log_reason = fmt::format("{}: {}", what, error.message);
    if (error.intended) {
        refusal.page_message = error.message;
        refusal.status = error.status;
    } else {
        refusal.kind = Refusal::Kind::unavailable;
    }
    return refusal;
}

Json to_json(AuthModel const& model)
{
    Json told{{"name", model.name}, {"admin", nullptr}, {"auth_state", model.auth_state}, {"groups", nullptr}};
    if (model.admin)
        told["admin"] = *model.admin;
    if (model.groups)
        told["groups"] = *model.groups;
    if (model.roles)
        told["roles"] = *model.roles;
    return told;
}

Result<AuthModel> to_model(Json const& told)
{
    if (!told.is_object() || !told.contains("name") || !told["name"].is_string())
        return fail(Errc::failed, "what the authenticator returned has no name");
    AuthModel model;
    model.name = told["name"].get<std::string>();
    if (told.contains("admin") && told["admin"].is_boolean())
        model.admin = told["admin"].get<bool>();
    if (told.contains("auth_state"))
        model.auth_state = told["auth_state"];
    if (told.contains("groups"))
        model.groups = texts(told["groups"]);
    if (told.contains("roles") && told["roles"].is_array())
        model.roles = told["roles"];
    if (told.contains("allowed") && told["allowed"].is_boolean())
        model.allowed = told["allowed"].get<bool>();
    return model;
}

bool PythonAuthenticator::has_own(std::string_view step) const
{
    auto const& steps = told_.contains("own_steps") ? told_["own_steps"] : Json::array();
    return std::ranges::find(steps, Json(step)) != steps.end();
}

Task<Authentication> PythonAuthenticator::authenticate(Credentials credentials)
{
    Json question{{"handler", describe_login(credentials)}};
    if (!told_.value("authenticate", false)) {
        Authentication ours = co_await ours_->authenticate(std::move(credentials));
        if (!ours || told_.value("own_steps", Json::array()).empty())
            co_return ours;
        question["model"] = to_json(*ours);
    }
    auto const answer = co_await host_.call("authenticator.authenticate", std::move(question), login_patience);
    if (!answer)
        co_return std::unexpected(refusal_of(answer.error(), class_name_));
    if (answer->is_null())
        co_return std::unexpected(Refusal{.log_reason = class_name_ + " did not let them in"});
    auto model = to_model(*answer);
    if (!model)
        co_return std::unexpected(Refusal{Refusal::Kind::unavailable, {}, model.error().message});
    co_return *std::move(model);
}

Async<std::string> PythonAuthenticator::normalize(std::string name)
{
    if (has_own("normalize_username")) // was done with authenticate()
        co_return name;
    co_return co_await ours_->normalize(std::move(name));
}

Async<bool> PythonAuthenticator::in_any_group(std::string name, NameSet groups)
{
    co_return co_await ours_->in_any_group(std::move(name), std::move(groups));
}

std::optional<bool> PythonAuthenticator::default_allow_all(LoginRules const& rules) const
{
    if (told_.value("allow_all", false)) // the class says so itself
        return true;
    return ours_->default_allow_all(rules);
}

} // namespace jhub::auth
