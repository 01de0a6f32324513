#include "store/rows.hpp"

#include "base/strings.hpp"

namespace jhub::store {

// The initializers of a braced list run from left to right: each takes the next column.

model::User read_user(Row& row)
{
    return {.id = row.integer(),
            .name = row.text(),
            .admin = row.flag(),
            .created = row.maybe_time(),
            .last_activity = row.maybe_time(),
            .cookie_id = row.text(),
            .state = row.maybe_json(),
            .encrypted_auth_state = row.maybe_text()};
}

model::SpawnerRow read_spawner(Row& row)
{
    return {.id = row.integer(),
            .user_id = row.integer(),
            .server_id = row.maybe_integer(),
            .state = row.object(),
            .name = row.text(),
            .started = row.maybe_time(),
            .last_activity = row.maybe_time(),
            .user_options = row.maybe_json(),
            .oauth_client_id = row.maybe_text()};
}

model::ServerRow read_server(Row& row)
{
    return {.id = row.integer(),
            .proto = row.text(),
            .ip = row.text(),
            .port = static_cast<int>(row.integer()),
            .base_url = row.text(),
            .cookie_name = row.text()};
}

model::ServiceRow read_service(Row& row)
{
    return {.id = row.integer(),
            .name = row.text(),
            .admin = row.flag(),
            .url = row.maybe_text(),
            .oauth_client_allowed_scopes = row.maybe_list(),
            .info = row.maybe_json(),
            .display = row.maybe_flag(),
            .oauth_no_confirm = row.maybe_flag(),
            .command = row.maybe_list(),
            .cwd = row.maybe_text(),
            .environment = row.maybe_json(),
            .user = row.maybe_text(),
            .from_config = row.flag(),
            .server_id = row.maybe_integer(),
            .pid = row.maybe_integer(),
            .oauth_client_id = row.maybe_text()};
}

model::Group read_group(Row& row) { return {.id = row.integer(), .name = row.text(), .properties = row.object()}; }

model::Role read_role(Row& row)
{
    return {.id = row.integer(),
            .name = row.text(),
            .description = row.text(),
            .scopes = row.list(),
            .managed_by_auth = row.flag()};
}

model::OAuthClient read_oauth_client(Row& row)
{
    return {.id = row.integer(),
            .identifier = row.text(),
            .description = row.text(),
            .secret = row.text(),
            .redirect_uri = row.text(),
            .allowed_scopes = row.list()};
}

model::OAuthCode read_oauth_code(Row& row)
{
    model::OAuthCode code{.id = row.integer(),
                          .client_id = row.text(),
                          .code = row.text(),
                          .expires_at = row.integer(),
                          .redirect_uri = row.text(),
                          .session_id = row.text(),
                          .user_id = row.integer(),
                          .scopes = row.list(),
                          .token_id = std::nullopt};
    if (code.redirect_uri.starts_with(exchanged_mark))
        code.token_id = parse_number<std::int64_t>(code.redirect_uri.substr(exchanged_mark.size()));
    return code;
}

model::ApiToken read_token(Row& row)
{
    return {.id = row.integer(),
            .user_id = row.maybe_integer(),
            .service_id = row.maybe_integer(),
            .hashed = row.text(),
            .prefix = row.text(),
            .client_id = row.maybe_text(),
            .session_id = row.maybe_text(),
            .created = row.maybe_time(),
            .expires_at = row.maybe_time(),
            .last_activity = row.maybe_time(),
            .note = row.text(),
            .scopes = row.list()};
}

model::Share read_share(Row& row)
{
    return {.id = row.integer(),
            .created_at = row.time(),
            .scopes = row.list(),
            .expires_at = row.maybe_time(),
            .user_id = row.maybe_integer(),
            .group_id = row.maybe_integer(),
            .owner_id = row.integer(),
            .spawner_id = row.integer()};
}

model::ShareCode read_share_code(Row& row)
{
    return {.id = row.integer(),
            .created_at = row.time(),
            .scopes = row.list(),
            .expires_at = row.maybe_time(),
            .hashed = row.text(),
            .prefix = row.text(),
            .exchange_count = static_cast<int>(row.integer()),
            .last_exchanged_at = row.maybe_time(),
            .owner_id = row.integer(),
            .spawner_id = row.integer()};
}

std::string read_text(Row& row) { return row.text(); }

} // namespace jhub::store
