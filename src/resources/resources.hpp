// Files that are part of the program: everything below share/jupyterhub/static and share/jupyterhub/templates, and
// Bootstrap. They are embedded at build time, so a single binary serves them. Knows nothing of HTTP.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace jhub::resources {

struct Resource {
    std::string_view path;         // "static/css/style.css", "templates/page.html"
    std::string_view bytes;        // valid for ever
    std::string_view content_type; // "text/css", "image/png" …
    std::string_view etag;         // quoted, from the content: "\"9f86d081884c7d65\""
};

// The file of exactly that path ("static/…" or "templates/…").
[[nodiscard]] std::optional<Resource> find(std::string_view path);

// The media type a file name stands for; also for files of a site's own (logo_file, data_files_path).
[[nodiscard]] std::string_view content_type(std::string_view path);

// All files, sorted by path.
[[nodiscard]] std::span<Resource const> all();

} // namespace jhub::resources
