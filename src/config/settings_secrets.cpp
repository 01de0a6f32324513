// Keys and tokens: cookie_secret, CryptKeeper.keys, api_tokens, service_tokens (reference config.md §1.6, §7).
#include <fmt/format.h>

#include "base/encoding.hpp"
#include "base/strings.hpp"
#include "config/settings_parts.hpp"
#include "config/settings_read.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t shortest_token = 8;

Result<std::string> read_cookie_secret(Config const& config, Environment const& environment, Warnings& warnings)
{
    auto digits = config.text("JupyterHub", "cookie_secret");
    if (digits.empty())
        digits = variable(environment, "JPY_COOKIE_SECRET");
    auto const secret_bytes = hex_decode(digits);
    if (!secret_bytes)
        return fail(Errc::invalid_argument, "JPY_COOKIE_SECRET must consist of hexadecimal digits, two for each byte");
    if (secret_bytes->size() > key_size)
        warnings.push_back(
            fmt::format("The cookie secret is {} bytes long; {} are recommended", secret_bytes->size(), key_size));
    return *secret_bytes;
}

// 44 characters of url-safe base64, 64 hexadecimal digits, or the 32 bytes themselves.
std::optional<std::string> decode_key(std::string const& key)
{
    if (key.size() == 2 * key_size)
        return hex_decode(key);
    if (key.size() == key_size)
        return key;
    auto const decoded = key.size() == 44 ? base64url_decode(key) : std::nullopt;
    return decoded && decoded->size() == key_size ? decoded : std::nullopt;
}

Result<std::vector<std::string>> read_crypt_keys(Config const& config, Environment const& environment)
{
    std::vector<std::string> given, keys;
    for (auto const& key : config.value("CryptKeeper", "keys")) {
        auto const* digits = tagged(key, "$bytes");
        if (digits == nullptr && !key.is_string())
            return refuse(config, "CryptKeeper", "keys", "each key must be a text or bytes");
        given.push_back(digits == nullptr ? key.get<std::string>()
                                          : hex_decode(digits->get<std::string>()).value_or(""));
    }
    auto const text = variable(environment, "JUPYTERHUB_CRYPT_KEY");
    bool const from_environment = given.empty() && !text.empty();
    if (from_environment)
        given = split(text, ';');
    for (auto const& each : given) {
        constexpr std::string_view rule =
            "each key must be 32 bytes: as 64 hexadecimal digits, 44 characters of base64, or raw";
        auto const key = decode_key(each);
        if (!key && from_environment)
            return fail(Errc::invalid_argument,
                        fmt::format("JUPYTERHUB_CRYPT_KEY: {}; several are separated by \";\"", rule));
        if (!key)
            return refuse(config, "CryptKeeper", "keys", rule);
        keys.push_back(*key);
    }
    return keys;
}

Result<> check_tokens(Config const& config, std::string_view name, std::map<std::string, std::string> const& tokens)
{
    for (auto const& [token, owner] : tokens)
        if (token.size() < shortest_token)
            return refuse(
                config, "JupyterHub", name,
                fmt::format("the token of {} is too short: at least {} characters are needed", owner, shortest_token));
    return {};
}

} // namespace

Result<> read_secrets(Config const& config, Environment const& environment, HubSettings& hub, Warnings& warnings)
{
    TRY(hub.cookie_secret, read_cookie_secret(config, environment, warnings));
    hub.cookie_secret_file = config.text("JupyterHub", "cookie_secret_file");
    if (auto const home = variable(environment, "HOME"); hub.cookie_secret_file.starts_with("~/") && !home.empty())
        hub.cookie_secret_file.replace(0, 1, home);
    hub.cookie_max_age = days(config, "JupyterHub", "cookie_max_age_days");
    hub.oauth_token_expires_in = config.is_set("JupyterHub", "oauth_token_expires_in")
                                     ? seconds(config, "JupyterHub", "oauth_token_expires_in")
                                     : hub.cookie_max_age;
    hub.token_expires_in_max = seconds(config, "JupyterHub", "token_expires_in_max_seconds");
    hub.trust_user_provided_tokens = config.flag("JupyterHub", "trust_user_provided_tokens");
    TRY(hub.api_tokens, text_map(config, "JupyterHub", "api_tokens"));
    TRY(hub.service_tokens, text_map(config, "JupyterHub", "service_tokens"));
    CHECK(check_tokens(config, "api_tokens", hub.api_tokens));
    CHECK(check_tokens(config, "service_tokens", hub.service_tokens));
    TRY(hub.crypt_keys, read_crypt_keys(config, environment));
    if (hub.crypt_keys.empty() && config.flag("Authenticator", "enable_auth_state"))
        return refuse(config, "Authenticator", "enable_auth_state",
                      "needs a key in CryptKeeper.keys or JUPYTERHUB_CRYPT_KEY");
    return {};
}

} // namespace jhub::config
