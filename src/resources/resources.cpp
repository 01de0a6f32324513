#include "resources/resources.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "resources/embedded.hpp"

namespace jhub::resources {
namespace {

struct MediaType {
    std::string_view extension;
    std::string_view content_type;
};

constexpr std::array<MediaType, 13> media_types{{{".css", "text/css"},
                                                 {".gif", "image/gif"},
                                                 {".html", "text/html"},
                                                 {".ico", "image/vnd.microsoft.icon"},
                                                 {".jpg", "image/jpeg"},
                                                 {".js", "text/javascript"},
                                                 {".json", "application/json"},
                                                 {".map", "application/json"},
                                                 {".png", "image/png"},
                                                 {".svg", "image/svg+xml"},
                                                 {".txt", "text/plain"},
                                                 {".webp", "image/webp"},
                                                 {".woff2", "font/woff2"}}};

std::vector<Resource> make_table()
{
    std::vector<Resource> table;
    for (Embedded const& file : std::span(embedded_files, embedded_count))
        table.push_back({file.path, file.bytes, content_type(file.path), file.etag});
    std::ranges::sort(table, {}, &Resource::path); // CMake's order is not quite that of bytes
    return table;
}

} // namespace

std::string_view content_type(std::string_view path)
{
    for (MediaType const& type : media_types)
        if (path.ends_with(type.extension))
            return type.content_type;
    return "application/octet-stream";
}

std::span<Resource const> all()
{
    static std::vector<Resource> const table = make_table();
    return table;
}

std::optional<Resource> find(std::string_view path)
{
    auto const table = all();
    auto const found = std::ranges::lower_bound(table, path, {}, &Resource::path);
    return found != table.end() && found->path == path ? std::optional(*found) : std::nullopt;
}

} // namespace jhub::resources
