#include "hub/startup/token_command.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdio>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "hub/startup/give_up_root.hpp"
#include "hub/startup/opened.hpp"
#include "store/roles.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

std::string own_name()
{
    passwd const* const account = ::getpwuid(::getuid());
    return account ? account->pw_name : "";
}

Result<std::string> make_token(Opened& opened, std::string const& name)
{
    std::string const token = auth::new_token();
    auto const insert = [&](store::Transaction& transaction) -> Result<bool> {
        auto const user = store::find_user(transaction, name);
        if (!user)
            return fail(Errc::not_found, "No such user: " + name);
        model::ApiToken row;
        row.user_id = user->id;
        row.hashed = auth::hash_token(token, auth::generated_rounds);
        row.prefix = auth::token_prefix(token);
        row.client_id = model::hub_client;
        row.created = system_clock().now();
        row.note = "command-line generated";
        auto const role = store::find_role(transaction, "token");
        row.scopes = role ? role->scopes : std::vector<std::string>{"inherit"};
        store::insert_token(transaction, row);
        return true;
    };
    CHECK(opened.store->write_now(insert));
    return token;
}

} // namespace

int run_token_command(ServeInput const& input, std::vector<std::string> const& names)
{
    if (names.size() > 1) {
        fmt::print(stderr, "Must specify exactly one username\n");
        return 1;
    }
    std::string const name = names.empty() ? own_name() : names.front();
    if (auto const ready = act_as_the_hub(input.settings, input.environment); !ready) {
        fmt::print(stderr, "{}\n", ready.error().message);
        return 1;
    }
    asio::io_context io(1);
    auto opened = open_everything(io.get_executor(), input);
    auto const token = opened ? make_token(*opened, name) : std::unexpected(opened.error());
    if (!token) {
        fmt::print(stderr, "{}\n", token.error().message);
        return 1;
    }
    fmt::print("{}\n", *token);
    return 0;
}

} // namespace jhub::hub
