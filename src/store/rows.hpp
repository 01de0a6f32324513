// How rows become structs: for each table its columns, named so that the order of the file does not matter (migrated
// databases differ), and the function that reads them in that order.
#pragma once

#include "model/group.hpp"
#include "model/oauth.hpp"
#include "model/role.hpp"
#include "model/service.hpp"
#include "model/share.hpp"
#include "model/spawner.hpp"
#include "model/token.hpp"
#include "model/user.hpp"
#include "store/values.hpp"

// Macros, because literals are joined to complete statements at compile time.
#define USER_COLUMNS                                                                                                   \
    "users.id, users.name, users.admin, users.created, users.last_activity, users.cookie_id, users.state, "            \
    "users.encrypted_auth_state"
#define SPAWNER_COLUMNS                                                                                                \
    "spawners.id, spawners.user_id, spawners.server_id, spawners.state, spawners.name, spawners.started, "             \
    "spawners.last_activity, spawners.user_options, spawners.oauth_client_id"
#define SERVER_COLUMNS "servers.id, servers.proto, servers.ip, servers.port, servers.base_url, servers.cookie_name"
#define SERVICE_COLUMNS                                                                                                \
    "id, name, admin, url, oauth_client_allowed_scopes, info, display, oauth_no_confirm, command, cwd, environment, "  \
    "\"user\", from_config, _server_id, pid, oauth_client_id"
#define GROUP_COLUMNS "groups.id, groups.name, groups.properties"
#define ROLE_COLUMNS "roles.id, roles.name, roles.description, roles.scopes, roles.managed_by_auth"
#define OAUTH_CLIENT_COLUMNS "id, identifier, description, secret, redirect_uri, allowed_scopes"
#define OAUTH_CODE_COLUMNS "id, client_id, code, expires_at, redirect_uri, session_id, user_id, scopes"
#define TOKEN_COLUMNS                                                                                                  \
    "api_tokens.id, api_tokens.user_id, api_tokens.service_id, api_tokens.hashed, api_tokens.prefix, "                 \
    "api_tokens.client_id, api_tokens.session_id, api_tokens.created, api_tokens.expires_at, "                         \
    "api_tokens.last_activity, api_tokens.note, api_tokens.scopes"
#define SHARE_COLUMNS                                                                                                  \
    "shares.id, shares.created_at, shares.scopes, shares.expires_at, shares.user_id, shares.group_id, "                \
    "shares.owner_id, shares.spawner_id"
#define SHARE_CODE_COLUMNS                                                                                             \
    "share_codes.id, share_codes.created_at, share_codes.scopes, share_codes.expires_at, share_codes.hashed, "         \
    "share_codes.prefix, share_codes.exchange_count, share_codes.last_exchanged_at, share_codes.owner_id, "            \
    "share_codes.spawner_id"

namespace jhub::store {

model::User read_user(Row& row);
model::SpawnerRow read_spawner(Row& row);
model::ServerRow read_server(Row& row);
model::ServiceRow read_service(Row& row);
model::Group read_group(Row& row);
model::Role read_role(Row& row);
model::OAuthClient read_oauth_client(Row& row);
model::OAuthCode read_oauth_code(Row& row);
// In place of the redirect URI of a code that was exchanged, before the token's id: the schema has no column for it.
inline constexpr std::string_view exchanged_mark = "exchanged:";
model::ApiToken read_token(Row& row);
model::Share read_share(Row& row);
model::ShareCode read_share_code(Row& row);
std::string read_text(Row& row); // a single text column

} // namespace jhub::store
