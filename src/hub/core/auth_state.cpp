#include "hub/core/auth_state.hpp"

#include "base/log.hpp"

namespace jhub::hub {

AuthState read_auth_state(auth::CryptKeeper const& keeper, model::User const& user)
{
    if (!user.encrypted_auth_state)
        return {};
    auto const decrypted = keeper.decrypt(*user.encrypted_auth_state);
    if (!decrypted) {
        log::warning("The auth_state of {} cannot be read: no key in CryptKeeper.keys or JUPYTERHUB_CRYPT_KEY fits",
                     user.name);
        return {};
    }
    return {decrypted->state, decrypted->outdated};
}

Result<std::optional<std::string>> encrypt_auth_state(auth::CryptKeeper const& keeper, Json const& state, Timestamp now)
{
    if (state.is_null())
        return std::nullopt;
    if (!keeper.has_keys())
        return fail(Errc::invalid_state, "auth_state cannot be stored: this hub has no key to encrypt it with "
                                         "(c.CryptKeeper.keys or JUPYTERHUB_CRYPT_KEY).");
    TRY(auto encrypted, keeper.encrypt(state, now));
    return encrypted;
}

} // namespace jhub::hub
