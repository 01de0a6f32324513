#include "config/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/strings.hpp"
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
                                      PythonReader const& read_python)
{
    auto const answer = read_python(file, environment);
    if (!answer)
        return std::unexpected(Exit{1, "", answer.error().message + "\n"});
    if (answer->contains("exit"))
        return std::unexpected(Exit{(*answer)["exit"].get<int>(), "", ""});
    if (answer->contains("error"))
        return std::unexpected(
            Exit{1, "", fmt::format("{} failed: {}\n", file, (*answer)["error"].get<std::string>())});
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

// Whose file root may run: his own, and that of the person who called sudo. Accounts of services, the hub's own above
// all, could write themselves a root's program; for other people's files a site may have its reasons, so they are told.
enum class Trust : std::uint8_t { yes, doubtful, no };

Trust trust_in(std::string const& file, Environment const& environment)
{
    constexpr uid_t first_person = 1000;
    constexpr uid_t last_person = 59999; // above are numbers that belong to no person (docs/decisions/0009)
    constexpr uid_t first_directory_person = 65536;
    struct stat facts{};
    if (::geteuid() != 0 || ::stat(file.c_str(), &facts) != 0)
        return Trust::yes;
    if ((facts.st_mode & S_IWOTH) != 0)
        return Trust::no;
    auto const caller = environment.find("SUDO_UID");
    if (facts.st_uid == 0 || (caller != environment.end() && caller->second == std::to_string(facts.st_uid)))
        return Trust::yes;
    bool const person =
        (facts.st_uid >= first_person && facts.st_uid <= last_person) || facts.st_uid >= first_directory_person;
    return person ? Trust::doubtful : Trust::no;
}

std::expected<void, Exit> check_owner(std::string const& file, Environment const& environment,
                                      std::vector<std::string>& warnings)
{
    Trust const trust = trust_in(file, environment);
    if (trust == Trust::no)
        return std::unexpected(
            Exit{1, "",
                 fmt::format("{0} is not read: started as root, the hub would run what an account of "
                             "a service, or everybody, can write there. Look at it, then: chown "
                             "root {0}; chmod o-w {0}\n",
                             file)});
    if (trust == Trust::doubtful)
        warnings.push_back(
            fmt::format("{} belongs to somebody else, who can thereby become root: chown root {}", file, file));
    return {};
}

} // namespace

std::expected<Sections, Exit> read_files(FileChoice const& choice, Environment const& environment,
                                         PythonReader const& read_python, std::vector<std::string>& warnings)
{
    std::filesystem::path const named = choice.name;
    std::error_code ignored;
    if (choice.explicitly && !std::filesystem::exists(named, ignored))
        return std::unexpected(
            Exit{1, "", fmt::format("ERROR: Failed to find specified config file: {}\n", choice.name)});
    auto const base = (named.parent_path() / named.stem()).string();
    bool const has_py = std::filesystem::is_regular_file(base + ".py", ignored);
    bool const has_json = std::filesystem::is_regular_file(base + ".json", ignored);
    if (choice.explicitly && !has_py && !has_json)
        warnings.push_back(fmt::format("{} is not read: only {}.py and {}.json would be", choice.name, base, base));
    for (auto const& [there, file] : {std::pair(has_py, base + ".py"), std::pair(has_json, base + ".json")})
        if (auto const checked = there ? check_owner(file, environment, warnings) : std::expected<void, Exit>();
            !checked)
            return std::unexpected(checked.error());
    Sections sections;
    if (has_py) {
        auto read = read_py(base + ".py", environment, read_python);
        if (!read)
            return read;
        sections = std::move(*read);
    }
    if (has_json) {
        auto const read = read_json(base + ".json");
        if (!read)
            return read;
        merge(sections, *read, base, warnings);
    }
    return sections;
}

} // namespace jhub::config
