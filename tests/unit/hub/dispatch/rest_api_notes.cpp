// What people read about each route in docs/reference/rest-api.yml.
#include <algorithm>
#include <array>

#include "hub/dispatch/rest_api_document.hpp"

namespace jhub::hub {
namespace {

constexpr std::string_view paged = "offset limit";

constexpr auto notes = std::to_array<RouteNote>({
    // ---- the hub ----
    {"GET /api", "The hub's version.", "200", "", ""},
    {"GET /api/", "The hub's version.", "200", "", ""},
    {"GET /api/health", "Whether the hub answers.", "200", "", ""},
    {"HEAD /api/health", "Whether the hub answers.", "200", "", ""},
    {"GET /api/info", "Version, spawner and authenticator of the hub.", "200 403", "", ""},
    {"GET /api/user", "The user or service that asks, with the scopes of this request.", "200 403", "", ""},
    {"GET /api/audit", "What was changed by whom, and what was refused: the latest entries, newest first.",
     "200 400 403", "limit", ""},
    {"POST /api/shutdown", "End the hub, and as asked for the proxy and the servers.", "202 400 403", "",
     "proxy:boolean servers:boolean"},
    {"GET /api/metrics", "Metrics in the text format of Prometheus.", "200 403", "", ""},
    // ---- the proxy ----
    {"GET /api/proxy", "The proxy's routing table.", "200 400 403 503", paged, ""},
    {"POST /api/proxy", "Compare the routing table with what should be there, and repair it.", "200 403 503", "", ""},
    {"PATCH /api/proxy", "Tell the hub of another proxy.", "200 400 403 503", "", "api_url:string auth_token:string"},
    // ---- users ----
    {"GET /api/users", "List users.", "200 400 403", "offset limit state sort name_filter include_stopped_servers", ""},
    {"POST /api/users", "Create several users; those who exist are left out of the answer.", "201 400 403 409 500", "",
     "usernames:array! admin:boolean"},
    {"GET /api/users/{user}", "One user; scopes decide which fields are shown.", "200 403 404",
     "include_stopped_servers", ""},
    {"POST /api/users/{user}", "Create one user under exactly this name.", "201 400 403 404 409 500", "",
     "admin:boolean"},
    {"PATCH /api/users/{user}", "Rename a user, make an administrator, store auth_state.", "200 400 403 404 500", "",
     "name:string admin:boolean auth_state:object"},
    {"DELETE /api/users/{user}", "Delete a user and the user's servers, tokens and shares.", "204 400 403 404", "", ""},
    {"POST /api/users/{user}/activity", "Report when a user and the user's servers were last active.",
     "200 400 403 404", "", "last_activity:string servers:object"},
    {"POST /api/users/{user}/admin-access", "Without effect; kept for old administration pages.", "200 403 404", "",
     ""},
    // ---- tokens ----
    {"GET /api/users/{user}/tokens", "List a user's tokens.", "200 403 404", "", ""},
    {"POST /api/users/{user}/tokens",
     "Make a token; the answer is the only place that shows it. With auth, name and "
     "password stand for a login.",
     "201 400 403 429", "", "note:string expires_in:integer scopes:array roles:array auth:object"},
    {"GET /api/users/{user}/tokens/{id?}", "One token, without its secret.", "200 403 404", "", ""},
    {"DELETE /api/users/{user}/tokens/{id?}", "Revoke a token; one of an OAuth login with all of that client.",
     "204 403 404", "", ""},
    // ---- servers ----
    {"POST /api/users/{user}/server", "Start the default server; the body is its options.",
     "201 202 400 403 404 429 500", "", "(options)"},
    {"POST /api/users/{user}/servers/{server?}", "Start a named server; the body is its options.",
     "201 202 400 403 404 429 500", "", "(options)"},
    {"DELETE /api/users/{user}/server", "Stop the default server.", "202 204 400 403 404", "", "remove:boolean"},
    {"DELETE /api/users/{user}/servers/{server?}", "Stop a named server, and remove it when asked to.",
     "202 204 400 403 404", "", "remove:boolean"},
    {"GET /api/users/{user}/server/progress", "Server-sent events about the start of the default server.",
     "200 400 403 404", "", ""},
    {"GET /api/users/{user}/servers/{server}/progress", "Server-sent events about the start of a named server.",
     "200 400 403 404", "", ""},
    // ---- groups ----
    {"GET /api/groups", "List groups.", "200 400 403", paged, ""},
    {"POST /api/groups", "Create several groups, all or none.", "201 400 403 409", "", "groups:array! users:array"},
    {"GET /api/groups/{group}", "One group; scopes decide which fields are shown.", "200 403 404", "", ""},
    {"POST /api/groups/{group}", "Create a group.", "201 400 403 404 409", "", "users:array"},
    {"DELETE /api/groups/{group}", "Delete a group.", "204 403 404", "", ""},
    {"POST /api/groups/{group}/users", "Add members.", "200 400 403 404", "", "users:array!"},
    {"DELETE /api/groups/{group}/users", "Remove members.", "200 400 403 404", "", "users:array!"},
    {"PUT /api/groups/{group}/properties", "Replace the properties.", "200 400 403 404", "", "(properties)"},
    // ---- services ----
    {"GET /api/services", "Services by name.", "200 403", "", ""},
    {"GET /api/services/{service}", "One service; scopes decide which fields are shown.", "200 403 404", "", ""},
    {"POST /api/services/{service}", "Add a service that the hub does not start itself.", "201 400 403 404 409", "",
     "url:string api_token:string admin:boolean display:boolean info:object oauth_client_id:string "
     "oauth_redirect_uri:string oauth_no_confirm:boolean oauth_client_allowed_scopes:array"},
    {"DELETE /api/services/{service}", "Remove a service that was added over the API.", "200 403 404 405", "", ""},
    // ---- shares ----
    {"GET /api/shares/{user}", "Who has access to any server of this user.", "200 400 403 404", paged, ""},
    {"GET /api/shares/{user}/{server?}", "Who has access to this server.", "200 400 403 404", paged, ""},
    {"POST /api/shares/{user}/{server?}", "Give a user or a group access to a server.", "200 400 403 404", "",
     "user:string group:string scopes:array"},
    {"PATCH /api/shares/{user}/{server?}", "Take access back, all of it or some scopes.", "200 400 403 404", "",
     "user:string group:string scopes:array"},
    {"DELETE /api/shares/{user}/{server?}", "Take back all access to this server.", "204 403 404", "", ""},
    {"GET /api/users/{user}/shared", "What is shared with this user, directly or through a group.", "200 400 403 404",
     paged, ""},
    {"GET /api/users/{user}/shared/{owner}/{name?}", "One server that is shared with this user.", "200 403 404", "",
     ""},
    {"DELETE /api/users/{user}/shared/{owner}/{name?}", "Leave a share.", "204 403 404", "", ""},
    {"GET /api/groups/{group}/shared", "What is shared with this group.", "200 400 403 404", paged, ""},
    {"GET /api/groups/{group}/shared/{owner}/{name?}", "One server that is shared with this group.", "200 403 404", "",
     ""},
    {"DELETE /api/groups/{group}/shared/{owner}/{name?}", "Leave a share of the group.", "204 403 404", "", ""},
    {"GET /api/share-codes/{user}", "Codes for any server of this user, without their secrets.", "200 400 403 404",
     paged, ""},
    {"GET /api/share-codes/{user}/{server?}", "Codes for this server, without their secrets.", "200 400 403 404", paged,
     ""},
    {"POST /api/share-codes/{user}/{server?}", "Make a code that gives access to whoever redeems it.",
     "200 400 403 404", "", "scopes:array expires_in:integer"},
    {"DELETE /api/share-codes/{user}/{server?}", "Withdraw one code, or all of this server.", "204 403 404", "code id",
     ""},
    // ---- OAuth and its predecessors ----
    {"GET /api/oauth2/authorize", "Where a server or service sends a browser to learn who that is (RFC 6749 §4.1.1).",
     "200 302 400 403 500", "client_id redirect_uri response_type state scope code_challenge code_challenge_method",
     ""},
    {"POST /api/oauth2/authorize", "The person agreed to the scopes of the form.", "302 400 403 413 500",
     "client_id redirect_uri response_type state scope code_challenge code_challenge_method",
     "form _xsrf:string! scopes:array"},
    {"POST /api/oauth2/token", "A code becomes a token (RFC 6749 §4.1.3, RFC 7636).", "200 400 401", "",
     "form grant_type:string! code:string! client_id:string! client_secret:string! redirect_uri:string "
     "code_verifier:string"},
    {"GET /api/authorizations/token/{token}", "The owner of a token; old services ask this.", "200 403 404", "", ""},
    {"POST /api/authorizations/token", "Gone; make tokens with POST /api/users/{user}/tokens.", "404", "", ""},
    {"POST /api/authorizations/token/{token}", "Gone; make tokens with POST /api/users/{user}/tokens.", "404", "", ""},
    {"GET /api/authorizations/cookie/{name}", "The user of a login cookie given in the body.", "200 403 404", "", ""},
    {"GET /api/authorizations/cookie/{name}/{value?}", "The user of a login cookie.", "200 403 404", "", ""},
    // ---- pages ----
    {"GET /", "Leads to the server, to the home page, or to the login.", "302", "", ""},
    {"GET /home", "One's servers.", "200 302", "", ""},
    {"GET /token", "One's tokens and the applications one has logged in to.", "200 302", "", ""},
    {"GET /admin", "Users and their servers.", "200 302 403", "", ""},
    {"GET /login", "The login form.", "200 302", "next username", ""},
    {"POST /login", "Log in.", "302 400 403 413 429 500 503", "next",
     "form username:string! password:string! _xsrf:string!"},
    {"GET /logout", "End the session and the tokens that belong to it.", "200 302", "", ""},
    {"GET /accept-share", "What a share code offers.", "200 302 400 404", "code next", ""},
    {"POST /accept-share", "Redeem a share code.", "302 400 403 404 413", "code next",
     "form code:string! _xsrf:string!"},
    {"GET /spawn", "Start one's default server, after its options when it has some.", "200 302 400 403 429 500", "next",
     ""},
    {"POST /spawn", "Start one's default server with the options of the form.", "200 302 400 403 413 429 500", "next",
     "form"},
    {"GET /spawn/{user}", "Start that user's default server.", "200 302 400 403 404 429 500", "next", ""},
    {"POST /spawn/{user}", "Start it with the options of the form.", "200 302 400 403 404 413 429 500", "next", "form"},
    {"GET /spawn/{user}/{server}", "Start a named server.", "200 302 400 403 404 429 500", "next", ""},
    {"POST /spawn/{user}/{server}", "Start it with the options of the form.", "200 302 400 403 404 413 429 500", "next",
     "form"},
    {"GET /spawn-pending/{user}", "The progress of a start.", "200 302 303 400 403 404 500", "next", ""},
    {"GET /spawn-pending/{user}/{server}", "The progress of a start.", "200 302 303 400 403 404 500", "next", ""},
    {"GET /user/{user}", "A server that does not run: how to start it.", "200 302 303 403 404 424 503", "", ""},
    {"GET /user/{user}/{path*}", "A server that does not run: how to start it.", "200 302 303 403 404 424 503", "", ""},
    {"POST /user/{user}/{path*}", "A server that does not run: says so, as JSON.", "403 404 424 503", "", ""},
    {"PATCH /user/{user}/{path*}", "A server that does not run: says so, as JSON.", "403 404 424 503", "", ""},
    {"DELETE /user/{user}/{path*}", "A server that does not run: says so, as JSON.", "403 404 424 503", "", ""},
    {"GET /user-redirect/{path*}", "The same path at one's own server.", "302", "", ""},
    {"GET /health", "Whether the hub answers.", "200", "", ""},
    {"HEAD /health", "Whether the hub answers.", "200", "", ""},
    {"GET /metrics", "Metrics in the text format of Prometheus.", "200 403", "", ""},
    {"GET /static/{path*}", "Style sheets, scripts and pictures.", "200 404", "v", ""},
    {"HEAD /static/{path*}", "Style sheets, scripts and pictures.", "200 404", "v", ""},
    {"GET /logo", "The logo.", "200 404", "", ""},
    {"HEAD /logo", "The logo.", "200 404", "", ""},
    {"GET /error/{code}", "What the proxy shows when it cannot reach a server.", "200 400 404 503", "url", ""},
    {"POST /security/csp-report", "Takes browsers' reports about content security.", "200 403", "", "(report)"},
});

} // namespace

std::span<RouteNote const> route_notes() { return notes; }

RouteNote const* find_note(std::string_view route)
{
    auto const found = std::ranges::find(notes, route, &RouteNote::route);
    return found == notes.end() ? nullptr : &*found;
}

} // namespace jhub::hub
