#include "proxy/options.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/strings.hpp"
#include "proxy/option_checks.hpp"
#include "proxy/option_table.hpp"

namespace jhub::proxy {
namespace {

constexpr std::string_view version = "5.3.0";

using Remarks = std::vector<std::string>;

// Read as the npm program does, by JavaScript's parseInt: what stands behind the digits does not count, and is remarked
// upon. CLI11's own words are not for people.
template <typename Number> CLI::Validator whole_number(std::string const& name, Remarks& remarks)
{
    static constexpr std::uint64_t most = std::numeric_limits<Number>::max();
    return {[name, &remarks](std::string& text) -> std::string {
                auto const given = trim(text);
                auto const digits = given.substr(0, given.find_first_not_of("0123456789"));
                auto const number = parse_number<std::uint64_t>(digits);
                if (!given.empty() && (!number || *number > most)) {
                    auto const range = sizeof(Number) < sizeof most ? fmt::format(" up to {}", most) : "";
                    return fmt::format("takes a whole number{}, not '{}'", range, printable(text));
                }
                if (digits.size() < given.size())
                    remarks.push_back(fmt::format("{} '{}' is read as {}", name, printable(text), digits));
                text = std::string(digits); // empty: the default
                return "";
            },
            ""};
}

template <typename T> void add_one(CLI::App& app, std::string const& name, T& place, Remarks& remarks)
{
    if constexpr (std::is_same_v<T, bool>)
        app.add_flag(name, place);
    else if constexpr (std::is_same_v<T, std::vector<std::string>>)
        app.add_option(name, place)->expected(1)->take_all();
    else if constexpr (std::is_same_v<T, std::optional<std::uint16_t>> || std::is_same_v<T, std::uint16_t>)
        app.add_option(name, place)->expected(1)->take_last()->transform(whole_number<std::uint16_t>(name, remarks));
    else if constexpr (std::is_same_v<T, std::optional<std::uint64_t>> || std::is_same_v<T, std::uint64_t>)
        app.add_option(name, place)->expected(1)->take_last()->transform(whole_number<std::uint64_t>(name, remarks));
    else
        app.add_option(name, place)->expected(1)->take_last();
}

void declare(CLI::App& app, Options& options)
{
    for (OptionRow const& row : option_rows)
        std::visit([&](auto member) { add_one(app, std::string(row.name), options.*member, options.remarks); },
                   row.field);
    for (TlsOptionSide const& side : tls_option_sides)
        for (TlsOptionRow const& row : tls_option_rows)
            std::visit(
                [&](auto member) {
                    add_one(app, fmt::format("{}{}", side.prefix, row.name), options.*side.files.*member,
                            options.remarks);
                },
                row.field);
}

bool takes_value(CLI::App const& app, std::string const& name)
{
    auto const* const option = app.get_option_no_throw(name);
    return option != nullptr && option->get_items_expected_max() > 0;
}

// "--ip=" is an empty value, which CLI11 takes for none; as two arguments it understands it.
std::vector<std::string> with_values_apart(CLI::App const& app, std::vector<std::string> const& arguments)
{
    std::vector<std::string> result;
    bool is_value = false;
    for (auto const& argument : arguments) {
        if (!is_value && argument == "--") // options end there; nothing may follow
            continue;
        auto const equals = argument.find('=');
        auto const name = argument.substr(0, equals);
        bool const joined = !is_value && equals != std::string::npos && takes_value(app, name);
        if (joined)
            result.insert(result.end(), {name, argument.substr(equals + 1)});
        else
            result.push_back(argument);
        is_value = !is_value && equals == std::string::npos && takes_value(app, name);
    }
    return result;
}

std::vector<std::string> option_names(CLI::App const& app)
{
    std::vector<std::string> names;
    for (CLI::Option const* option : app.get_options())
        for (auto const& name : option->get_lnames())
            names.push_back("--" + name);
    return names;
}

// In the npm program's words, as far as it has any.
Exit refuse_line(CLI::App const& app, std::vector<std::string> const& arguments, CLI::ParseError const& problem)
{
    std::string_view const what = problem.what();
    std::string const option(what.substr(0, what.find(':')));
    if (dynamic_cast<CLI::ValidationError const*>(&problem) != nullptr && option.size() + 2 <= what.size())
        return refuse(fmt::format("option '{}' {}", option, what.substr(option.size() + 2)));
    if (dynamic_cast<CLI::ArgumentMismatch const*>(&problem) != nullptr)
        return refuse(fmt::format("option '{}' argument missing", option));
    if (dynamic_cast<CLI::ExtrasError const*>(&problem) != nullptr)
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            auto const name = arguments[i].substr(0, arguments[i].find('='));
            bool const is_value = i > 0 && takes_value(app, arguments[i - 1]);
            if (!is_value && name != "--" && name.starts_with("-") && app.get_option_no_throw(name) == nullptr)
                return refuse(fmt::format("unknown option '{}'{}", printable(name),
                                          did_you_mean(name, option_names(app), "\n(Did you mean ", "?)")));
        }
    return refuse(printable(what));
}

} // namespace

