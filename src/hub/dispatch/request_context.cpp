#include "hub/dispatch/request_context.hpp"

#include <algorithm>

#include "auth/xsrf.hpp"
#include "base/random.hpp"
#include "base/strings.hpp"

namespace jhub::hub {
namespace {

constexpr std::string_view xsrf_cookie_name = "_xsrf";
constexpr std::size_t longest_session_id = 64; // ours have 32
constexpr std::chrono::hours year{24 * 365};
constexpr std::chrono::seconds anonymous_xsrf_age{3600};

// The first part of "https, http" or of a Forwarded header's proto; only http and https count.
std::optional<std::string> first_protocol(std::optional<std::string_view> header)
{
    if (!header)
        return std::nullopt;
    std::string const first = to_lower(trim(split(*header, ',').front()));
    if (first == "http" || first == "https")
        return first;
    return std::nullopt;
}

std::optional<std::string> forwarded_protocol(std::optional<std::string_view> header)
{
    if (!header)
        return std::nullopt;
    for (auto const& part : split(split(*header, ',').front(), ';')) {
        auto const text = trim(part);
        if (equals_ignoring_case(text.substr(0, 6), "proto="))
            return first_protocol(replace_all(std::string(text.substr(6)), "\"", ""));
    }
    return std::nullopt;
}

// tornado_settings["cookie_options"]: what a site wants of its cookies (reference auth-flow.md §1). The path stays
// ours, and so does everything that the prefix __Host- asks for.
void apply_options(http::SetCookie& cookie, Json const& options, Timestamp now)
{
    bool const tied_to_host = cookie.name.starts_with("__Host-");
    bool const removes = cookie.expires && *cookie.expires < now;
    for (auto const& [given, value] : options.items()) {
        std::string const name = to_lower(given);
        if (name == "samesite" && value.is_string())
            cookie.same_site = value.get<std::string>();
        else if (name == "secure" && value.is_boolean() && !tied_to_host)
            cookie.secure = value.get<bool>();
        else if (name == "httponly" && value.is_boolean())
            cookie.http_only = value.get<bool>();
        else if (name == "domain" && value.is_string() && !tied_to_host)
            cookie.domain = value.get<std::string>();
        else if (name == "expires_days" && value.is_null() && !removes)
            cookie.expires.reset(); // ends with the browser
        else if (name == "expires_days" && value.is_number() && !removes)
            cookie.expires = now + std::chrono::seconds(static_cast<std::int64_t>(value.get<double>() * 86400));
    }
}

} // namespace

RequestContext::RequestContext(Hub& the_hub, PageRenderer& the_pages, http::Request the_request,
                               std::string the_client_address)
    : hub(the_hub), pages(the_pages), request(std::move(the_request)), query(parse_query(request.query)),
      cookies(http::parse_cookies(request.headers)),
      surface(request.path.starts_with(hub.urls.hub("api/")) ? Surface::api : Surface::page),
      client_address_(std::move(the_client_address))
{
}

std::string const& RequestContext::path_value(std::string_view name) const
{
    static std::string const none;
    auto const found = path.find(name);
    return found == path.end() ? none : found->second;
}

Result<Json> RequestContext::json() const
{
    auto const text = trim(request.body);
    if (text.empty())
        return Json();
    return parse_json(text);
}

Result<Json> RequestContext::json_object() const
{
    TRY(Json body, json());
    if (!body.is_null() && !body.is_object())
        return fail(Errc::invalid_argument, "The body must be a JSON object.");
    return body;
}

Site RequestContext::site() const
{
    auto const& public_url = hub.urls.public_url();
    if (auto const url = parse_url(public_url); !public_url.empty() && url)
        return {url->scheme, url->authority()};
    auto scheme = forwarded_protocol(header("Forwarded"));
    if (!scheme)
        scheme = first_protocol(header("X-Scheme"));
    if (!scheme)
        scheme = first_protocol(header("X-Forwarded-Proto"));
    return {scheme.value_or("http"), std::string(header("Host").value_or(""))};
}

bool RequestContext::secure() const { return site().scheme == "https"; }

std::string RequestContext::login_cookie_name() const
{
    return hub.settings.hub.cookie_host_prefix_enabled ? "__Host-jupyterhub-hub-login" : "jupyterhub-hub-login";
}

std::optional<std::string> RequestContext::session_cookie() const
{
    if (new_session_)
        return new_session_;
    auto const found = http::find_cookie(cookies, session_cookie_name);
    if (!found || found->empty() || found->size() > longest_session_id)
        return std::nullopt;
    return std::string(*found);
}

std::string RequestContext::xsrf_id() const
{
    auto const session = session_cookie();
    auto const session_view = session ? std::optional<std::string_view>(*session) : std::nullopt;
    if (principal.user)
        return auth::user_xsrf_id(session_view, principal.user->cookie_id);
    if (principal.service)
        return auth::service_xsrf_id();
    auto const lookup = [this](std::string_view name) { return header(name); };
    return auth::anonymous_xsrf_id(session_view, hub.anonymous_id.make(client_address(), lookup));
}

std::string const& RequestContext::xsrf_token()
{
    if (xsrf_token_)
        return *xsrf_token_;
    std::vector<std::string> sent;
    for (auto const& [name, value] : cookies)
        if (name == xsrf_cookie_name)
            sent.push_back(value);
    auto const current = auth::current_xsrf(hub.cookie_secret, sent, xsrf_id(), header("Sec-Fetch-Mode"), hub.now());
    xsrf_token_ = current.token;
    if (current.set_cookie)
        send_xsrf_cookie();
    return *xsrf_token_;
}

void RequestContext::send_xsrf_cookie()
{
    http::SetCookie cookie;
    cookie.name = xsrf_cookie_name;
    cookie.value = xsrf_token();
    cookie.path = hub.urls.hub_prefix();
    if (!principal.user)
        cookie.max_age = anonymous_xsrf_age;
    set_cookie(std::move(cookie));
}

std::string RequestContext::ensure_session()
{
    if (auto const session = session_cookie())
        return *session;
    return renew_session();
}

std::string RequestContext::renew_session()
{
    new_session_ = random_hex32();
    forget_xsrf_token();
    http::SetCookie cookie;
    cookie.name = session_cookie_name;
    cookie.value = *new_session_;
    cookie.path = hub.urls.base();
    cookie.domain = hub.urls.domain(); // with subdomains all of them see it
    cookie.http_only = true;
    cookie.secure = secure();
    set_cookie(std::move(cookie));
    return *new_session_;
}

void RequestContext::set_cookie(http::SetCookie cookie)
{
    auto const& tornado = hub.settings.hub.tornado_settings;
    bool const xsrf = cookie.name == xsrf_cookie_name;
    apply_options(cookie,
                  xsrf && !tornado.xsrf_cookie_kwargs.empty() ? tornado.xsrf_cookie_kwargs : tornado.cookie_options,
                  hub.now());
    std::erase_if(cookies_to_send_,
                  [&](http::SetCookie const& other) { return other.name == cookie.name && other.path == cookie.path; });
    cookies_to_send_.push_back(std::move(cookie));
}

void RequestContext::clear_cookie(std::string name, std::string cookie_path)
{
    http::SetCookie cookie;
    cookie.name = std::move(name);
    cookie.path = std::move(cookie_path);
    if (cookie.name == session_cookie_name)
        cookie.domain = hub.urls.domain();
    cookie.expires = hub.now() - year;
    set_cookie(std::move(cookie));
}

} // namespace jhub::hub
