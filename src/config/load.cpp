#include "config/load.hpp"

#include <filesystem>
#include <iostream>

#include <unistd.h>

#include <fmt/format.h>

#include "config/coerce.hpp"
#include "config/command_line.hpp"
#include "config/files.hpp"
#include "config/resolve.hpp"
#include "config/text.hpp"

extern "C" char** environ;

namespace jhub::config {
namespace {

Exit bad_config(std::string const& problem)
{
    return {1, "", fmt::format("Bad config encountered during initialization: {}\n", problem)};
}

// An option of the application, as the command line alone has it.
Result<Json> from_command_line(Sections const& sections, std::string_view name)
{
    std::vector<std::string> ignored;
    auto const& option = *find_option("JupyterHub", name);
    TRY(auto const set, resolve(sections, "JupyterHub", option, ignored));
    if (!set)
        return default_value(option);
    auto checked = check_value(option, set->value);
    if (!checked)
        return fail(Errc::invalid_argument,
                    format_problem(option, "JupyterHub", set->value, set->origin, checked.error().message));
    return checked;
}

// Too many words, or words where none belong.
std::optional<Exit> check_positional(Words const& words)
{
    if (words.mode == Mode::token && words.positional.size() > 1)
        return Exit{1, "", "Must specify exactly one username\n"};
    if (words.mode == Mode::token || words.positional.empty())
        return std::nullopt;
    std::string shown;
    for (auto const& word : words.positional)
        shown += (shown.empty() ? "" : " ") + word;
    return Exit{1, "", fmt::format("Unrecognized command-line arguments: '{}'\n", shown)};
}

Mode mode_of(Words const& words, Config const& config)
{
    if (words.mode != Mode::run)
        return words.mode;
    if (config.flag("JupyterHub", "show_config_json"))
        return Mode::show_config_json;
    if (config.flag("JupyterHub", "show_config"))
        return Mode::show_config;
    return config.flag("JupyterHub", "generate_certs") ? Mode::generate_certs : Mode::run;
}

// Settings of the command line, laid over those of the files.
void lay_over(Sections& sections, Sections const& more)
{
    for (auto const& [class_name, section] : more)
        for (auto const& [name, setting] : section)
            sections[class_name].insert_or_assign(name, setting);
}

} // namespace

std::variant<Loaded, Exit> load(int argc, char const* const* argv, Environment const& environment,
                                PythonReader const& read_python)
{
    auto words = sort_words({argv + 1, argv + argc});
    if (!words)
        return words.error();
    if (words->help != Words::Help::none)
        return Exit{0, words->help == Words::Help::all ? long_help(words->mode) : short_help(words->mode), ""};
    if (words->version)
        return Exit{0, JHUB_VERSION "\n", ""};
    if (auto const problem = check_positional(*words))
        return *problem;

    auto const file = from_command_line(words->sections, "config_file");
    auto const generate = from_command_line(words->sections, "generate_config");
    auto const yes = from_command_line(words->sections, "answer_yes");
    auto const trust = from_command_line(words->sections, "trust_config_file");
    for (auto const* result : {&file, &generate, &yes, &trust})
        if (!*result)
            return bad_config(result->error().message);
    if (generate->get<bool>())
        return Exit{write_sample_file(file->get<std::string>(), yes->get<bool>(), std::cin, std::cout, std::cerr), "",
                    ""};

    auto const app = words->sections.find("JupyterHub");
    bool const explicitly = app != words->sections.end() && app->second.contains("config_file");
    auto warnings = words->warnings;
    auto read = read_files({file->get<std::string>(), explicitly,
                            trust->get<bool>() ? Trust::whoever_can_change_it : Trust::if_only_root_can_change_it},
                           environment, read_python, warnings);
    if (!read)
        return read.error();
    lay_over(read->sections, words->sections);
    auto config = Config::check(std::move(read->sections), warnings);
    if (!config)
        return bad_config(config.error().message);
    Mode const mode = mode_of(*words, *config);
    return Loaded{{mode, words->positional}, *std::move(config), std::move(read->names), std::move(warnings)};
}

Environment process_environment()
{
    Environment result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        std::string_view const text = *entry;
        auto const equals = text.find('=');
        if (equals != std::string_view::npos)
            result.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return result;
}

} // namespace jhub::config
