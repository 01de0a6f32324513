// How filters, tests and built-in functions see their arguments, and the tables of filters and tests.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jinja/value.hpp"

namespace jhub::jinja {

struct Frame;

// One call of a filter or test: `input|name(arguments)`.
struct Call {
    Frame& frame;
    std::string_view name;
    std::string_view parameters; // words; see FilterEntry
    Value const& input;
    Arguments const& arguments;

    // The argument of the parameter at that place, by position or name; nullptr when not given.
    [[nodiscard]] Value const* get(std::size_t place) const;
    // As get, with a conversion; a wrong type is an error.
    [[nodiscard]] std::int64_t integer(std::size_t place, std::int64_t fallback) const;
    [[nodiscard]] bool flag(std::size_t place, bool fallback) const;
    [[nodiscard]] std::string text(std::size_t place, std::string_view fallback) const;
};

struct FilterEntry {
    std::string_view name;
    Value (*function)(Call const&);
    std::string_view parameters; // names in order; "*": anything, checked by the filter itself
    std::size_t required = 0;
};

struct TestEntry {
    std::string_view name;
    bool (*function)(Call const&);
    std::string_view parameters;
    std::size_t required = 0;
};

// nullptr if there is no such one.
[[nodiscard]] FilterEntry const* find_filter(std::string_view name);
[[nodiscard]] TestEntry const* find_test(std::string_view name);

// One table per file of filters.
[[nodiscard]] std::span<FilterEntry const> text_filters();
[[nodiscard]] std::span<FilterEntry const> markup_filters();
[[nodiscard]] std::span<FilterEntry const> list_filters();
[[nodiscard]] std::span<FilterEntry const> selection_filters();
[[nodiscard]] std::span<FilterEntry const> number_filters();

// The words of a parameter list.
[[nodiscard]] std::vector<std::string_view> parameter_names(std::string_view parameters);

// Applies a filter or test by name at run time (map, select …). Checks the arguments.
[[nodiscard]] Value apply_filter(Frame& frame, FilterEntry const& filter, Value const& input,
                                 Arguments const& arguments);
[[nodiscard]] bool apply_test(Frame& frame, TestEntry const& test, Value const& input, Arguments const& arguments);

} // namespace jhub::jinja
