#include "resources/sample_context.hpp"

#include "base/time_text.hpp"
#include "jinja/time_value.hpp"

namespace jhub::resources::test {
namespace {

using jinja::Arguments;
using jinja::Dict;
using jinja::List;
using jinja::Value;

Value time(std::string_view text) { return jinja::time_value(*parse_time(text)); }

Value server(std::string_view name, bool active, Value pending = nullptr)
{
    return Dict{{"name", name},
                {"active", active},
                {"ready", active && pending.is_none()},
                {"pending", pending},
                {"last_activity", time("2026-01-02T03:04:05.678901Z")},
                {"options_form", ""}};
}

Value user()
{
    return Dict{
        {"name", "ada<b>"},
        {"escaped_name", "ada%3Cb%3E"},
        {"admin", true},
        {"spawner", server("", false)},
        {"server_url", Value::function([](Arguments const& a) -> Result<Value> {
             return Value("/user/ada%3Cb%3E/" + (a.get(0, "server_name") ? a.get(0, "server_name")->to_text() : ""));
         })},
        {"all_spawners", Value::function([](Arguments const&) -> Result<Value> {
             return Value(List{server("lab", true), server("gpu-notebook", false), server("big", true, "spawn")});
         })}};
}

List scope_descriptions()
{
    return {
        Dict{{"scope", "self"}, {"description", "Everything that you may do yourself."}, {"filter", ""}},
        Dict{{"scope", "read:users!user=ada"}, {"description", "Read your user model."}, {"filter", "user ada<b>"}}};
}

Value token(std::string_view note, std::string_view id)
{
    return Dict{{"api_id", id},
                {"note", note},
                {"scopes", List{"access:servers!user=ada", "read:users:activity!user=ada"}},
                {"created", time("2026-01-02T03:04:05Z")},
                {"last_activity", nullptr},
                {"expires_at", time("2027-01-02T03:04:05Z")}};
}

Dict common()
{
    return {{"base_url", "/hub/"},
            {"prefix", "/"},
            {"user", user()},
            {"login_url", "/hub/login"},
            {"logout_url", "/hub/logout"},
            {"login_service", ""},
            {"static_url", Value::function([](Arguments const& a) -> Result<Value> {
                 return Value("/hub/static/" + a.positional.at(0).to_text());
             })},
            {"version_hash", ""},
            {"services", List{Dict{{"name", "grader<i>"}, {"href", "/services/grader/"}}}},
            {"parsed_scopes", Dict{{"admin-ui", Dict{}}}},
            {"expanded_scopes", List{"admin-ui"}},
            {"xsrf", "token-of-the-form"},
            {"xsrf_token", "token-of-the-form"},
            {"announcement", ""},
            {"auth_state", nullptr}};
}

} // namespace

Dict sample_context(std::string_view name)
{
    Dict context = common();
    auto const add = [&context](Dict const& more) {
        for (auto const& [key, value] : more)
            context.set(key, value);
    };
    if (name == "login.html")
        add({{"user", nullptr},
             {"username", "eve\"><script>"},
             {"login_error", "Invalid username or password"},
             {"authenticator_login_url", "/hub/login?next=%2Fhub%2F"},
             {"authenticator", Dict{{"request_otp", true}, {"otp_prompt", "OTP:"}}},
             {"login_term_url", "https://example.org/terms"},
             {"announcement_login", "Maintenance on <b>Friday</b>, 18 o'clock"}});
    else if (name == "home.html")
        add({{"url", "/hub/spawn"},
             {"allow_named_servers", true},
             {"named_server_limit_per_user", 5},
             {"default_server", server("", true)}});
    else if (name == "token.html")
        add({{"api_tokens", List{token("pets-and-plants", "a1"), token("<script>alert(1)</script>", "a2")}},
             {"oauth_clients", List{Dict{{"client", "service-grader"},
                                         {"description", "Service grader"},
                                         {"created", time("2026-01-02T03:04:05Z")},
                                         {"last_activity", nullptr},
                                         {"tokens", List{token("oauth", "a3")}},
                                         {"token_id", "a3"},
                                         {"token_count", 1}}}},
             {"token_expires_in_options_html",
              "<option value=\"3600\">1 Hour</option><option value=\"\" selected>Never</option>"},
             {"token_expires_in_max_seconds", 0}});
    else if (name == "spawn.html")
        add({{"for_user", Dict{{"name", "bob"}}},
             {"spawner_options_form", "<label class=\"form-label\">Size <select class=\"form-select\" "
                                      "name=\"size\"><option>small</option></select></label>"},
             {"error_message", "No such size: <huge>"},
             {"url", "/hub/spawn/bob?_xsrf=token-of-the-form"},
             {"spawner", server("", false)}});
    else if (name == "spawn_pending.html" || name == "stop_pending.html")
        add({{"spawner", server("lab", true, "spawn")},
             {"progress_url", "/hub/api/users/ada/servers/lab/progress?_xsrf=token-of-the-form"}});
    else if (name == "not_running.html")
        add({{"server_name", "lab"},
             {"spawn_url", "/hub/spawn/ada/lab?next=%2Fuser%2Fada%2Flab%2Ftree"},
             {"implicit_spawn_seconds", 0},
             {"failed", true},
             {"failed_message", "Spawn failed: the server ended with exit status 127"},
             {"failed_advice",
              "The command was not found in the account's PATH. Is jupyterhub-singleuser installed for this user?"},
             {"failed_output", "Traceback (most recent call last):\n  File \"<stdin>\", line 1\nModuleNotFoundError: "
                               "No module named 'jupyterhub'"}});
    else if (name == "oauth.html")
        add({{"allowed_scopes", List{"self", "read:users!user=ada"}},
             {"scope_descriptions", scope_descriptions()},
             {"oauth_client", Dict{{"description", "Service grader<i>"},
                                   {"redirect_uri", "https://hub.example.org/services/grader/oauth_callback"}}}});
    else if (name == "accept-share.html")
        add({{"code", "c0de"},
             {"owner", Dict{{"name", "grace"}}},
             {"spawner", server("lab", true)},
             {"spawner_ready", false},
             {"spawner_url", "/user/grace/lab/"},
             {"scope_descriptions", scope_descriptions()},
             {"next_url", ""}});
    else if (name == "admin.html")
        add({{"current_user", context.find("user") ? *context.find("user") : Value()},
             {"admin_access", true},
             {"allow_named_servers", true},
             {"named_server_limit_per_user", 0},
             {"server_version", "5.5.1"},
             {"api_page_limit", 50}});
    else if (name == "error.html" || name == "404.html")
        add({{"status_code", name == "404.html" ? 404 : 503},
             {"status_message", name == "404.html" ? "Not Found" : "Service Unavailable"},
             {"message", "The server did not answer in <time>."},
             {"message_html", ""},
             {"extra_error_html", ""}});
    return context;
}

} // namespace jhub::resources::test
