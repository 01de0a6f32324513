// What Python's operators and look-ups do with values. All of them throw a Failure for types they do not fit.
#pragma once

#include <compare>
#include <string_view>

#include "jinja/ast.hpp"
#include "jinja/value.hpp"

namespace jhub::jinja {

[[nodiscard]] Value apply(BinaryOperator kind, Value const& left, Value const& right);
// Numbers, strings and sequences have an order, everything else has none.
[[nodiscard]] std::partial_ordering order(Value const& left, Value const& right, std::string_view sign);
[[nodiscard]] bool compare(Comparison kind, Value const& left, Value const& right);
[[nodiscard]] bool contains(Value const& container, Value const& item);
[[nodiscard]] Value concatenate(List const& parts, bool autoescape);

// What a for loop sees: items of sequences, keys of dicts, characters of strings, nothing for undefined.
[[nodiscard]] List items_of(Value const& iterable);
[[nodiscard]] std::size_t length_of(Value const& value);
// An int or bool as a number; anything else is an error.
[[nodiscard]] std::int64_t integer_of(Value const& value);

// value.name and value[key]: undefined if there is no such one. The value itself must not be undefined.
[[nodiscard]] Value attribute_of(Value const& value, std::string_view name);
[[nodiscard]] Value item_of(Value const& value, Value const& key);
[[nodiscard]] Value slice_of(Value const& value, Value const& from, Value const& to, Value const& step);

// Python's methods of str, list and dict; undefined if there is no such one.
[[nodiscard]] Value method_of(Value const& value, std::string_view name);
[[nodiscard]] Value text_method(Value const& text, std::string_view name);

// "text" % values, and "text".format(…).
[[nodiscard]] Value percent_format(Value const& format, Value const& values);
[[nodiscard]] Value brace_format(Value const& format, Arguments const& arguments);

} // namespace jhub::jinja
