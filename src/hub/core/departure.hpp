// Keeps starts away from what is being taken away or renamed: while a departure lives, no server of that user (or not
// that one server) is admitted. Several may speak of the same; the last one that ends opens the way again. Must not
// outlive the registry. Logic thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "hub/core/registry.hpp"

namespace jhub::hub {

class Departure {
  public:
    Departure(Registry& registry, std::int64_t user_id) : registry_(&registry), user_id_(user_id)
    {
        registry.leaving_users_.insert(user_id);
    }
    Departure(Registry& registry, std::int64_t user_id, std::string server_name)
        : registry_(&registry), user_id_(user_id), server_name_(std::move(server_name))
    {
        registry.leaving_servers_.emplace(user_id, *server_name_);
    }
    Departure(Departure&& other) noexcept
        : registry_(std::exchange(other.registry_, nullptr)), user_id_(other.user_id_),
          server_name_(std::move(other.server_name_))
    {
    }
    Departure& operator=(Departure&&) = delete;
    ~Departure()
    {
        if (registry_ == nullptr)
            return;
        if (server_name_)
            registry_->leaving_servers_.extract({user_id_, *server_name_});
        else
            registry_->leaving_users_.extract(user_id_);
    }

  private:
    Registry* registry_; // null: moved from
    std::int64_t user_id_;
    std::optional<std::string> server_name_; // nothing: all of the user's
};

} // namespace jhub::hub
