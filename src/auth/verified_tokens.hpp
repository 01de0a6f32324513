// Remembers which tokens were verified, so that the costly hash of a configured token (half a megabyte of SHA-512 each
// time, reference auth-flow.md §8) is paid once and not with every request. Only a digest of the token is kept, and
// only beside the hash of a row that the caller has just read: a revoked token has no row, so nothing is remembered of
// it that counts. Bounded; safe from any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace jhub::auth {

class VerifiedTokens {
  public:
    explicit VerifiedTokens(std::size_t limit = 10'000) : limit_(limit) {}

    // As verify_token(), but quick for what was right before.
    [[nodiscard]] bool verify(std::string_view hashed, std::string_view token);
    // Whether it is known to be right; the costly hash is not made.
    [[nodiscard]] bool remembers(std::string_view hashed, std::string_view token);
    // For who has just made the hash of the token.
    void remember(std::string_view hashed, std::string_view token);

  private:
    std::size_t limit_;
    std::mutex mutex_;
    std::unordered_set<std::string> known_; // SHA-256 of hash and token
};

} // namespace jhub::auth
