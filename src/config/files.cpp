#include "config/files.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/file_trust.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

constexpr std::uintmax_t largest_file = 16 << 20;

bool is_section_name(std::string_view name)
{
    return !name.empty() && name[0] != '_' && !(name[0] >= 'a' && name[0] <= 'z');
}

// Words of the file must not be mistaken for our tags.
Json escaped(Json const& value)
{
    if (!value.is_structured())
        return value;
    Json copy = value.is_array() ? Json::array() : Json::object();
    if (value.is_array()) {
        for (auto const& item : value)
            copy.push_back(escaped(item));
        return copy;
    }
    if (value.size() == 1 && value.begin().key().starts_with('$'))
        return with_tag("$dict", Json::array({Json::array({value.begin().key(), escaped(*value.begin())})}));
    for (auto const& [name, item] : value.items())
        copy[name] = escaped(item);
    return copy;
}

std::expected<Sections, Exit> read_json(std::string const& file)
{
    auto const refuse = [&](std::string const& why) {
        return std::unexpected(Exit{1, "", fmt::format("{}: {}\n", file, why)});
    };
    std::error_code problem;
    if (auto const size = std::filesystem::file_size(file, problem); problem || size > largest_file)
        return refuse(problem ? problem.message() : "too large");
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream)
        return refuse("cannot be read");
    auto const parsed = parse_json(text.str());
    if (!parsed)
        return refuse(parsed.error().message);
    if (!parsed->is_object())
        return refuse("must be an object of classes: {\"JupyterHub\": {...}}");
    if (parsed->contains("version") && (*parsed)["version"] != 1)
        return refuse("unknown version of a configuration file: " + (*parsed)["version"].dump());
    Sections sections;
    Origin const origin{Origin::Kind::json_file, file, 0};
    for (auto const& [class_name, section] : parsed->items()) {
        if (class_name == "version")
            continue;
        if (!section.is_object() || !is_section_name(class_name)) {
            sections[""][class_name] = Setting{escaped(section), origin};
            continue;
        }
        for (auto const& [name, value] : section.items())
            sections[class_name][name] = Setting{
                is_section_name(name) && value.is_object() ? with_tag("$section", escaped(value)) : escaped(value),
                origin};
    }
    return sections;
}

std::expected<Sections, Exit> read_py(std::string const& file, Environment const& environment,
                                      PythonReader const& read_python, Trust trust)
{
    auto const answer = read_python(file, environment, trust);
    if (!answer)
        return std::unexpected(Exit{1, "", answer.error().message + "\n"});
    if (answer->contains("refused"))
        return std::unexpected(Exit{1, "", (*answer)["refused"].get<std::string>() + "\n"});
    if (answer->contains("exit"))
        return std::unexpected(Exit{(*answer)["exit"].get<int>(), "", ""});
    if (answer->contains("error"))
        return std::unexpected(
            Exit{1, "", fmt::format("{}: {}\n", answer->value("where", file), (*answer)["error"].get<std::string>())});
    Sections sections;
    for (auto const& [class_name, section] : answer->at("sections").items())
        for (auto const& [name, entry] : section.items())
            sections[class_name][name] = Setting{
                entry.at("value"), {Origin::Kind::python_file, entry.value("file", ""), entry.value("line", 0)}};
    return sections;
}

// later wins; which options both set is said once.
void merge(Sections& sections, Sections const& later, std::string const& base, std::vector<std::string>& warnings)
{
    std::vector<std::string> both;
    for (auto const& [class_name, section] : later)
        for (auto const& [name, setting] : section) {
            auto& mine = sections[class_name];
            if (auto const found = mine.find(name); found != mine.end() && found->second.value != setting.value)
                both.push_back(class_name + "." + name);
            mine.insert_or_assign(name, setting);
        }
    if (!both.empty())
        warnings.push_back(
            fmt::format("Collisions detected in {0}.py and {0}.json: {0}.json wins for {1}", base, join(both, ", ")));
}

// What is there, but is no file that can be read, must not pass for "there is none".
std::expected<void, Exit> check_readable(std::string const& file)
{
    auto const refuse = [&](std::string_view why) {
        return std::unexpected(Exit{1, "", fmt::format("{} {}\n", file, why)});
    };
    std::error_code problem;
    auto const status = std::filesystem::status(file, problem);
    if (status.type() == std::filesystem::file_type::not_found) {
        if (std::filesystem::is_symlink(file, problem))
            return refuse("is a link to a file that does not exist. Mend the link, or remove it");
        return {};
    }
    if (!std::filesystem::status_known(status))
        return refuse(fmt::format("cannot be looked at: {}", problem.message()));
    if (std::filesystem::is_directory(status))
        return refuse("is a directory, not a configuration file");
    return {};
}

// A file that sets nothing is hardly what its author wanted.
void note(std::string const& file, Sections const& sections, std::vector<std::string>& names,
          std::vector<std::string>& warnings)
{
    names.push_back(file);
    if (sections.empty())
        warnings.push_back(fmt::format("{} sets nothing: no option was assigned to the object c that it is given{}",
                                       file, file.ends_with(".py") ? ", or that get_config() returns" : ""));
}

std::expected<void, Exit> check_trust(std::string const& file, Environment const& environment)
{
    std::string const problem = who_can_change(file, environment);
    if (problem.empty())
        return {};
    return std::unexpected(Exit{
        1, "",
        fmt::format("{} is not read: {}, so somebody else decides what the hub runs as root. Look at it, then give "
                    "it to root (chown root, chmod go-w), or say that this is meant with "
                    "--JupyterHub.trust_config_file=True\n",
                    file, problem)});
}

} // namespace

std::expected<ReadFiles, Exit> read_files(FileChoice const& choice, Environment const& environment,
                                          PythonReader const& read_python, std::vector<std::string>& warnings)
{
    std::filesystem::path const named = choice.name;
    std::error_code ignored;
    if (choice.explicitly && !std::filesystem::exists(named, ignored))
        return std::unexpected(
            Exit{1, "", fmt::format("ERROR: Failed to find specified config file: {}\n", choice.name)});
    auto const base = (named.parent_path() / named.stem()).string();
    for (auto const& file : {choice.name, base + ".py", base + ".json"})
        if (auto const checked = check_readable(file); !checked)
            return std::unexpected(checked.error());
    bool const has_py = std::filesystem::is_regular_file(base + ".py", ignored);
    bool const has_json = std::filesystem::is_regular_file(base + ".json", ignored);
    if (choice.explicitly && !has_py && !has_json)
        warnings.push_back(fmt::format("{} is not read: only {}.py and {}.json would be", choice.name, base, base));
    for (auto const& [there, file] : {std::pair(has_py, base + ".py"), std::pair(has_json, base + ".json")})
        if (there && choice.trust == Trust::if_only_root_can_change_it)
            if (auto const checked = check_trust(file, environment); !checked)
                return std::unexpected(checked.error());
    ReadFiles result;
    if (has_py) {
        auto read = read_py(base + ".py", environment, read_python, choice.trust);
        if (!read)
            return std::unexpected(read.error());
        note(base + ".py", *read, result.names, warnings);
        result.sections = *std::move(read);
    }
    if (has_json) {
        auto const read = read_json(base + ".json");
        if (!read)
            return std::unexpected(read.error());
        note(base + ".json", *read, result.names, warnings);
        merge(result.sections, *read, base, warnings);
    }
    return result;
}

} // namespace jhub::config
