// What the helper has started, written down where only root can: after the death of a helper, a supervisor or a hub the
// next helper takes over what stands here, and of other processes nothing on a hub's word. In memory of the machine
// (/run), one directory for each account that hubs have, one small file for each process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "privileged/types.hpp"

namespace jhub::helper {

inline constexpr char const* records_directory = "/run/jupyterhub-helper";

class Records {
  public:
    // No records: add() does nothing, nothing is ever found.
    Records() = default;
    // The records of hubs of that account, without those of processes that are gone. Made when they are not there, 0700
    // root. Errc::failed when the place is not root's alone, or cannot be made.
    [[nodiscard]] static Result<Records> open(std::uint32_t hub, std::string const& place = records_directory);

    // Whole, or not at all; to be called before the process may run its command. Errc::failed with the reason.
    [[nodiscard]] Result<> add(privileged::ProcessId const& process);
    // Nothing happens when another process has that number by now.
    void remove(privileged::ProcessId const& process);
    [[nodiscard]] std::optional<privileged::ProcessId> find(int pid) const;
    // Whether it stands in the records of hubs of another account.
    [[nodiscard]] bool belongs_to_another_hub(privileged::ProcessId const& process) const;

  private:
    void remove_dead() const;

    Descriptor place_; // of all
    Descriptor own_;
    std::string own_name_;
};

// A directory that belongs to this process's account and is closed to others. Errc::failed.
[[nodiscard]] Result<Descriptor> open_private_directory(int parent, std::string const& name);
// The same, made when it is not there.
[[nodiscard]] Result<Descriptor> make_private_directory(int parent, std::string const& name);

} // namespace jhub::helper
