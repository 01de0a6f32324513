#include "hub/api/share_models.hpp"

#include "base/url.hpp"

namespace jhub::hub::api {
namespace {

Json text_or_null(std::string text) { return text.empty() ? Json() : Json(std::move(text)); }

Json server_part(std::string const& owner, model::SpawnerRow const& spawner, ServersNow const& live, Urls const& urls)
{
    auto const now = live.find({spawner.user_id, spawner.name});
    std::string const url = urls.server_url(owner, spawner.name);
    return {{"user", {{"name", owner}}},
            {"name", spawner.name},
            {"url", url},
            {"full_url", text_or_null(urls.full(url))},
            {"ready", now != live.end() && now->second.state == ServerState::ready}};
}

Json name_part(std::optional<std::string> const& name) { return name ? Json{{"name", *name}} : Json(); }

} // namespace

Json share_model(store::ShareOverview const& share, ServersNow const& live, Urls const& urls)
{
    return {{"server", server_part(share.owner_name, share.spawner, live, urls)},
            {"scopes", share.share.scopes},
            {"user", name_part(share.user_name)},
            {"group", name_part(share.group_name)},
            {"kind", share.user_name ? "user" : "group"},
            {"created_at", time_json(share.share.created_at)}};
}

Json share_code_model(store::ShareCodeOverview const& code, ServersNow const& live, Urls const& urls)
{
    return {{"server", server_part(code.owner_name, code.spawner, live, urls)},
            {"scopes", code.code.scopes},
            {"id", "sc_" + std::to_string(code.code.id)},
            {"created_at", time_json(code.code.created_at)},
            {"expires_at", time_json(code.code.expires_at)},
            {"exchange_count", code.code.exchange_count},
            {"last_exchanged_at", time_json(code.code.last_exchanged_at)}};
}

Json accept_urls(std::string_view code, Urls const& urls)
{
    std::string const url = with_query(urls.hub("accept-share"), build_query({{"code", std::string(code)}}));
    return {{"code", code}, {"accept_url", url}, {"full_accept_url", text_or_null(urls.full(url))}};
}

} // namespace jhub::hub::api