std::vector<std::pair<std::string, std::string>> TlsFiles::pairs() const
{
    std::vector<std::pair<std::string, std::string>> result;
    auto const& one = certificates.empty() ? keys : certificates;
    auto const& other = keys.empty() ? certificates : keys;
    for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i)
        result.emplace_back(one[i], other[i]);
    return result;
}

std::vector<std::string> Options::certificate_files() const
{
    std::vector<std::string> result;
    for (TlsOptionSide const& side : tls_option_sides) {
        TlsFiles const& files = this->*side.files;
        for (auto const& [certificate, key] : files.pairs())
            result.insert(result.end(), {certificate, key});
        result.push_back(files.authorities);
    }
    result.push_back(tls_dhparam);
    std::erase(result, "");
    return result;
}

log::Level Options::level() const { return find_log_level(log_level).value_or(log::Level::info); }

std::optional<log::Level> find_log_level(std::string_view name)
{
    std::string const lower = to_lower(name);
    auto const* const found =
        std::ranges::find(log_levels, std::string_view(lower), &std::pair<std::string_view, log::Level>::first);
    return found == log_levels.end() ? std::nullopt : std::optional(found->second);
}

std::string help_text()
{
    std::string out = "Usage: configurable-http-proxy [options]\n\nOptions:\n";
    auto const line = [&](std::string const& name, std::string_view value, std::string_view help) {
        out += fmt::format("  {:<40} {}\n", value.empty() ? name : fmt::format("{} {}", name, value), help);
    };
    line("-V, --version", "", "output the version number");
    for (OptionRow const& row : option_rows) {
        line(std::string(row.name), row.value, row.help);
        for (TlsOptionSide const& side : tls_option_sides)
            if (side.behind == row.name)
                for (TlsOptionRow const& file : tls_option_rows)
                    line(fmt::format("{}{}", side.prefix, file.name), file.value,
                         fmt::format("{} ({})", file.help, side.what));
    }
    line("-h, --help", "", "display help for command");
    return out;
}

std::variant<Options, Exit> parse_command_line(std::vector<std::string> arguments, Environment environment)
{
    Options options;
    CLI::App app;
    app.set_help_flag("-h,--help");
    app.set_version_flag("-V,--version", std::string(version));
    declare(app, options);
    try {
        auto reversed = with_values_apart(app, arguments); // the order that CLI11 wants
        std::ranges::reverse(reversed);
        app.parse(std::move(reversed));
    } catch (CLI::CallForHelp const&) {
        return Exit{0, help_text(), ""};
    } catch (CLI::CallForVersion const&) {
        return Exit{0, fmt::format("{}\n", version), ""};
    } catch (CLI::ParseError const& problem) {
        return refuse_line(app, arguments, problem);
    }
    if (auto exit = check_and_settle(options))
        return *exit;
    options.auth_token = environment("CONFIGPROXY_AUTH_TOKEN").value_or("");
    for (TlsOptionSide const& side : tls_option_sides)
        (options.*side.files).passphrase = environment(side.passphrase).value_or("");
    return options;
}

} // namespace jhub::proxy
