#include "hub/dispatch/python_questions.hpp"

#include "base/log.hpp"
#include "base/strings.hpp"
#include "hub/core/python_side.hpp"

namespace jhub::hub {
namespace {

constexpr std::string_view hub_class = "JupyterHub";

Async<Json> ask(RequestContext& context, std::string method, Json question)
{
    auto const answer = co_await context.hub.python.call(std::move(method), std::move(question), page_patience);
    if (!answer)
        co_return std::unexpected(to_error(answer.error()));
    co_return *answer;
}

// The answer of a function(handler).
Async<Json> ask_with_request(RequestContext& context, std::string_view option)
{
    CO_TRY(Json handler, co_await describe_request(context));
    Json question{{"at", live_name(context.hub, hub_class, option)}, {"handler", std::move(handler)}};
    co_return co_await ask(context, "page.ask", std::move(question));
}

} // namespace

Async<Json> describe_request(RequestContext& context)
{
    auto const site = context.site();
    Json headers = Json::object();
    for (auto const& [name, value] : context.request.headers)
        if (!equals_ignoring_case(name, "Cookie") && !equals_ignoring_case(name, "Authorization"))
            headers[name] = value;
    Json told{{"method", context.request.method_text},
              {"uri", context.request.target},
              {"path", context.request.path},
              {"query", context.request.query},
              {"host", site.host},
              {"protocol", site.scheme},
              {"remote_ip", context.client_address()},
              {"headers", std::move(headers)},
              {"user", nullptr}};
    if (context.principal.user) {
        CO_TRY(told["user"], co_await describe_user(context.hub, context.user()));
    }
    co_return told;
}

Async<Json> describe_login_request(RequestContext& context)
{
    auto const& authenticator = *context.hub.authenticator;
    if (!authenticator.reads_requests() && !authenticator.runs_post_auth_hook() &&
        !context.hub.python.has("Authenticator.post_auth_hook"))
        co_return Json();
    co_return co_await describe_request(context);
}

Async<std::int64_t> named_server_limit(RequestContext& context)
{
    if (!context.hub.python.has("JupyterHub.named_server_limit_per_user"))
        co_return context.hub.settings.hub.named_server_limit_per_user;
    CO_TRY(Json const answer, co_await ask_with_request(context, "named_server_limit_per_user"));
    if (!answer.is_number_integer() && !answer.is_null())
        co_return fail(Errc::failed, "The limit of named servers could not be found out.",
                       "c.JupyterHub.named_server_limit_per_user did not return an integer");
    co_return answer.is_null() ? 0 : answer.get<std::int64_t>();
}

Async<std::string> default_url(RequestContext& context)
{
    if (!context.hub.python.has("JupyterHub.default_url"))
        co_return context.hub.settings.hub.default_url;
    CO_TRY(Json const answer, co_await ask_with_request(context, "default_url"));
    context.default_url = answer.is_string() ? answer.get<std::string>() : "";
    co_return *context.default_url;
}

Task<> ask_template_vars(RequestContext& context)
{
    if (!context.hub.python.has("JupyterHub.template_vars"))
        co_return;
    Json question{{"visitor", nullptr}, {"functions", Json::object()}};
    for (auto const& [name, value] : context.hub.settings.source->live(hub_class, "template_vars")->items())
        if (value.is_object() && value.contains("$live"))
            question["functions"][name] = value["$live"]["at"];
    if (context.principal.user)
        if (auto described = co_await describe_user(context.hub, context.user()))
            question["visitor"] = *std::move(described);
    auto const answer = co_await ask(context, "page.template_vars", std::move(question));
    if (answer)
        context.template_vars = *answer;
    else
        log::error("c.JupyterHub.template_vars: {}", answer.error().message);
}

Async<std::optional<std::string>> redirect_by_hook(RequestContext& context, std::string path)
{
    if (!context.hub.python.has("JupyterHub.user_redirect_hook"))
        co_return std::nullopt;
    CO_TRY(Json handler, co_await describe_request(context));
    Json question{{"at", live_name(context.hub, hub_class, "user_redirect_hook")},
                  {"handler", std::move(handler)},
                  {"path", std::move(path)},
                  {"base_url", context.hub.urls.base()}};
    CO_TRY(Json const answer, co_await ask(context, "page.user_redirect", std::move(question)));
    if (!answer.is_string())
        co_return std::nullopt;
    co_return answer.get<std::string>();
}

Async<std::string> options_form(RequestContext& context, model::User owner, std::string server_name)
{
    if (!context.hub.python.has("Spawner.options_form") && !context.hub.python.has_spawner_class())
        co_return context.hub.settings.spawner.options_form;
    CO_TRY(Json question, co_await describe_spawner(context.hub, std::move(owner), std::move(server_name)));
    CO_TRY(Json const answer, co_await ask(context, "spawner.options_form", std::move(question)));
    co_return answer.is_string() ? answer.get<std::string>() : "";
}

Async<Json> options_by_hook(RequestContext& context, model::User owner, std::string server_name, Json fields,
                            FieldsOf what)
{
    CO_TRY(Json question, co_await describe_spawner(context.hub, std::move(owner), std::move(server_name)));
    question["form"] = std::move(fields);
    question["query"] = what == FieldsOf::query;
    co_return co_await ask(context, "spawner.options_from_form", std::move(question));
}

} // namespace jhub::hub
