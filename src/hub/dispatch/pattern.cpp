#include "hub/dispatch/pattern.hpp"

#include "base/strings.hpp"
#include "base/url.hpp"

namespace jhub::hub {

Pattern::Pattern(std::string_view text) : text_(text)
{
    for (auto const& part : split(text.substr(1), '/')) {
        if (!part.starts_with('{')) {
            segments_.push_back({Kind::literal, part});
            continue;
        }
        std::string name = part.substr(1, part.size() - 2);
        Kind kind = Kind::capture;
        if (name.ends_with('?'))
            kind = Kind::optional_capture;
        else if (name.ends_with('*'))
            kind = Kind::rest;
        if (kind != Kind::capture)
            name.pop_back();
        segments_.push_back({kind, std::move(name)});
    }
}

std::optional<PathValues> Pattern::match(std::string_view path) const
{
    PathValues values;
    if (!path.starts_with('/'))
        return std::nullopt;
    path.remove_prefix(1);
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        auto const& segment = segments_[i];
        bool const last = i + 1 == segments_.size();
        auto const end = segment.kind == Kind::rest ? std::string_view::npos : path.find('/');
        std::string_view const piece = path.substr(0, end);
        if (last != (end == std::string_view::npos))
            return std::nullopt;
        if (segment.kind == Kind::literal) {
            if (piece != segment.text)
                return std::nullopt;
        } else {
            auto decoded = percent_decode(piece);
            if (!decoded || (piece.empty() && segment.kind == Kind::capture))
                return std::nullopt;
            values.emplace(segment.text, *std::move(decoded));
        }
        path.remove_prefix(last ? path.size() : end + 1);
    }
    return values;
}

} // namespace jhub::hub
