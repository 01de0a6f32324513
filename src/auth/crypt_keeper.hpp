// Encrypts what authenticators store about users (auth_state) with the site's keys (reference auth-flow.md §10).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

namespace jhub::auth {

class CryptKeeper {
  public:
    CryptKeeper() = default;

    // Value of JUPYTERHUB_CRYPT_KEY: keys separated by ";". Errc::invalid_argument says which key and what is expected.
    static Result<CryptKeeper> from_environment(std::string_view value);
    // c.CryptKeeper.keys: each 64 hexadecimal digits, 44 characters of url-safe base64, or 32 raw bytes.
    static Result<CryptKeeper> from_keys(std::vector<std::string> const& keys);

    [[nodiscard]] bool has_keys() const { return !keys_.empty(); }
    // With the first key. Errc::failed without keys.
    [[nodiscard]] Result<std::string> encrypt(Json const& state, Timestamp now) const;

    struct Decrypted {
        Json state;
        bool outdated = false; // there are several keys: write it again, with the first one
    };
    // All keys are tried; nothing when none fits or the text is damaged.
    [[nodiscard]] std::optional<Decrypted> decrypt(std::string_view token) const;

  private:
    std::vector<std::string> keys_;
};

} // namespace jhub::auth
