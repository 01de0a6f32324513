// JupyterHub.idle_culler: the keys are the options of jupyterhub-idle-culler (reference services.md §6).
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/settings_parts.hpp"
#include "config/settings_read.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

// How one key is read: what is wrong with the value, or nothing.
using Reader = std::optional<std::string> (*)(Json const& value, IdleCullerSettings& culler);

template <auto member> std::optional<std::string> flag(Json const& value, IdleCullerSettings& culler)
{
    if (!value.is_boolean() && value != 0 && value != 1)
        return "True or False";
    culler.*member = value == true || value == 1;
    return std::nullopt;
}

template <auto member, int minimum> std::optional<std::string> number(Json const& value, IdleCullerSettings& culler)
{
    constexpr double longest = 1e9;
    bool const fits = value.is_number() && value.get<double>() >= minimum && value.get<double>() <= longest;
    if (!fits)
        return fmt::format("a number, at least {}", minimum);
    using Number = std::remove_cvref_t<decltype(culler.*member)>;
    culler.*member = Number(value.get<std::int64_t>());
    return std::nullopt;
}

struct Key {
    std::string_view name;
    Reader read;
};

constexpr std::array keys{
    Key{"timeout", number<&IdleCullerSettings::timeout, 1>},
    Key{"cull_every", number<&IdleCullerSettings::cull_every, 1>},
    Key{"max_age", number<&IdleCullerSettings::max_age, 0>},
    Key{"concurrency", number<&IdleCullerSettings::concurrency, 1>},
    Key{"cull_users", flag<&IdleCullerSettings::cull_users>},
    Key{"cull_admin_users", flag<&IdleCullerSettings::cull_admin_users>},
    Key{"cull_default_servers", flag<&IdleCullerSettings::cull_default_servers>},
    Key{"cull_named_servers", flag<&IdleCullerSettings::cull_named_servers>},
    Key{"remove_named_servers", flag<&IdleCullerSettings::remove_named_servers>},
};

std::string known_names()
{
    std::string names;
    for (auto const& key : keys)
        names += (names.empty() ? "" : ", ") + std::string(key.name);
    return names;
}

} // namespace

Result<IdleCullerSettings> read_idle_culler(Config const& config)
{
    auto const& given = config.value("JupyterHub", "idle_culler");
    IdleCullerSettings culler;
    for (auto const& [name, value] : given.items()) {
        auto const key = std::ranges::find(keys, std::string_view(name), &Key::name);
        if (key == keys.end())
            return refuse(config, "JupyterHub", "idle_culler",
                          fmt::format("There is no {} here; known are {}", printable(name), known_names()));
        if (auto const wanted = key->read(value, culler))
            return refuse(config, "JupyterHub", "idle_culler",
                          fmt::format("{} must be {}, not {}", name, *wanted, printable(python_repr(value))));
    }
    culler.enabled = !given.empty();
    if (!given.contains("cull_every"))
        culler.cull_every = std::max(culler.timeout / 2, std::chrono::seconds(1));
    return culler;
}

} // namespace jhub::config
