#include "hub/dispatch/handler_names.hpp"

#include <algorithm>
#include <array>

namespace jhub::hub {
namespace {

struct HandlerName {
    std::string_view pattern, name;
};

constexpr std::array names{
    HandlerName{"/api", "jupyterhub.apihandlers.hub.RootAPIHandler"},
    HandlerName{"/api/", "jupyterhub.apihandlers.hub.RootAPIHandler"},
    HandlerName{"/api/info", "jupyterhub.apihandlers.hub.InfoAPIHandler"},
    HandlerName{"/api/shutdown", "jupyterhub.apihandlers.hub.ShutdownAPIHandler"},
    HandlerName{"/api/audit", "jupyterhub.apihandlers.hub.AuditAPIHandler"}, // of this hub alone
    HandlerName{"/api/user", "jupyterhub.apihandlers.users.SelfAPIHandler"},
    HandlerName{"/api/users", "jupyterhub.apihandlers.users.UserListAPIHandler"},
    HandlerName{"/api/users/{user}", "jupyterhub.apihandlers.users.UserAPIHandler"},
    HandlerName{"/api/users/{user}/server", "jupyterhub.apihandlers.users.UserServerAPIHandler"},
    HandlerName{"/api/users/{user}/servers/{server?}", "jupyterhub.apihandlers.users.UserServerAPIHandler"},
    HandlerName{"/api/users/{user}/server/progress", "jupyterhub.apihandlers.users.SpawnProgressAPIHandler"},
    HandlerName{"/api/users/{user}/servers/{server}/progress", "jupyterhub.apihandlers.users.SpawnProgressAPIHandler"},
    HandlerName{"/api/users/{user}/activity", "jupyterhub.apihandlers.users.ActivityAPIHandler"},
    HandlerName{"/api/users/{user}/admin-access", "jupyterhub.apihandlers.users.UserAdminAccessAPIHandler"},
    HandlerName{"/api/users/{user}/tokens", "jupyterhub.apihandlers.users.UserTokenListAPIHandler"},
    HandlerName{"/api/users/{user}/tokens/{id?}", "jupyterhub.apihandlers.users.UserTokenAPIHandler"},
    HandlerName{"/api/groups", "jupyterhub.apihandlers.groups.GroupListAPIHandler"},
    HandlerName{"/api/groups/{group}", "jupyterhub.apihandlers.groups.GroupAPIHandler"},
    HandlerName{"/api/groups/{group}/users", "jupyterhub.apihandlers.groups.GroupUsersAPIHandler"},
    HandlerName{"/api/groups/{group}/properties", "jupyterhub.apihandlers.groups.GroupPropertiesAPIHandler"},
    HandlerName{"/api/services", "jupyterhub.apihandlers.services.ServiceListAPIHandler"},
    HandlerName{"/api/services/{service}", "jupyterhub.apihandlers.services.ServiceAPIHandler"},
    HandlerName{"/api/shares/{user}", "jupyterhub.apihandlers.shares.ServerShareAPIHandler"},
    HandlerName{"/api/shares/{user}/{server?}", "jupyterhub.apihandlers.shares.ServerShareAPIHandler"},
    HandlerName{"/api/users/{user}/shared", "jupyterhub.apihandlers.shares.UserShareListAPIHandler"},
    HandlerName{"/api/groups/{group}/shared", "jupyterhub.apihandlers.shares.GroupShareListAPIHandler"},
    HandlerName{"/api/users/{user}/shared/{owner}/{name?}", "jupyterhub.apihandlers.shares.UserShareAPIHandler"},
    HandlerName{"/api/groups/{group}/shared/{owner}/{name?}", "jupyterhub.apihandlers.shares.GroupShareAPIHandler"},
    HandlerName{"/api/share-codes/{user}", "jupyterhub.apihandlers.shares.ServerShareCodeAPIHandler"},
    HandlerName{"/api/share-codes/{user}/{server?}", "jupyterhub.apihandlers.shares.ServerShareCodeAPIHandler"},
    HandlerName{"/api/proxy", "jupyterhub.apihandlers.proxy.ProxyAPIHandler"},
    HandlerName{"/api/authorizations/token", "jupyterhub.apihandlers.auth.TokenAPIHandler"},
    HandlerName{"/api/authorizations/token/{token}", "jupyterhub.apihandlers.auth.TokenAPIHandler"},
    HandlerName{"/api/authorizations/cookie/{name}", "jupyterhub.apihandlers.auth.CookieAPIHandler"},
    HandlerName{"/api/authorizations/cookie/{name}/{value?}", "jupyterhub.apihandlers.auth.CookieAPIHandler"},
    HandlerName{"/api/oauth2/authorize", "jupyterhub.apihandlers.auth.OAuthAuthorizeHandler"},
    HandlerName{"/api/oauth2/token", "jupyterhub.apihandlers.auth.OAuthTokenHandler"},
    HandlerName{"/api/metrics", "jupyterhub.handlers.metrics.MetricsHandler"},
    HandlerName{"/metrics", "jupyterhub.handlers.metrics.MetricsHandler"},
    HandlerName{"/api/health", "jupyterhub.handlers.pages.HealthCheckHandler"},
    HandlerName{"/health", "jupyterhub.handlers.pages.HealthCheckHandler"},
    HandlerName{"/", "jupyterhub.handlers.pages.RootHandler"},
    HandlerName{"/home", "jupyterhub.handlers.pages.HomeHandler"},
    HandlerName{"/admin", "jupyterhub.handlers.pages.AdminHandler"},
    HandlerName{"/token", "jupyterhub.handlers.pages.TokenPageHandler"},
    HandlerName{"/spawn", "jupyterhub.handlers.pages.SpawnHandler"},
    HandlerName{"/spawn/{user}", "jupyterhub.handlers.pages.SpawnHandler"},
    HandlerName{"/spawn/{user}/{server}", "jupyterhub.handlers.pages.SpawnHandler"},
    HandlerName{"/spawn-pending/{user}", "jupyterhub.handlers.pages.SpawnPendingHandler"},
    HandlerName{"/spawn-pending/{user}/{server}", "jupyterhub.handlers.pages.SpawnPendingHandler"},
    HandlerName{"/accept-share", "jupyterhub.handlers.pages.AcceptShareHandler"},
    HandlerName{"/error/{code}", "jupyterhub.handlers.pages.ProxyErrorHandler"},
    HandlerName{"/login", "jupyterhub.handlers.login.LoginHandler"},
    HandlerName{"/logout", "jupyterhub.handlers.login.LogoutHandler"},
    HandlerName{"/user/{user}", "jupyterhub.handlers.base.UserUrlHandler"},
    HandlerName{"/user/{user}/{path*}", "jupyterhub.handlers.base.UserUrlHandler"},
    HandlerName{"/user-redirect/{path*}", "jupyterhub.handlers.base.UserRedirectHandler"},
    HandlerName{"/security/csp-report", "jupyterhub.handlers.base.CSPReportHandler"},
    HandlerName{"/static/{path*}", "jupyterhub.handlers.static.CacheControlStaticFilesHandler"},
    HandlerName{"/logo", "jupyterhub.handlers.static.LogoHandler"},
};

} // namespace

std::optional<std::string_view> find_handler_name(std::string_view pattern)
{
    auto const found = std::ranges::find(names, pattern, &HandlerName::pattern);
    return found == names.end() ? std::nullopt : std::optional(found->name);
}

std::string_view unmatched_handler_name(Surface surface)
{
    return surface == Surface::api ? "jupyterhub.apihandlers.base.API404" : "jupyterhub.handlers.base.Template404";
}

} // namespace jhub::hub
