// Who was behind a token or cookie, remembered for as long as nothing in the database has changed but times of
// activity: any other commit, of this hub or of another program, forgets everybody, so a revoked token is unknown with
// the answer that says so. Of the credentials only a digest is kept. Bounded. Logic thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "hub/core/principal.hpp"

namespace jhub::hub {

class KnownPrincipals {
  public:
    struct Known {
        Principal principal;
        std::optional<Timestamp> valid_until; // when its token or a share runs out by itself
    };

    // version: Store::rights_version(), asked now.
    // What is seen of its activity may be noted in it: that does not forget it.
    [[nodiscard]] std::shared_ptr<Principal> find(std::string const& key, std::int64_t version, Timestamp now);

    // version: as it was before the principal was read; an outdated one is not kept.
    void keep(std::string key, std::int64_t version, Known known);

  private:
    struct Entry {
        std::shared_ptr<Principal> principal;
        std::optional<Timestamp> valid_until;
    };
    void move_to(std::int64_t version);

    std::int64_t version_ = -1;
    std::uint64_t last_number_ = 0;
    std::unordered_map<std::string, Entry> entries_;
};

} // namespace jhub::hub
