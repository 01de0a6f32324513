#include "auth/verified_tokens.hpp"

#include "auth/token_hash.hpp"
#include "base/crypto.hpp"

namespace jhub::auth {
namespace {

std::string key_of(std::string_view hashed, std::string_view token)
{
    std::string text(hashed);
    text += '\0'; // no hash contains it
    text += token;
    return sha256(text);
}

} // namespace

bool VerifiedTokens::verify(std::string_view hashed, std::string_view token)
{
    if (remembers(hashed, token))
        return true;
    if (!verify_token(hashed, token))
        return false;
    remember(hashed, token);
    return true;
}

bool VerifiedTokens::remembers(std::string_view hashed, std::string_view token)
{
    std::string const key = key_of(hashed, token);
    std::lock_guard const lock(mutex_);
    return known_.contains(key);
}

void VerifiedTokens::remember(std::string_view hashed, std::string_view token)
{
    std::string key = key_of(hashed, token);
    std::lock_guard const lock(mutex_);
    if (known_.size() >= limit_)
        known_.clear(); // rare, and costs no more than verifying again
    known_.insert(std::move(key));
}

} // namespace jhub::auth
