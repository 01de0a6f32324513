// How values look in the database (reference database.md §2). Everything crosses the database library as text: the
// library's own time type loses microseconds, and SQLite turns text into numbers by the column's type.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace jhub::store {

// A value on its way into a statement; nothing is NULL. Implicit, so that queries read as lists of plain values.
class Parameter {
  public:
    Parameter(std::nullopt_t) {}                          // NOLINT(google-explicit-constructor)
    Parameter(bool value) : text_(value ? "1" : "0") {}   // NOLINT
    Parameter(std::string_view value) : text_(value) {}   // NOLINT
    Parameter(char const* value) : text_(value) {}        // NOLINT
    Parameter(std::string const& value) : text_(value) {} // NOLINT
    Parameter(Timestamp value);                           // NOLINT
    Parameter(std::vector<std::string> const& list);      // NOLINT, a JSON list in this order
    Parameter(std::set<std::string> const& list);         // NOLINT, a JSON list, sorted
    Parameter(std::vector<std::int64_t> const& list);     // NOLINT, a JSON list
    template <std::integral T> Parameter(T value) : text_(std::to_string(value)) {} // NOLINT
    template <std::same_as<Json> T> Parameter(T const& value) { set_json(value); }  // NOLINT, null is NULL
    template <typename T> Parameter(std::optional<T> const& value)                  // NOLINT
    {
        if (value)
            *this = Parameter(*value);
    }

    [[nodiscard]] std::optional<std::string> const& text() const { return text_; }

  private:
    void set_json(Json const& value);

    std::optional<std::string> text_;
};

// One row of a result. The readers take the columns in the order of the SELECT; text that does not fit throws
// std::runtime_error, NULL reads as nothing, 0, "" or an empty list.
class Row {
  public:
    Row(std::vector<std::string> const& texts, std::vector<bool> const& nulls) : texts_(texts), nulls_(nulls) {}

    [[nodiscard]] std::int64_t integer() { return maybe_integer().value_or(0); }
    [[nodiscard]] std::optional<std::int64_t> maybe_integer();
    [[nodiscard]] bool flag() { return integer() != 0; }
    [[nodiscard]] std::optional<bool> maybe_flag();
    [[nodiscard]] std::string text() { return maybe_text().value_or(std::string{}); }
    [[nodiscard]] std::optional<std::string> maybe_text();
    [[nodiscard]] Timestamp time() { return maybe_time().value_or(Timestamp{}); }
    [[nodiscard]] std::optional<Timestamp> maybe_time();
    [[nodiscard]] Json object(); // NULL reads as {}
    [[nodiscard]] std::optional<Json> maybe_json();
    [[nodiscard]] std::vector<std::string> list();
    [[nodiscard]] std::optional<std::vector<std::string>> maybe_list();

  private:
    [[nodiscard]] std::string const* next();

    std::vector<std::string> const& texts_;
    std::vector<bool> const& nulls_;
    std::size_t position_ = 0;
};

} // namespace jhub::store
