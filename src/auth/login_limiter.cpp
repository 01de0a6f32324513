#include "auth/login_limiter.hpp"

#include <algorithm>
#include <cmath>

#include "auth/address_bytes.hpp"
#include "base/crypto.hpp"

namespace jhub::auth {
namespace {

constexpr std::size_t longest_key = 64;

// Long names are kept as their hash, so that memory is bounded by the number of entries.
std::string short_key(std::string_view text) { return text.size() <= longest_key ? std::string(text) : sha256(text); }

// One household, one bucket: of an IPv6 address the first 64 bits count; IPv4 inside IPv6 is IPv4.
std::string address_key(std::string_view address)
{
    static constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
    std::string const bytes = address_bytes(address);
    if (bytes.empty())
        return short_key(address);
    if (bytes.size() == 4)
        return bytes;
    return bytes.starts_with(mapped) ? bytes.substr(mapped.size()) : bytes.substr(0, 8);
}

std::string pair_key(std::string_view address, std::string_view account)
{
    return sha256(address_key(address).append("\n").append(account));
}

} // namespace

LoginLimiter::Buckets::Buckets(double burst, double per_minute, std::size_t limit)
    : burst_(burst), per_second_(per_minute / 60), limit_(limit)
{
}

double LoginLimiter::Buckets::filled(Bucket const& bucket, Time now) const
{
    double const seconds = std::chrono::duration<double>(now - bucket.updated).count();
    return std::min(burst_, bucket.tokens + std::max(0.0, seconds) * per_second_);
}

std::optional<std::chrono::seconds> LoginLimiter::Buckets::wait_for(std::string_view key, std::size_t taken,
                                                                    Time now) const
{
    auto const found = by_key_.find(key);
    double const tokens = (found == by_key_.end() ? burst_ : filled(*found->second, now)) - static_cast<double>(taken);
    if (tokens >= 1)
        return std::nullopt;
    double const seconds = per_second_ > 0 ? (1 - tokens) / per_second_ : 3600;
    return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(std::min(seconds, 3600.0))));
}

void LoginLimiter::Buckets::take(std::string_view key, Time now)
{
    Bucket bucket{std::string(key), burst_, now};
    if (auto const found = by_key_.find(key); found != by_key_.end())
        bucket.tokens = filled(*found->second, now);
    bucket.tokens = std::max(0.0, bucket.tokens - 1);
    put(std::move(bucket));
}

void LoginLimiter::Buckets::fill(std::string_view key) { put({std::string(key), burst_, Time{}}); }

void LoginLimiter::Buckets::put(Bucket bucket)
{
    forget(bucket.key);
    if (limit_ > 0 && order_.size() >= limit_)
        forget(order_.front().key);
    order_.push_back(std::move(bucket));
    by_key_.emplace(order_.back().key, std::prev(order_.end()));
}

void LoginLimiter::Buckets::forget(std::string_view key)
{
    auto const found = by_key_.find(key);
    if (found == by_key_.end())
        return;
    auto const bucket = found->second;
    by_key_.erase(found); // before the text that the key is a view of
    order_.erase(bucket);
}

LoginLimiter::Place LoginLimiter::place(std::string_view address, std::string_view account) const
{
    std::string pair = pair_key(address, account);
    if (limits_.new_addresses == NewAddresses::apart || known_.contain(pair))
        return {true, std::move(pair)};
    return {false, short_key(account)};
}

std::optional<std::chrono::seconds> LoginLimiter::must_wait(std::string_view address, std::string_view account,
                                                            Time now) const
{
    Place const tried = place(address, account);
    auto const open = under_way_.find(tried.key);
    std::size_t const taken = open == under_way_.end() ? 0 : open->second;
    return std::max(addresses_.wait_for(address_key(address), 0, now),
                    (tried.known ? known_ : accounts_).wait_for(tried.key, taken, now));
}

void LoginLimiter::failed(std::string_view address, std::string_view account, Time now)
{
    Place const tried = place(address, account);
    addresses_.take(address_key(address), now);
    (tried.known ? known_ : accounts_).take(tried.key, now);
}

void LoginLimiter::succeeded(std::string_view address, std::string_view account)
{
    known_.fill(pair_key(address, account));
}

LoginLimiter::UnderWay::UnderWay(LoginLimiter& limiter, std::string_view address, std::string_view account)
    : limiter_(limiter), key_(limiter.place(address, account).key)
{
    ++limiter_.under_way_[key_];
}

LoginLimiter::UnderWay::~UnderWay()
{
    if (auto const found = limiter_.under_way_.find(key_); found != limiter_.under_way_.end() && --found->second == 0)
        limiter_.under_way_.erase(found);
}

} // namespace jhub::auth
