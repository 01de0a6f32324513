#include "hub/dispatch/credentials.hpp"

#include "auth/signed_value.hpp"
#include "auth/xsrf.hpp"
#include "base/strings.hpp"
#include "http/forms.hpp"

namespace jhub::hub {
namespace {

// "token X" or "Bearer X", any case, nothing after it (reference rest-api.md §1.2).
std::optional<std::string> token_of(std::optional<std::string_view> authorization)
{
    if (!authorization)
        return std::nullopt;
    auto const blank = authorization->find_first_of(" \t");
    if (blank == std::string_view::npos)
        return std::nullopt;
    auto const scheme = authorization->substr(0, blank);
    auto const token = trim(authorization->substr(blank));
    bool const known = equals_ignoring_case(scheme, "token") || equals_ignoring_case(scheme, "bearer");
    if (!known || token.empty() || token.find_first_of(" \t") != std::string_view::npos)
        return std::nullopt;
    return std::string(token);
}

// A form posted by another site carries the cookie but cannot have this content type.
bool cookie_counts(http::Request const& request)
{
    if (request.method != http::Method::post)
        return true;
    auto const type = request.headers.get("Content-Type");
    if (!type)
        return true;
    for (auto const& part : split(*type, ';'))
        if (trim(part).starts_with("application/json"))
            return true;
    return false;
}

// The argument _xsrf of query or form, else one of the two headers.
std::string submitted_xsrf(RequestContext const& context)
{
    if (auto const argument = context.argument("_xsrf"))
        return *argument;
    if (auto const form = http::parse_form(context.request))
        if (auto const field = query_value(form->fields, "_xsrf"))
            return *field;
    for (std::string_view const name : {"X-Xsrftoken", "X-Csrftoken"})
        if (auto const value = context.header(name))
            return std::string(*value);
    return {};
}

} // namespace

Claim claim_of(RequestContext const& context, RouteTable const& table)
{
    Claim claim;
    if (table.credentials == Credentials::none)
        return claim;
    claim.session_id = context.session_cookie().value_or("");
    if (table.credentials == Credentials::token_or_cookie)
        claim.token = token_of(context.header("Authorization"));
    if (table.surface == Surface::api && !cookie_counts(context.request))
        return claim;
    Hub const& hub = context.hub;
    auto const name = context.login_cookie_name();
    if (auto const cookie = http::find_cookie(context.cookies, name)) {
        claim.cookie_id =
            auth::decode_signed_value(hub.cookie_secret, name, *cookie, hub.settings.hub.cookie_max_age, hub.now());
        claim.cookie_key = login_key(*cookie);
    }
    return claim;
}

bool passes_xsrf(RequestContext& context, RouteTable const& table)
{
    if (!table.check_xsrf)
        return true;
    auth::XsrfQuestion question;
    question.method = context.request.method_text;
    question.sec_fetch_mode = context.header("Sec-Fetch-Mode");
    question.sec_fetch_site = context.header("Sec-Fetch-Site");
    question.has_user = context.principal.identified();
    question.by_token = context.principal.by_token();
    question.has_origin = context.header("Origin").has_value();
    question.is_api = table.surface == Surface::api;
    if (!auth::xsrf_required(question))
        return true;
    return auth::xsrf_matches(submitted_xsrf(context), context.xsrf_token());
}

} // namespace jhub::hub
