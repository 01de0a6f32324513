// Files in memory that nobody can change any more: what root has settled, handed to processes that start later.
#pragma once

#include <string_view>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace jhub {

// name is for people who look into /proc. Errc::failed.
[[nodiscard]] Result<Descriptor> sealed_file(char const* name, std::string_view bytes);

// Whether it is such a file.
[[nodiscard]] bool is_sealed(int file);

} // namespace jhub
