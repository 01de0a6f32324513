#include "config/command_line.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/coerce.hpp"

namespace jhub::config {
namespace {

constexpr std::array all_flags{
    Flag{"debug", "JupyterHub.log_level", "10", "Log everything (log level DEBUG)."},
    Flag{"show-config", "JupyterHub.show_config", "True", "Print the merged configuration in place of starting."},
    Flag{"show-config-json", "JupyterHub.show_config_json", "True", "The same, as JSON."},
    Flag{"generate-config", "JupyterHub.generate_config", "True", "Write a configuration file of commented defaults."},
    Flag{"generate-certs", "JupyterHub.generate_certs", "True", "Make the certificates of internal TLS."},
    Flag{"no-db", "JupyterHub.db_url",
         "sqlite:///:memory:", "Keep the database in memory; everything is lost at the end."},
    Flag{"upgrade-db", "JupyterHub.upgrade_db", "True", "Bring the database up to date at start."},
    Flag{"no-ssl", "JupyterHub.confirm_no_ssl", "True", "Has no effect any more."},
};

constexpr std::array all_aliases{
    Alias{"config", "JupyterHub.config_file", "The configuration file."},
    Alias{"f", "JupyterHub.config_file", "The same."},
    Alias{"base-url", "JupyterHub.base_url", "Path under which everything is served."},
    Alias{"y", "JupyterHub.answer_yes", "Answer questions with yes: -y true."},
    Alias{"ssl-key", "JupyterHub.ssl_key", "Private key of the public TLS certificate."},
    Alias{"ssl-cert", "JupyterHub.ssl_cert", "Public TLS certificate."},
    Alias{"url", "JupyterHub.bind_url", "Public address of the proxy, as one URL."},
    Alias{"ip", "JupyterHub.ip", "Public address of the proxy."},
    Alias{"port", "JupyterHub.port", "Public port of the proxy."},
    Alias{"pid-file", "JupyterHub.pid_file", "File to keep the process id in."},
    Alias{"log-file", "JupyterHub.extra_log_file", "File that gets a copy of the log."},
    Alias{"log-level", "JupyterHub.log_level", "DEBUG, INFO, WARN, ERROR, CRITICAL, or a number."},
    Alias{"db", "JupyterHub.db_url", "The database, as an SQLAlchemy URL."},
};

constexpr std::array all_subcommands{
    Subcommand{"token", Mode::token, " [NAME]", "Make an API token for a user.",
               "Makes an API token for the user NAME, who must be known to the hub, and prints it: keep it, it is not "
               "shown again. Without a name it is for whoever calls. The hub may be running."},
    Subcommand{"upgrade-db", Mode::upgrade_db, "", "Bring the database up to date.",
               "Brings the database of an older JupyterHub up to date. A database file is copied first; the copy has "
               "date and time in its name. Stop the hub before. Nothing happens when the database is up to date."},
};

Exit usage(std::string const& problem)
{
    return {2, "",
            fmt::format("usage: jupyterhub [options]\njupyterhub: error: {}\nSee jupyterhub --help for the options.\n",
                        problem)};
}

Exit bad_config(std::string const& problem)
{
    return {1, "", fmt::format("Bad config encountered during initialization: {}\n", problem)};
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

// --Class.name, --word or -word: letters, digits and _, with single dots between.
bool looks_like_option(std::string_view name)
{
    if (name.empty() || !is_letter(name[0]))
        return false;
    for (std::size_t i = 1; i < name.size(); ++i)
        if (!is_word(name[i]) && !(name[i] == '.' && i + 1 < name.size() && name[i + 1] != '.'))
            return false;
    return true;
}

// A word that cannot be an option's value: it would be taken as another option.
bool is_option_word(std::string_view word)
{
    if (word.size() < 2 || word[0] != '-' || word.substr(0, word.find('=')).contains(' '))
        return false;
    auto const digits = word.substr(1);
    bool const number = digits.find_first_not_of("0123456789.") == std::string_view::npos && digits.back() != '.';
    return !number;
}

std::vector<std::string> flags_and_aliases()
{
    std::vector<std::string> names;
    for (auto const& flag : all_flags)
        names.emplace_back(flag.name);
    for (auto const& alias : all_aliases)
        names.emplace_back(alias.name);
    return names;
}

// before: how the sentence about the nearest option begins. name: without its dashes.
std::string did_you_mean_option(std::string_view name, std::string_view before)
{
    auto names = flags_and_aliases();
    std::erase_if(names, [](std::string const& known) { return known.size() == 1; }); // resembles everything short
    return did_you_mean(name, names, before, "?");
}

class Sorter {
  public:
    std::expected<Words, Exit> run(std::vector<std::string> arguments)
    {
        auto const end = std::ranges::find(arguments, "--");
        std::vector<std::string> rest(end == arguments.end() ? end : end + 1, arguments.end());
        arguments.erase(end, arguments.end());
        take_modes(arguments);
        if (words_.help != Words::Help::none || words_.version)
            return std::move(words_);
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            if (!is_option_word(arguments[i])) {
                words_.positional.push_back(arguments[i]);
                continue;
            }
            auto const equals = arguments[i].find('=');
            std::optional<std::string> value;
            if (equals != std::string::npos)
                value = arguments[i].substr(equals + 1);
            auto const done = take_option(arguments[i].substr(0, equals), std::move(value), arguments, i);
            if (!done)
                return std::unexpected(done.error());
        }
        std::ranges::copy(rest, std::back_inserter(words_.positional));
        for (auto const* flag : set_flags_) // flags win over options
            set(std::string(flag->option)) = {std::string(flag->value)};
        if (auto const problem = check_repeats())
            return std::unexpected(*problem);
        return finish();
    }

  private:
    void take_modes(std::vector<std::string>& arguments)
    {
        bool const help_word = !arguments.empty() && arguments[0] == "help";
        if (help_word)
            arguments.erase(arguments.begin());
        auto const has = [&](std::string_view word) { return std::ranges::find(arguments, word) != arguments.end(); };
        if (has("--help-all"))
            words_.help = Words::Help::all;
        else if (help_word || has("-h") || has("--help"))
            words_.help = Words::Help::brief;
        words_.version = has("--version") || has("-V");
        if (arguments.empty())
            return;
        auto const found = std::ranges::find(all_subcommands, std::string_view(arguments[0]), &Subcommand::name);
        if (found != all_subcommands.end()) {
            words_.mode = found->mode;
            arguments.erase(arguments.begin());
        }
    }

    std::expected<void, Exit> take_option(std::string const& word, std::optional<std::string> value,
                                          std::vector<std::string> const& arguments, std::size_t& at)
    {
        auto const named = find_name(word);
        if (!named)
            return std::unexpected(usage(named.error()));
        if (auto const flag = std::ranges::find(all_flags, std::string_view(*named), &Flag::name);
            flag != all_flags.end()) {
            if (value)
                return std::unexpected(
                    usage(fmt::format("argument {}: ignored explicit argument '{}'", word, printable(*value))));
            set_flags_.push_back(&*flag);
            return {};
        }
        if (!value) {
            if (at + 1 >= arguments.size() || is_option_word(arguments[at + 1]))
                return std::unexpected(usage(fmt::format("argument {}: expected one argument", word)));
            value = arguments[++at];
        }
        auto const alias = std::ranges::find(all_aliases, std::string_view(*named), &Alias::name);
        auto const option = alias == all_aliases.end() ? *named : std::string(alias->option);
        if (!option.contains('.'))
            words_.warnings.push_back(fmt::format("Unrecognized alias: '{}', it will have no effect.{}", option,
                                                  did_you_mean_option(option, " Did you mean --")));
        else
            set(option).push_back(std::move(*value));
        return {};
    }

    // The name without dashes: of a flag or alias, of which the beginning is enough when it is the only one and has a
    // hyphen, or any Class.name.
    static std::expected<std::string, std::string> find_name(std::string const& word)
    {
        bool const two_dashes = word.starts_with("--");
        auto const name = word.substr(two_dashes ? 2 : 1);
        std::vector<std::string> near;
        for (auto const& candidate : flags_and_aliases()) {
            if (candidate == name && (two_dashes || name.size() == 1))
                return name;
            if (candidate.starts_with(name))
                near.push_back(candidate);
        }
        if (looks_like_option(name)) // -debug is not --debug, but a name that nobody knows
            return two_dashes || name.contains('.') ? name : word;
        if (near.size() == 1 && two_dashes)
            return near[0];
        return std::unexpected(
            near.empty() ? fmt::format("unrecognized arguments: {}{}", printable(word),
                                       did_you_mean_option(name, ". Did you mean --"))
                         : fmt::format("ambiguous option: {} could be --{}", printable(word), join(near, ", --")));
    }

    std::vector<std::string>& set(std::string const& option)
    {
        if (std::ranges::find(order_, option) == order_.end())
            order_.push_back(option);
        return texts_[option];
    }

    std::optional<Exit> check_repeats() const
    {
        for (auto const& name : order_) {
            auto const dot = name.rfind('.');
            auto const* option = find_option(name.substr(0, dot), name.substr(dot + 1));
            auto const& texts = texts_.at(name);
            if (name[0] >= 'a' && name[0] <= 'z')
                return bad_config(fmt::format("--{}: names of classes begin with a capital letter", printable(name)));
            if (option != nullptr && texts.size() > 1 && !takes_several(*option))
                return bad_config(fmt::format("{} only accepts one value, got {}", name, texts.size()));
        }
        return std::nullopt;
    }

    Words finish()
    {
        for (auto const& name : order_) {
            auto const dot = name.find('.');
            auto& section = words_.sections[name.substr(0, dot)];
            section[name.substr(dot + 1)] = Setting{Json(texts_.at(name)), Origin{}, true};
        }
        return std::move(words_);
    }

    Words words_;
    std::vector<Flag const*> set_flags_;
    std::vector<std::string> order_;
    std::map<std::string, std::vector<std::string>> texts_;
};

} // namespace

std::span<Flag const> flags() { return all_flags; }
std::span<Alias const> aliases() { return all_aliases; }
std::span<Subcommand const> subcommands() { return all_subcommands; }

std::expected<Words, Exit> sort_words(std::vector<std::string> const& arguments) { return Sorter().run(arguments); }

} // namespace jhub::config
