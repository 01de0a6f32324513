// One request on its way through the hub: what was asked, who asks, and what goes into the answer besides the body.
// Made by the dispatcher, handed to the handler. Handlers take parameters from here, ask the core, answer.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/url.hpp"
#include "http/cookies.hpp"
#include "http/server.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/principal.hpp"
#include "hub/dispatch/pattern.hpp"
#include "hub/dispatch/route.hpp"
#include "jinja/value.hpp"

namespace jhub::hub {

class PageRenderer;
struct UserRows;

inline constexpr std::string_view session_cookie_name = "jupyterhub-session-id";

// Which way the browser sees us: http or https, and under which name.
struct Site {
    std::string scheme, host;
};

class RequestContext {
  public:
    // client_address: what ForwardedTrust made of the request.
    RequestContext(Hub& hub, PageRenderer& pages, http::Request request, std::string client_address);

    Hub& hub;
    PageRenderer& pages;
    http::Request const request;
    QueryFields const query;
    http::Cookies const cookies;
    PathValues path;
    Principal principal;
    Surface surface;               // of the route; until that is found, of the path
    Route const* route = nullptr;  // once it is found
    std::string asked_by;          // who was known before the handler ran: a log-out forgets them
    std::string claimed_name;      // whom a login says it is of; for the audit log
    std::string_view handler_name; // what the metrics call the route
    // Answers of the configuration's functions to this request (python_questions.hpp).
    std::optional<std::string> default_url;
    Json template_vars = Json::object();
    // What templates of the site may ask of these users, by id (user_rows.hpp).
    std::map<std::int64_t, std::shared_ptr<UserRows const>> user_rows;
    std::vector<std::int64_t> refreshed_users; // whose login was asked about for this request (refresh_login.hpp)
    std::string made_token;                    // id of a token that came of the request; for the audit log

    // The user behind the request; only in routes that ask for one.
    [[nodiscard]] model::User const& user() const { return *principal.user; }
    [[nodiscard]] std::string const& path_value(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> argument(std::string_view name) const { return query_value(query, name); }
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const
    {
        return request.headers.get(name);
    }

    // The body as JSON; an empty body is null. Errc::invalid_argument otherwise.
    [[nodiscard]] Result<Json> json() const;
    // The body as JSON that is an object, or null when there is none.
    [[nodiscard]] Result<Json> json_object() const;

    // Address of the client behind the proxies that are believed.
    [[nodiscard]] std::string const& client_address() const { return client_address_; }
    // Scheme: of public_url, else as X-Forwarded-Proto and its kin say (reference cli.md §4), whoever sends them: they
    // steer nothing but the answer to who sent them.
    [[nodiscard]] Site site() const;

    // The XSRF token that belongs to this request's user or browser; sends the cookie when it is new.
    std::string const& xsrf_token();
    // After a login or logout the token belongs to somebody else.
    void forget_xsrf_token() { xsrf_token_.reset(); }
    void send_xsrf_cookie();

    // The browser session; a new one is made, and sent as cookie, when there is none.
    std::string ensure_session();
    // What the browser sent, or got from us just now; nothing when that cannot be a session of ours.
    [[nodiscard]] std::optional<std::string> session_cookie() const;
    // A new session whatever the browser sent: at login nothing of the visitor's is adopted.
    std::string renew_session();

    // With what the site says about its cookies (tornado_settings["cookie_options"], reference auth-flow.md §1).
    void set_cookie(http::SetCookie cookie);
    void clear_cookie(std::string name, std::string cookie_path);
    [[nodiscard]] std::vector<http::SetCookie> const& cookies_to_send() const { return cookies_to_send_; }
    [[nodiscard]] std::string login_cookie_name() const;
    [[nodiscard]] bool secure() const; // cookies get the Secure attribute

  private:
    [[nodiscard]] std::string xsrf_id() const;

    std::string client_address_;
    std::vector<http::SetCookie> cookies_to_send_;
    std::optional<std::string> xsrf_token_;
    std::optional<std::string> new_session_;
};

} // namespace jhub::hub
