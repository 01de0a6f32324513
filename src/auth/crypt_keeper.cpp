#include "auth/crypt_keeper.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/random.hpp"
#include "base/strings.hpp"

namespace jhub::auth {
namespace {

constexpr std::size_t key_bytes = 32;

std::optional<std::string> decode_key(std::string_view text)
{
    auto decoded = std::optional<std::string>();
    if (text.size() == key_bytes)
        decoded = std::string(text);
    else if (text.size() == 2 * key_bytes)
        decoded = hex_decode(text);
    else if (text.size() == 44 || text.size() == 43)
        decoded = base64url_decode(text);
    return decoded && decoded->size() == key_bytes ? decoded : std::nullopt;
}

} // namespace

Result<CryptKeeper> CryptKeeper::from_environment(std::string_view value)
{
    std::vector<std::string> keys;
    for (std::string const& part : split(value, ';')) {
        if (!trim(part).empty())
            keys.emplace_back(trim(part));
    }
    return from_keys(keys);
}

Result<CryptKeeper> CryptKeeper::from_keys(std::vector<std::string> const& keys)
{
    CryptKeeper keeper;
    for (std::string const& text : keys) {
        auto key = decode_key(text);
        if (!key)
            return fail(Errc::invalid_argument,
                        "Key " + std::to_string(keeper.keys_.size() + 1) +
                            " of JUPYTERHUB_CRYPT_KEY or c.CryptKeeper.keys is not a key of 32 bytes (64 hexadecimal "
                            "digits, or 44 characters of base64). Make one with: openssl rand -hex 32");
        keeper.keys_.push_back(*std::move(key));
    }
    return keeper;
}

Result<std::string> CryptKeeper::encrypt(Json const& state, Timestamp now) const
{
    if (keys_.empty())
        return fail(Errc::failed, "auth_state cannot be stored without a key: set JUPYTERHUB_CRYPT_KEY. Make one with: "
                                  "openssl rand -hex 32");
    return fernet_encrypt(keys_.front(), to_python_json(state), std::chrono::floor<std::chrono::seconds>(now),
                          random_bytes(16));
}

std::optional<CryptKeeper::Decrypted> CryptKeeper::decrypt(std::string_view token) const
{
    for (std::string const& key : keys_) {
        if (auto const plain = fernet_decrypt(key, token)) {
            auto state = parse_json(*plain);
            if (!state)
                return std::nullopt;
            return Decrypted{*std::move(state), keys_.size() > 1};
        }
    }
    return std::nullopt;
}

} // namespace jhub::auth
