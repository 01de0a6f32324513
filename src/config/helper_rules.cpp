#include "config/helper_rules.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/descriptor.hpp"
#include "base/strings.hpp"
#include "config/config.hpp"
#include "config/file_trust.hpp"
#include "config/settings_read.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;

// How one name is read: what its values must be, or nothing.
using Values = std::vector<std::string>;
using Reader = std::optional<std::string> (*)(Values const& values, HelperRules& rules);

enum class Kind { name, path, variable };

bool fits(Kind kind, std::string const& value)
{
    bool const printing =
        std::ranges::all_of(value, [](unsigned char letter) { return letter > ' ' && letter != 127; });
    if (!printing || value.empty())
        return false;
    return kind != Kind::variable ? kind == Kind::name || value.starts_with('/') : !value.contains('=');
}

template <auto member, Kind kind> std::optional<std::string> list(Values const& values, HelperRules& rules)
{
    for (std::string const& value : values)
        if (!fits(kind, value))
            return kind == Kind::path ? "whole paths without blanks" : "names without blanks";
    auto& all = rules.*member;
    all.insert(all.end(), values.begin(), values.end());
    return std::nullopt;
}

std::optional<std::string> first_uid(Values const& values, HelperRules& rules)
{
    auto const number = values.size() == 1 ? parse_number<std::uint32_t>(values.front()) : std::nullopt;
    if (!number || *number == 0)
        return "a number from 1 on";
    rules.first_uid = number;
    return std::nullopt;
}

struct Key {
    std::string_view name;
    Reader read;
};

constexpr std::array keys{
    Key{"users", list<&HelperRules::users, Kind::name>},
    Key{"groups", list<&HelperRules::groups, Kind::name>},
    Key{"powerful_groups", list<&HelperRules::powerful_groups, Kind::name>},
    Key{"first_uid", first_uid},
    Key{"shells", list<&HelperRules::shells, Kind::path>},
    Key{"programs", list<&HelperRules::programs, Kind::path>},
    Key{"variables", list<&HelperRules::variables, Kind::variable>},
};

// What is wrong, or nothing.
std::optional<std::string> read_one(std::string_view name, Values const& values, HelperRules& rules)
{
    auto const* const key = std::ranges::find(keys, name, &Key::name);
    if (key == keys.end()) {
        Values known;
        for (auto const& one : keys)
            known.emplace_back(one.name);
        return fmt::format("There is no {} here; known are {}", printable(name), join(known, ", "));
    }
    if (auto const wanted = key->read(values, rules))
        return fmt::format("{} must be {}", name, *wanted);
    return std::nullopt;
}

std::optional<Values> values_of(Json const& value)
{
    if (value.is_number_integer())
        return Values{value.dump()};
    return texts_of(value);
}

Values words_of(std::string_view line)
{
    Values words;
    constexpr std::string_view blanks = " \t\r";
    for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos && line[at] != '#';) {
        std::size_t const end = std::min(line.find_first_of(blanks, at), line.size());
        words.emplace_back(line.substr(at, end - at));
        at = line.find_first_not_of(blanks, end);
    }
    return words;
}

std::unexpected<Error> not_read(std::string const& path, std::string const& why)
{
    return fail(Errc::invalid_argument, fmt::format("{} is not read: {}.", path, why));
}

} // namespace

Result<HelperRules> read_helper_rules(Config const& config)
{
    HelperRules rules;
    for (auto const& [name, value] : config.value("JupyterHub", "helper_policy").items()) {
        auto const values = values_of(value);
        auto const problem =
            values ? read_one(name, *values, rules)
                   : fmt::format("{} must be a list of texts, not {}", printable(name), printable(python_repr(value)));
        if (problem)
            return refuse(config, "JupyterHub", "helper_policy", *problem);
    }
    return rules;
}

Result<> add_helper_rules(HelperRules& rules, std::string_view text, std::string const& name)
{
    std::size_t number = 0;
    for (std::string const& line : split(text, '\n')) {
        ++number;
        Values words = words_of(line);
        if (words.empty())
            continue;
        std::string const key = words.front();
        words.erase(words.begin());
        auto const problem =
            words.empty() ? fmt::format("{} has no values", printable(key)) : read_one(key, words, rules);
        if (problem)
            return fail(Errc::invalid_argument, fmt::format("{}:{}: {}.", name, number, *problem));
    }
    return {};
}

Result<> add_helper_rules_of_file(HelperRules& rules, std::string const& path)
{
    if (::geteuid() != 0)
        return {};
    Descriptor const file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file && errno == ENOENT)
        return {};
    struct stat facts{};
    if (!file || ::fstat(file.get(), &facts) != 0)
        return not_read(path, std::strerror(errno));
    if (!S_ISREG(facts.st_mode) || facts.st_uid != 0 || (facts.st_mode & 0022) != 0)
        return not_read(path, "it must be a file of root's that nobody else can write to (chown root; chmod 0644)");
    if (std::string const who = who_can_change(path, {}); !who.empty())
        return not_read(path, who);
    std::string text(largest_file + 1, '\0');
    ssize_t const size = ::read(file.get(), text.data(), text.size());
    if (size < 0 || static_cast<std::size_t>(size) > largest_file)
        return not_read(path, size < 0 ? std::strerror(errno) : "it is larger than 1 MiB");
    text.resize(static_cast<std::size_t>(size));
    return add_helper_rules(rules, text, path);
}

std::string problem_of_programs(HelperRules const& rules)
{
    for (std::string const& program : rules.programs) {
        struct stat facts{};
        bool const there =
            ::stat(program.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && (facts.st_mode & 0111) != 0;
        std::string const why = there ? who_can_change(program, {}) : "there is no such program";
        if (!why.empty())
            return fmt::format("People's servers cannot be limited to {}: {}.", printable(program), why);
    }
    return {};
}

} // namespace jhub::config
