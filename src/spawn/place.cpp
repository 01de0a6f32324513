#include "spawn/place.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "spawn/local_process_spawner.hpp"

namespace jhub::spawn {

void set_variable(Environment& env, std::string const& name, std::string value)
{
    auto const found = std::ranges::find(env, name, &Environment::value_type::first);
    if (found != env.end())
        found->second = std::move(value);
    else
        env.emplace_back(name, std::move(value));
}

Async<Place> place_of_account(privileged::Helper& helper, LocalServer const& server, LocalOptions const&)
{
    CO_TRY(privileged::Account account, co_await helper.account(server.user_name));
    Place place{.account = server.user_name, .directory = account.home};
    place.env.emplace_back("USER", server.user_name);
    if (!account.home.empty())
        place.env.emplace_back("HOME", account.home);
    if (!account.shell.empty())
        place.env.emplace_back("SHELL", account.shell);
    co_return place;
}

Async<Place> place_of_template(privileged::Helper&, LocalServer const& server, LocalOptions const& options)
{
    if (server.user_name == "." || server.user_name == "..")
        co_return fail(Errc::invalid_argument, "This user name cannot be the name of a directory.");
    std::string home = replace_all(options.home_dir_template, "{userid}", std::to_string(server.user_id));
    home = replace_all(std::move(home), "{username}", server.user_name);
    Place place{.directory = home, .create_directory = true};
    place.env = {{"USER", server.user_name}, {"HOME", home}, {"SHELL", "/bin/bash"}};
    co_return place;
}

std::string account_of(FindPlace how, LocalServer const& server)
{
    return how == place_of_account ? server.user_name : std::string();
}

} // namespace jhub::spawn
