#include "rbac/oauth_scopes.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "rbac/raw_scope.hpp"

namespace jhub::rbac {
namespace {

void append_new(std::vector<std::string>& list, std::vector<std::string> const& more)
{
    for (std::string const& text : more) {
        if (std::ranges::find(list, text) == list.end())
            list.push_back(text);
    }
}

std::vector<std::string> access_texts(Client const& client)
{
    // access_scopes() holds built-in scopes only, so their names are those of any registry.
    static ScopeRegistry const builtin;
    return to_strings(access_scopes(client), builtin);
}

std::vector<std::string> asked_for(OAuthRequest const& request)
{
    std::vector<std::string> asked;
    for (std::string const& name : split(request.scope, ' ')) {
        if (!name.empty())
            append_new(asked, {name});
    }
    if (!asked.empty())
        return asked;
    asked = request.client_allowed;
    if (std::ranges::find(asked, "inherit") == asked.end())
        append_new(asked, required_scopes(request.client));
    return asked;
}

// Names that are all roles stand for the scopes of those roles.
Result<std::vector<std::string>> scopes_of_roles(std::vector<std::string> const& names, RoleLookup const& roles,
                                                 Error const& not_scopes)
{
    std::vector<std::string> scopes;
    for (std::string const& name : names) {
        auto const of_role = roles(name);
        if (!of_role)
            return std::unexpected(not_scopes);
        append_new(scopes, *of_role);
    }
    return scopes;
}

} // namespace

std::vector<std::string> client_allowed_scopes(std::span<std::string const> configured, Client const& client)
{
    std::vector<std::string> allowed(configured.begin(), configured.end());
    append_new(allowed, access_texts(client));
    std::ranges::sort(allowed);
    allowed.erase(std::ranges::unique(allowed).begin(), allowed.end());
    return allowed;
}

std::vector<std::string> required_scopes(Client const& client)
{
    std::vector<std::string> required = identify_placeholders();
    append_new(required, access_texts(client));
    return required;
}

Result<std::vector<std::string>> requested_scopes(OAuthRequest const& request, RoleLookup const& roles,
                                                  Context const& context)
{
    std::vector<std::string> asked = asked_for(request);
    std::erase(asked, "identify");
    if (auto const exist = check_scopes_exist(asked, context.registry); !exist) {
        TRY(asked, scopes_of_roles(asked, roles, exist.error()));
        CHECK(check_scopes_exist(asked, context.registry));
    }

    std::vector<std::string> const required = required_scopes(request.client);
    append_new(asked, required);
    std::vector<std::string> ceiling = request.client_allowed;
    append_new(ceiling, required);
    Resolution const resolution = resolve_requested(asked, ceiling, request.owner, request.client, context);
    if (!resolution.disallowed.empty())
        return fail(Errc::forbidden,
                    "This application may not ask for: " + printable(join(resolution.disallowed, ", "), 512));
    return asked;
}

Resolution granted_scopes(std::span<std::string const> requested, std::span<std::string const> user_role_scopes,
                          OAuthRequest const& request, Context const& context)
{
    std::vector<std::string> have(user_role_scopes.begin(), user_role_scopes.end());
    append_new(have, {"inherit"});
    append_new(have, required_scopes(request.client));
    return resolve_requested(requested, have, request.owner, request.client, context);
}

} // namespace jhub::rbac
