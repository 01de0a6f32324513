// Which powerful accounts have shown a password to PAM lately. Whether such a person gets a server must not hang on the
// hub's word alone, so the helper writes these logins down itself, where only root can: one directory for each account
// that hubs have, one small file for each person. Survives a reboot.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "privileged/admission.hpp"

namespace jhub::helper {

class LoginRecords {
  public:
    static constexpr std::chrono::hours valid_for{30 * 24};
    static constexpr std::size_t most = 1000; // the oldest make room

    // Of hubs of that account. The place is made when the first login is noted.
    explicit LoginRecords(std::uint32_t hub, std::string place = "/var/lib/jupyterhub-helper")
        : hub_(hub), place_(std::move(place))
    {
    }

    using Time = std::chrono::system_clock::time_point;
    // Errc::failed when it cannot be written.
    [[nodiscard]] Result<> note(privileged::Account const& account, Time now) const;
    [[nodiscard]] privileged::RecentLogin recent(privileged::Account const& account, Time now) const;

  private:
    std::uint32_t hub_;
    std::string place_;
};

} // namespace jhub::helper
