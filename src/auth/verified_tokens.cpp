#include "auth/verified_tokens.hpp"

#include "auth/token_hash.hpp"
#include "base/crypto.hpp"

namespace jhub::auth {

bool VerifiedTokens::verify(std::string_view hashed, std::string_view token)
{
    std::string text(hashed);
    text += '\0'; // no hash contains it
    text += token;
    std::string key = sha256(text);
    {
        std::lock_guard const lock(mutex_);
        if (known_.contains(key))
            return true;
    }
    if (!verify_token(hashed, token))
        return false;
    std::lock_guard const lock(mutex_);
    if (known_.size() >= limit_)
        known_.clear(); // rare, and costs no more than verifying again
    known_.insert(std::move(key));
    return true;
}

} // namespace jhub::auth
