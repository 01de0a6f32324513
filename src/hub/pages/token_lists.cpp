#include "hub/pages/token_lists.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "jinja/time_value.hpp"

namespace jhub::hub::pages {
namespace {

struct Lifetime {
    std::int64_t seconds;
    std::string_view words;
};
constexpr std::array lifetimes{Lifetime{3600, "1 Hour"}, Lifetime{86400, "1 Day"}, Lifetime{604800, "1 Week"},
                               Lifetime{2592000, "1 Month"}, Lifetime{31536000, "1 Year"}};

void add_to_client(std::map<std::string, ClientTokens>& clients, store::TokenListing const& listing)
{
    auto const& token = listing.token;
    auto& client = clients[*token.client_id];
    client.client_id = *token.client_id;
    client.description = listing.client_description.empty() ? *token.client_id : listing.client_description;
    client.token_ids.push_back(token.id);
    if (token.created && (!client.created || *token.created < *client.created))
        client.created = token.created;
    if (token.last_activity && (!client.last_activity || *token.last_activity > *client.last_activity))
        client.last_activity = token.last_activity;
}

// The choices of the form as HTML; the last one that fits is chosen.
std::string lifetime_options(std::int64_t most)
{
    std::string html;
    for (auto const& lifetime : lifetimes)
        if (most == 0 || lifetime.seconds < most)
            html += fmt::format("<option value=\"{}\">{}</option>", lifetime.seconds, lifetime.words);
    std::string const last =
        most == 0 ? "<option value=\"\" selected=\"selected\">Never</option>"
                  : fmt::format("<option value=\"{}\" selected=\"selected\">Max ({} s)</option>", most, most);
    return html + last;
}

} // namespace

TokenLists load_tokens(store::Transaction& transaction, model::User const& user, Timestamp now)
{
    TokenLists lists;
    std::map<std::string, ClientTokens> clients;
    for (auto const& listing : store::tokens_of_user(transaction, user.id)) {
        auto const& token = listing.token;
        if (!token.client_id || (token.expires_at && *token.expires_at < now))
            store::delete_token(transaction, token.id);
        else if (*token.client_id == model::hub_client)
            lists.api_tokens.push_back(token);
        else
            add_to_client(clients, listing);
    }
    std::ranges::reverse(lists.api_tokens); // the latest used first
    for (auto& [id, client] : clients)
        lists.oauth_clients.push_back(std::move(client));
    return lists;
}

jinja::Dict token_page_values(TokenLists const& lists, std::chrono::seconds most)
{
    jinja::List tokens, clients;
    for (auto const& token : lists.api_tokens) {
        jinja::List scopes;
        for (auto const& scope : token.scopes)
            scopes.emplace_back(scope);
        tokens.emplace_back(jinja::Dict{{"api_id", "a" + std::to_string(token.id)},
                                        {"note", token.note},
                                        {"scopes", std::move(scopes)},
                                        {"created", jinja::time_value(token.created)},
                                        {"last_activity", jinja::time_value(token.last_activity)},
                                        {"expires_at", jinja::time_value(token.expires_at)}});
    }
    for (auto const& client : lists.oauth_clients)
        clients.emplace_back(jinja::Dict{{"client", client.client_id},
                                         {"description", client.description},
                                         {"created", jinja::time_value(client.created)},
                                         {"last_activity", jinja::time_value(client.last_activity)},
                                         {"token_id", "a" + std::to_string(client.token_ids.front())},
                                         {"token_count", client.token_ids.size()}});
    jinja::Dict values;
    values.set("api_tokens", std::move(tokens));
    values.set("oauth_clients", std::move(clients));
    values.set("token_expires_in_options_html", jinja::Value::markup(lifetime_options(most.count())));
    values.set("token_expires_in_max_seconds", most.count());
    return values;
}

} // namespace jhub::hub::pages
