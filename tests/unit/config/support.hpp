// Loads configurations as the program does: a directory with files, a command line, the real Python.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "config/settings.hpp"
#include "python/host.hpp"
#include "python/support.hpp"

namespace jhub::config {

using testing::HasSubstr;

class Loading : public testing::Test {
  protected:
    std::variant<Loaded, Exit> load(std::vector<std::string> arguments)
    {
        std::vector<char const*> argv{"jupyterhub"};
        for (auto const& argument : arguments)
            argv.push_back(argument.c_str());
        return config::load(static_cast<int>(argv.size()), argv.data(), environment,
                            [](std::string const& file, Environment const& variables, Trust trust) {
                                return python::evaluate_config(file, variables, {}, trust);
                            });
    }

    // The configuration, or a failure of the test.
    Loaded loaded(std::vector<std::string> arguments = {})
    {
        auto result = load(std::move(arguments));
        if (auto const* exit = std::get_if<Exit>(&result)) {
            ADD_FAILURE() << "exit " << exit->code << ": " << exit->err;
            return {};
        }
        return std::get<Loaded>(std::move(result));
    }

    Exit refused(std::vector<std::string> arguments = {})
    {
        auto result = load(std::move(arguments));
        if (auto const* exit = std::get_if<Exit>(&result))
            return *exit;
        ADD_FAILURE() << "was accepted";
        return {};
    }

    Loaded with_file(std::string const& text, std::vector<std::string> arguments = {})
    {
        folder.write("jupyterhub_config.py", text);
        return loaded(std::move(arguments));
    }

    Exit refused_file(std::string const& text)
    {
        folder.write("jupyterhub_config.py", text);
        return refused();
    }

    Result<Settings> settings_of(std::string const& text)
    {
        auto const config = with_file(text);
        warnings = config.warnings;
        return make_settings(config.config, environment, warnings);
    }

    Environment environment{{"PATH", "/usr/bin:/bin"}, {"HOME", "/home/somebody"}};
    TemporaryDirectory folder;
    std::vector<std::string> warnings;
};

} // namespace jhub::config
