// Bounds against runaway templates, far above what a page needs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace jhub::jinja {

inline constexpr std::size_t max_text_bytes = 16 * 1024 * 1024; // of a page, or of one string or list in it
inline constexpr std::int64_t max_steps = 1'000'000;            // statements and loop rounds of one rendering
inline constexpr int max_render_depth = 64;                     // includes, macros and blocks within each other

// Throws when a text or a list grows beyond max_text_bytes.
void require_reasonable_size(std::size_t size);

} // namespace jhub::jinja
