// Who may enter when the configuration says nothing about it: everybody only where there is no configuration at all.
#include "config/support.hpp"
#include "hub/startup/parts.hpp"

#include <filesystem>

namespace jhub::config {
namespace {

class WhoMayEnter : public Loading {
  protected:
    bool everybody(std::vector<std::string> arguments = {})
    {
        return hub::allow_options(loaded(std::move(arguments))).unconfigured;
    }
};

TEST_F(WhoMayEnter, is_everybody_only_without_any_file_and_any_option)
{
    EXPECT_TRUE(everybody());
    EXPECT_FALSE(everybody({"--port=8123"}));
}

TEST_F(WhoMayEnter, is_nobody_once_a_file_was_read_whatever_it_sets)
{
    for (char const* text :
         {"", "pass\n", "import os\n", "c = {}\nc['x'] = 1\n", "c.Authenticator.allowed_users = {'bob'}\n"}) {
        folder.write("jupyterhub_config.py", text);
        EXPECT_FALSE(everybody()) << text;
    }
    std::filesystem::remove("jupyterhub_config.py");
    folder.write("jupyterhub_config.json", "{}");
    EXPECT_FALSE(everybody());
}

} // namespace
} // namespace jhub::config
