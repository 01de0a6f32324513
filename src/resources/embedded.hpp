// The table that embed.cmake generates.
#pragma once

#include <cstddef>
#include <string_view>

namespace jhub::resources {

struct Embedded {
    std::string_view path;
    std::string_view bytes;
    std::string_view etag;
};

extern Embedded const embedded_files[]; // sorted by path
extern std::size_t const embedded_count;

} // namespace jhub::resources
