// Header fields that own their text: ordered, duplicates kept, names compared without case. For messages that live
// longer than the bytes they were read from; the views of head_parser.hpp serve the hot paths.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jhub::http {

struct Header {
    std::string name;
    std::string value;
    bool operator==(Header const&) const = default;
};

class Headers {
  public:
    Headers() = default;
    Headers(std::initializer_list<Header> fields) : fields_(fields) {}

    void add(std::string_view name, std::string_view value);
    // Replaces every field of that name by one; it keeps the place of the first.
    void set(std::string_view name, std::string_view value);
    void erase(std::string_view name);
    void reserve(std::size_t count) { fields_.reserve(count); }

    // The first field of that name.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }

    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }
    [[nodiscard]] std::size_t size() const { return fields_.size(); }
    [[nodiscard]] bool empty() const { return fields_.empty(); }

  private:
    std::vector<Header> fields_;
};

// Whether a comma-separated list ("keep-alive, Upgrade") contains the token, compared without case.
[[nodiscard]] bool list_has_token(std::string_view list, std::string_view token);

} // namespace jhub::http
