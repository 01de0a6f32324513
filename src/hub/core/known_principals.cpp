#include "hub/core/known_principals.hpp"

namespace jhub::hub {
namespace {

constexpr std::size_t limit = 2'000; // some kilobytes each at most

} // namespace

void KnownPrincipals::move_to(std::int64_t version)
{
    if (std::exchange(version_, version) != version)
        entries_.clear();
}

std::shared_ptr<Principal> KnownPrincipals::find(std::string const& key, std::int64_t version, Timestamp now)
{
    move_to(version);
    auto const found = entries_.find(key);
    if (found == entries_.end())
        return nullptr;
    if (found->second.valid_until && *found->second.valid_until <= now) {
        entries_.erase(found);
        return nullptr;
    }
    return found->second.principal;
}

void KnownPrincipals::keep(std::string key, std::int64_t version, Known known)
{
    if (version != version_)
        return;
    if (entries_.size() >= limit)
        entries_.clear(); // rare, and costs no more than reading again
    known.principal.number = ++last_number_;
    entries_.insert_or_assign(std::move(key),
                              Entry{std::make_shared<Principal>(std::move(known.principal)), known.valid_until});
}

} // namespace jhub::hub
