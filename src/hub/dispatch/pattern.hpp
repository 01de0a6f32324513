// Path patterns of the route tables. "/users/{user}/servers/{server?}" has literal segments, captures of one segment
// and, at the end, a capture that may be empty ("{server?}") or takes all the rest ("{path*}").
// Matching is on the percent-encoded path; captures are decoded afterwards (reference rest-api.md §1.1).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jhub::hub {

using PathValues = std::map<std::string, std::string, std::less<>>;

class Pattern {
  public:
    explicit Pattern(std::string_view text);

    // The decoded captures, or nothing when the path is another one or has a broken escape.
    [[nodiscard]] std::optional<PathValues> match(std::string_view encoded_path) const;
    [[nodiscard]] std::string const& text() const { return text_; }

  private:
    enum class Kind { literal, capture, optional_capture, rest };
    struct Segment {
        Kind kind;
        std::string text; // the literal, or the capture's name
    };
    std::string text_;
    std::vector<Segment> segments_;
};

} // namespace jhub::hub
