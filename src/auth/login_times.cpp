#include "auth/login_times.hpp"

#include "auth/signed_value.hpp"

namespace jhub::auth {
namespace {

// So much longer may a cookie live. The other half of what is allowed is left to clocks that differ.
constexpr std::chrono::seconds furthest_ahead = allowed_skew / 2;

} // namespace

Timestamp LoginTimes::take(std::int64_t user_id, Timestamp now)
{
    auto const second = std::chrono::floor<std::chrono::seconds>(now);
    if (second != tidied_) {
        std::erase_if(last_, [&](auto const& entry) { return entry.second < second; });
        tidied_ = second;
    }
    auto const [entry, is_first] = last_.try_emplace(user_id, second);
    if (!is_first && entry->second < second + furthest_ahead)
        entry->second = std::max(second, entry->second + std::chrono::seconds(1));
    return entry->second;
}

} // namespace jhub::auth
