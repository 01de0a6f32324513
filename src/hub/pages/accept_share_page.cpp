// Where a share code leads: asks whether to take access to somebody's server, and gives it (reference http-pages.md
// §6).
#include <array>

#include "auth/next_url.hpp"
#include "http/forms.hpp"
#include "hub/core/sharing.hpp"
#include "hub/core/wanted_row.hpp"
#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "hub/dispatch/scope_descriptions.hpp"
#include "hub/dispatch/user_rows.hpp"
#include "hub/pages/next_page.hpp"
#include "hub/pages/objects.hpp"
#include "hub/pages/tables.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub::pages {
namespace {

using http::Method;

struct Offer {
    model::ShareCode code;
    model::User owner;
    model::SpawnerRow spawner;
};

Result<Offer> find_offer(store::Transaction& transaction, std::string const& code, Timestamp now)
{
    auto const row = find_valid_code(transaction, code, now);
    auto const owner = row ? store::find_user_by_id(transaction, row->owner_id) : std::nullopt;
    auto const spawner = row ? store::find_spawner_by_id(transaction, row->spawner_id) : std::nullopt;
    if (!owner || !spawner)
        return fail(Errc::not_found, "This share code is not valid, or not any more. Ask for a new one.");
    return Offer{*row, *owner, *spawner};
}

// GET /accept-share
Async<http::Response> ask(RequestContext& context)
{
    auto& hub = context.hub;
    std::string const code = context.argument("code").value_or("");
    if (code.empty())
        co_return fail(Errc::invalid_argument, "The address of this page must carry a share code.");
    auto const find = [code, now = hub.now()](store::Transaction& transaction) {
        return find_offer(transaction, code, now);
    };
    CO_TRY(Offer const offer, co_await hub.store.read(find));
    if (offer.owner.id == context.user().id)
        co_return fail(Errc::forbidden, "This code is for others: the server is your own.");

    CO_CHECK(co_await look_up_for_templates(context, offer.owner));
    auto const live = hub.servers.find(offer.owner.id, offer.spawner.name);
    std::string const url = hub.urls.server_url(offer.owner.name, offer.spawner.name);
    jinja::List descriptions;
    for (auto const& scope : offer.code.scopes)
        descriptions.push_back(describe_scope(scope, hub.scopes));
    jinja::Dict values;
    values.set("code", code);
    values.set("owner", user_object(context, offer.owner));
    values.set("spawner", spawner_object(context, offer.owner, offer.spawner.name, &offer.spawner));
    values.set("spawner_ready", live && live->ready());
    values.set("spawner_url", url);
    values.set("scope_descriptions", std::move(descriptions));
    values.set("next_url", explicit_next(context).value_or(""));
    values.set("auth_state", nullptr);
    co_return context.pages.render(context, "accept-share.html", std::move(values));
}

struct Accept {
    std::string code;
    model::User user;
    Timestamp now;
    Result<Offer> operator()(store::Transaction& transaction) const
    {
        CHECK(check_still_there(transaction, user));
        auto offer = find_offer(transaction, code, now);
        if (!offer)
            return fail(Errc::invalid_argument, offer.error().message);
        if (offer->owner.id == user.id)
            return fail(Errc::invalid_argument, "This code is for others: the server is your own.");
        exchange_code(transaction, offer->code, user, now);
        return offer;
    }
};

// POST /accept-share
Async<http::Response> accept(RequestContext& context)
{
    CO_TRY(auto const form, http::parse_form(context.request));
    auto const field = [&](std::string_view name) {
        auto given = query_value(form.fields, name);
        return given ? *std::move(given) : context.argument(name).value_or("");
    };
    Accept const unit{field("code"), context.user(), context.hub.now()};
    CO_TRY(Offer const offer, co_await context.hub.store.write(unit));
    auto const site = context.site();
    auto const next =
        auth::validate_next_url(field("next"), {site.scheme, site.host, context.hub.urls.subdomain_netloc()});
    co_return redirect(next ? *next : context.hub.urls.server(offer.owner.name, offer.spawner.name));
}

} // namespace

std::span<Route const> share_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/accept-share", rbac::signed_in(), ask},
        Route{Method::post, "/accept-share", rbac::signed_in(), accept},
    };
    return routes;
}

} // namespace jhub::hub::pages
