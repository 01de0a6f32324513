// Objects for templates whose attributes stand in a table, name beside function, or are values made beforehand.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "jinja/value.hpp"

namespace jhub::hub::pages {

// Attributes that are values already.
class Record final : public jinja::Object {
  public:
    Record(jinja::Dict attributes, std::string text) : attributes_(std::move(attributes)), text_(std::move(text)) {}
    [[nodiscard]] jinja::Value attribute(std::string_view name) const override
    {
        jinja::Value const* const found = attributes_.find(name);
        return found ? *found : jinja::Value();
    }
    [[nodiscard]] std::string text() const override { return text_; }

  private:
    jinja::Dict attributes_;
    std::string text_;
};

[[nodiscard]] inline jinja::Value record(jinja::Dict attributes, std::string text)
{
    return std::make_shared<Record>(std::move(attributes), std::move(text));
}

template <typename Source> struct Attribute {
    std::string_view name;
    jinja::Value (*of)(Source const&);
};

// Attributes that are made when a template asks for one; others are what more gives, or undefined.
template <typename Source> class Table final : public jinja::Object {
  public:
    using More = jinja::Value (*)(Source const&, std::string_view name);
    Table(Source source, std::span<Attribute<Source> const> attributes, More more, std::string text)
        : source_(std::move(source)), attributes_(attributes), more_(more), text_(std::move(text))
    {
    }
    [[nodiscard]] jinja::Value attribute(std::string_view name) const override
    {
        auto const found = std::ranges::find(attributes_, name, &Attribute<Source>::name);
        if (found != attributes_.end())
            return found->of(source_);
        return more_ ? more_(source_, name) : jinja::Value();
    }
    [[nodiscard]] std::string text() const override { return text_; }

  private:
    Source source_;
    std::span<Attribute<Source> const> attributes_;
    More more_;
    std::string text_;
};

} // namespace jhub::hub::pages
