// A row of a route table: method, path, required scope, handler. The scope has no default, so a route cannot forget it;
// an open route says anyone(). Everything that is the same for all routes (authentication, XSRF, errors, log) is done
// by the dispatcher.
#pragma once

#include <span>

#include "base/async.hpp"
#include "http/server.hpp"
#include "rbac/requirement.hpp"

namespace jhub::hub {

class RequestContext;

using Handler = Async<http::Response> (*)(RequestContext&);

// How a request may say who it is.
enum class Credentials {
    token_or_cookie, // REST API
    cookie,          // pages: API tokens are ignored
    none,            // health, static files: nobody is looked up
};

// What an error looks like and where the anonymous are sent.
enum class Surface { api, page };

// Where a page sends somebody who is not logged in: to the hub's login page, or where the authenticator begins a login
// if auto_login_oauth2_authorize says so.
enum class LoginStart { hub, authenticator };

// Which requests leave an entry in the audit log. Those that are refused to somebody who is known always do.
enum class Audit {
    changes,           // all but GET, HEAD and OPTIONS
    always,            // a GET that changes something
    when_it_redirects, // a GET that changes something unless it only shows a page
    never,             // what programs report every few minutes
};
// Whether the answer to a GET may be sent again (kept_answers.hpp): only if it is made of nothing but the database, the
// state of servers, who asks, and the URL, and if it has no effect and carries no secret.
enum class Reuse { never, while_nothing_changed };

struct Route {
    http::Method method;
    std::string_view pattern; // below the hub's prefix, such as "/api/users/{user}"
    rbac::Requirement requirement;
    Handler handler;
    Audit audit = Audit::changes;
    Reuse reuse = Reuse::never;
};

struct RouteTable {
    Surface surface;
    Credentials credentials;
    bool check_xsrf; // false only for what is called without a browser's cookies
    std::span<Route const> routes;
    Handler when_xsrf_fails = nullptr; // answers instead of the usual error, such as with the form once more
    LoginStart login_start = LoginStart::hub;
};

} // namespace jhub::hub
