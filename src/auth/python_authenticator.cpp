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

constexpr int most_rounds = 4; // a class may try a few spellings of a name

bool lists(Json const& told, std::string_view list, std::string_view name)
{
    auto const found = told.find(list);
    return found != told.end() && std::ranges::find(*found, Json(name)) != found->end();
}

} // namespace

Json describe_login(Credentials const& credentials)
{
    Json told = credentials.request;
    if (told.is_null())
        told = {{"method", "POST"},
                {"uri", "/login"},
                {"path", "/login"},
                {"query", ""},
                {"host", ""},
                {"protocol", "http"},
                {"remote_ip", credentials.remote_address},
                {"headers", Json::object()},
                {"user", nullptr}};
    if (credentials.how == Credentials::How::by_request)
        return told;
    Json fields = Json::object();
    for (auto const& [name, value] : credentials.all)
        fields[name].push_back(value);
    fields["username"] = Json::array({credentials.username});
    told["fields"] = std::move(fields);
    return told;
}

Refusal refusal_of(python::CallError const& error, std::string_view what)
{
    Refusal refusal;
    refusal.log_reason = fmt::format("{}: {}", what, error.message);
    if (error.intended) {
        refusal.page_message = error.message;
        refusal.status = error.status;
    } else { // an exception, or a process that is late, busy or gone
        refusal.kind = error.code == Errc::failed ? Refusal::Kind::broken : Refusal::Kind::unavailable;
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

bool PythonAuthenticator::has_own_steps() const { return !told_.value("own_steps", Json::array()).empty(); }

void PythonAuthenticator::hear_rules(LoginRules const& rules)
{
    if (has_own_steps())
        rules_ = {{"allow_all", allows_everyone(rules, default_allow_all(rules))},
                  {"allowed_users", rules.allowed_users}};
}

bool PythonAuthenticator::has_own_hook(std::string_view name) const { return lists(told_, "own_hooks", name); }

// Somebody who may not have a row yet.
Async<> PythonAuthenticator::tell_of_user(std::string method, std::string name)
{
    Json user{{"id", 0}, {"name", std::move(name)}, {"admin", false}, {"url", ""}};
    Json question{{"user", std::move(user)}};
    auto const told = co_await host_.call(std::move(method), std::move(question), login_patience);
    if (!told)
        co_return fail(told.error().code, told.error().message);
    co_return Result<>{};
}

Async<> PythonAuthenticator::add_user(std::string name)
{
    if (has_own_hook("add_user"))
        co_return co_await tell_of_user("authenticator.add_user", std::move(name));
    co_return co_await ours_->add_user(std::move(name));
}

Async<> PythonAuthenticator::delete_user(std::string name)
{
    if (has_own_hook("delete_user"))
        co_return co_await tell_of_user("authenticator.delete_user", std::move(name));
    co_return co_await ours_->delete_user(std::move(name));
}

Async<RefreshedLogin> PythonAuthenticator::refresh(Json user, Json handler)
{
    Json question{{"user", std::move(user)}, {"handler", std::move(handler)}};
    auto const answer = co_await host_.call("authenticator.refresh_user", std::move(question), refresh_patience);
    if (!answer)
        co_return fail(answer.error().code, answer.error().message);
    RefreshedLogin refreshed;
    refreshed.fresh = answer->value("fresh", false);
    if (refreshed.fresh && answer->contains("model")) {
        CO_TRY(refreshed.model, to_model(answer->at("model")));
        refreshed.has_auth_state = answer->at("model").contains("auth_state");
    }
    co_return refreshed;
}

Async<std::string> PythonAuthenticator::custom_html(std::string base_url)
{
    if (!has_own_hook("get_custom_html")) {
        auto const& traits = told_.contains("traits") ? told_["traits"] : Json::object();
        bool const plain = traits.contains("custom_html") && traits["custom_html"].is_string();
        co_return plain ? traits["custom_html"].get<std::string>() : std::string();
    }
    Json question{{"base_url", std::move(base_url)}};
    auto const answer = co_await host_.call("authenticator.custom_html", std::move(question), refresh_patience);
    if (!answer)
        co_return fail(answer.error().code, answer.error().message);
    co_return answer->is_string() ? answer->get<std::string>() : std::string();
}

bool PythonAuthenticator::reads_requests() const
{
    return told_.value("authenticate", false) || lists(told_, "own_steps", "get_authenticated_user");
}

auto PythonAuthenticator::answer(Credentials credentials) -> Task<std::expected<Known, Refusal>>
{
    Authentication const known = co_await ours_->authenticate(std::move(credentials));
    if (known)
        co_return Known{known->name, {}};
    if (known.error().kind == Refusal::Kind::denied)
        co_return Known{nullptr, " (" + known.error().log_reason + ")"};
    co_return std::unexpected(known.error());
}

Task<Authentication> PythonAuthenticator::authenticate(Credentials credentials)
{
    if (!told_.value("authenticate", false) && !has_own_steps())
        co_return co_await ours_->authenticate(std::move(credentials));
    Json question{{"handler", describe_login(credentials)}, {"rules", rules_}, {"answers", Json::array()}};
    std::string why_not;
    for (int round = 0; round < most_rounds; ++round) {
        auto const told = co_await host_.call("authenticator.authenticate", question, login_patience);
        if (!told)
            co_return std::unexpected(refusal_of(told.error(), class_name_));
        if (told->is_null())
            co_return std::unexpected(Refusal{.log_reason = class_name_ + " did not let them in" + why_not});
        if (!told->contains("ask")) {
            auto model = to_model(*told);
            if (!model)
                co_return std::unexpected(Refusal{Refusal::Kind::unavailable, {}, model.error().message});
            model->final_name = has_own_steps();
            co_return *std::move(model);
        }
        credentials.username = told->at("ask").value("username", "");
        credentials.password = told->at("ask").value("password", "");
        auto const given = co_await answer(credentials);
        if (!given)
            co_return std::unexpected(given.error());
        question["answers"].push_back(
            {{"username", credentials.username}, {"password", credentials.password}, {"name", given->name}});
        why_not = given->why_not;
    }
    co_return std::unexpected(
        Refusal{Refusal::Kind::broken, {}, class_name_ + " asks for one password after the other"});
}

std::string PythonAuthenticator::login_url(std::string_view hub_prefix) const
{
    return told_.value("login_url", Authenticator::login_url(hub_prefix));
}

std::string PythonAuthenticator::logout_url(std::string_view hub_prefix) const
{
    return told_.value("logout_url", Authenticator::logout_url(hub_prefix));
}

bool PythonAuthenticator::spells_names() const { return lists(told_, "own_steps", "normalize_username"); }

Async<std::string> PythonAuthenticator::normalize(std::string name)
{
    if (spells_names()) {
        Json question{{"spelling", std::move(name)}};
        auto const told = co_await host_.call("authenticator.normalize", std::move(question), refresh_patience);
        if (!told || !told->is_string())
            co_return fail(Errc::failed, told ? "normalize_username did not return a text" : told.error().message);
        co_return told->get<std::string>();
    }
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
