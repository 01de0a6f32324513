#include "hub/api/paging.hpp"

#include <fmt/format.h>

#include "base/strings.hpp"
#include "hub/dispatch/responses.hpp"

namespace jhub::hub::api {
namespace {

constexpr std::string_view pagination_type = "application/jupyterhub-pagination+json";

bool wants_envelope(RequestContext const& context)
{
    for (auto const& type : split(context.header("Accept").value_or(""), ','))
        if (to_lower(trim(type)) == pagination_type)
            return true;
    return false;
}

Result<std::int64_t> number(RequestContext const& context, std::string_view name, std::int64_t otherwise)
{
    auto const text = context.argument(name);
    if (!text)
        return otherwise;
    auto const value = parse_number<std::int64_t>(trim(*text));
    if (!value || *value == std::numeric_limits<std::int64_t>::min())
        return fail(Errc::invalid_argument, fmt::format("{} must be a whole number below 2^63.", name));
    return std::abs(*value);
}

// The request's URL as the hub sees it, with other values of offset and limit.
std::string page_url(RequestContext const& context, std::int64_t offset, std::int64_t limit)
{
    QueryFields fields;
    for (auto const& field : context.query)
        if (field.first != "offset" && field.first != "limit")
            fields.push_back(field);
    fields.emplace_back("offset", std::to_string(offset));
    fields.emplace_back("limit", std::to_string(limit));
    auto const site = context.site();
    return fmt::format("{}://{}{}?{}", site.scheme, site.host, context.request.path, build_query(fields));
}

} // namespace

Result<Paging> paging_of(RequestContext const& context)
{
    auto const& settings = context.hub.settings.hub;
    Paging paging;
    paging.enveloped = wants_envelope(context);
    TRY(paging.offset, number(context, "offset", 0));
    auto const usual = paging.enveloped ? settings.api_page_default_limit : settings.api_page_max_limit;
    TRY(auto const wanted, number(context, "limit", usual));
    paging.limit = std::clamp<std::int64_t>(wanted, 1, settings.api_page_max_limit);
    return paging;
}

http::Response page_response(RequestContext const& context, Paging const& paging, Json items, std::int64_t total)
{
    if (!paging.enveloped)
        return json_response(items);
    Json following;
    if (paging.offset < total - paging.limit) { // the sum could be more than a number holds
        std::int64_t const next = paging.offset + paging.limit;
        following = {{"offset", next}, {"limit", paging.limit}, {"url", page_url(context, next, paging.limit)}};
    }
    return json_response(
        {{"items", std::move(items)},
         {"_pagination",
          {{"offset", paging.offset}, {"limit", paging.limit}, {"total", total}, {"next", std::move(following)}}}});
}

} // namespace jhub::hub::api
