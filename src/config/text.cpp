#include "config/text.hpp"

#include <algorithm>
#include <filesystem>
#include <istream>
#include <map>
#include <ostream>

#include <fmt/format.h>

#include "base/guarded_file.hpp"
#include "base/strings.hpp"
#include "config/command_line.hpp"

namespace jhub::config {
namespace {

constexpr std::string_view type_name(Type type)
{
    switch (type) {
    case Type::text:
        return "text";
    case Type::integer:
        return "integer";
    case Type::number:
        return "number";
    case Type::boolean:
        return "True or False";
    case Type::list:
        return "list";
    case Type::text_list:
        return "list of texts";
    case Type::text_set:
        return "set of texts";
    case Type::dictionary:
        return "dictionary";
    case Type::command:
        return "command";
    case Type::byte_size:
        return "bytes, such as '1.5G'";
    case Type::url_prefix:
        return "path";
    case Type::entry_point:
        return "class";
    case Type::hook:
        return "Python function";
    case Type::log_level:
        return "log level";
    case Type::bytes:
        return "bytes or hexadecimal digits";
    case Type::any:
        return "any value";
    }
    return "";
}

// Words of the help, then what the table knows beside it.
std::string full_help(Option const& option)
{
    std::string text(option.help);
    if (!option.choices.empty())
        text += fmt::format(" One of {}.", replace_all(std::string(option.choices), "|", ", "));
    if (!option.replaced_by.empty())
        text += fmt::format(" Use {}.", option.replaced_by);
    if (!option.deprecated_since.empty())
        text += fmt::format(" Deprecated since {}.", option.deprecated_since);
    return text;
}

std::string wrapped(std::string_view text, std::string_view indent, std::size_t width)
{
    std::string out, line(indent);
    for (auto const& word : split(text, ' ')) {
        if (line.size() > indent.size() && line.size() + 1 + word.size() > width) {
            out += line + "\n";
            line = indent;
        }
        line += (line.size() > indent.size() ? " " : "") + word;
    }
    return out + line + "\n";
}

std::string options_help()
{
    std::string out = "\nOptions\n=======\n";
    out +=
        wrapped("A flag takes no value. The other options take one: --port 8000 or --port=8000. Every option of every "
                "class can be set as --Class.name=value; lists and dictionaries by repeating it.",
                "", 96);
    out += '\n';
    for (auto const& flag : flags())
        out += fmt::format("--{}\n{}    Equivalent to: --{}={}\n", flag.name, wrapped(flag.help, "    ", 96),
                           flag.option, flag.value);
    for (auto const& alias : aliases())
        out += fmt::format("{}{}=VALUE\n{}    Equivalent to: --{}\n", alias.name.size() == 1 ? "-" : "--", alias.name,
                           wrapped(alias.help, "    ", 96), alias.option);
    return out + "-h, --help\n    This text.\n--help-all\n    This text and every option of every class.\n--version\n"
                 "    The version.\n";
}

std::string base_of(ClassInfo const& info) { return std::string(info.base.empty() ? "Configurable" : info.base); }

} // namespace

std::string short_help(Mode mode)
{
    auto const all = subcommands();
    auto const command = std::ranges::find(all, mode, &Subcommand::mode);
    std::string out;
    if (command != all.end()) {
        out = fmt::format("{}\nUsage: jupyterhub {}{} [options]\n", wrapped(command->details, "", 96), command->name,
                          command->arguments);
    } else {
        out = wrapped("The hub of many Jupyter servers: logs users in, starts a server for each, and connects them "
                      "through a proxy. Started without options it reads jupyterhub_config.py (and .json) of the "
                      "working directory.",
                      "", 96);
        out += "\nUsage: jupyterhub [SUBCOMMAND] [options]\n\nSubcommands\n===========\n";
        for (auto const& each : all)
            out += fmt::format("{}{}\n    {} See jupyterhub {} --help.\n", each.name, each.arguments, each.help,
                               each.name);
    }
    out += options_help();
    if (command == all.end())
        out += "\nExamples\n========\n    jupyterhub --generate-config -f /etc/jupyterhub/jupyterhub_config.py\n"
               "    jupyterhub --ip 10.0.1.2 --port 443 --ssl-key my.key --ssl-cert my.crt\n";
    return out;
}

std::string long_help(Mode mode)
{
    std::string out = short_help(mode) + "\nClass options\n=============\n";
    for (auto const& info : all_classes()) {
        auto const heading = fmt::format("{}({}) options", info.name, base_of(info));
        out += fmt::format("\n{}\n{}\n", heading, std::string(heading.size(), '-'));
        for (auto const* option : options_of(info.name))
            out += fmt::format("--{}.{}=<{}>\n{}    Default: {}\n", info.name, option->name, type_name(option->type),
                               wrapped(full_help(*option), "    ", 96), option->default_value);
    }
    return out;
}

std::string sample_file()
{
    std::string out = "# Configuration file for jupyterhub.\n\nc = get_config()  #noqa\n";
    std::string const ruler = "#" + std::string(78, '-') + "\n";
    for (auto const& info : all_classes()) {
        out += fmt::format("\n{}# {}({}) configuration\n{}## {}\n", ruler, info.name, base_of(info), ruler, info.help);
        for (auto const* option : options_of(info.name))
            out += fmt::format("\n{}#  Default: {}\n# c.{}.{} = {}\n", wrapped(full_help(*option), "## ", 100),
                               option->default_value, info.name, option->name, option->default_value);
        // As traitlets writes them: scripts that take the sign of a comment away find them, too.
        for (auto const* option : all_options(info.name))
            if (option->class_name != info.name)
                out += fmt::format("\n{}#  See also: {}.{}\n# c.{}.{} = {}\n", wrapped(option->help, "## ", 100),
                                   option->class_name, option->name, info.name, option->name, option->default_value);
    }
    return out;
}

std::string reference_page()
{
    std::string out = "# Options\n\n<!-- Made from the option tables in src/config; a test compares. Run the test with "
                      "JHUB_ACCEPT=1 to write it anew. -->\n\nEvery option can be set in `jupyterhub_config.py` as "
                      "`c.Class.name = value`, in `jupyterhub_config.json`, and on the\ncommand line as "
                      "`--Class.name=value`. An option of "
                      "a class holds for the classes based on it, too; the class\nclosest to the one in use "
                      "wins.\n\n## Command line\n\n"
                      "| flag | sets | meaning |\n|---|---|---|\n";
    for (auto const& flag : flags())
        out += fmt::format("| `--{}` | `{}={}` | {} |\n", flag.name, flag.option, flag.value, flag.help);
    for (auto const& alias : aliases())
        out += fmt::format("| `{}{} VALUE` | `{}` | {} |\n", alias.name.size() == 1 ? "-" : "--", alias.name,
                           alias.option, alias.help);
    for (auto const& info : all_classes()) {
        auto const base = info.base.empty() ? std::string{} : fmt::format(" Based on {}.", info.base);
        auto const name = info.entry_names.empty()
                              ? std::string{}
                              : fmt::format(" Name: `{}`.", replace_all(std::string(info.entry_names), "|", "`, `"));
        out += fmt::format("\n## {}\n\n{}{}{}\n", info.name, info.help, base, name);
        auto const own = options_of(info.name);
        if (!own.empty())
            out += "\n| option | type | default | meaning |\n|---|---|---|---|\n";
        for (auto const* option : own)
            out += fmt::format("| `{}` | {}{} | `{}` | {} |\n", option->name, type_name(option->type),
                               option->is(secret) ? ", secret" : "", option->default_value, full_help(*option));
    }
    return out;
}

int write_sample_file(std::string const& path, bool answer_yes, std::istream& in, std::ostream& out, std::ostream& err)
{
    auto const folder = std::filesystem::path(path).parent_path();
    std::error_code ignored;
    if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
        err << fmt::format("{} does not exist. Make it first, to write {} there.\n", folder.string(), path);
        return 1;
    }
    if (!answer_yes && std::filesystem::exists(path, ignored)) {
        out << fmt::format("Overwrite {} with default config? [y/N]", path) << std::flush;
        std::string answer;
        if (!std::getline(in, answer)) {
            err << "\nNo answer: nothing was written.\n";
            return 1;
        }
        if (!to_lower(trim(answer)).starts_with('y')) {
            out << "\n" << path << " was left as it is.\n";
            return 0;
        }
    }
    out << "Writing default config to: " << path << "\n" << std::flush;
    auto const file = open_guarded(path, {Opening::Access::read_and_write, Opening::Missing::is_made, 0644});
    auto const written = file ? replace_content(*file, sample_file(), path) : std::unexpected(file.error());
    if (written)
        return 0;
    err << written.error().message << "\n";
    return 1;
}

} // namespace jhub::config
