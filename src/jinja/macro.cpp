// Macros and call blocks as callable values.
#include <algorithm>

#include "jinja/failure.hpp"
#include "jinja/frame.hpp"

namespace jhub::jinja {
namespace {

class MacroObject final : public Object {
  public:
    MacroObject(MacroDefinition const& definition, Frame const& frame) : definition_(definition), frame_(frame)
    {
        frame_.top_level = false;
        frame_.captured = nullptr;
    }
    [[nodiscard]] Value attribute(std::string_view name) const override;
    [[nodiscard]] std::string text() const override { return "<Macro '" + definition_.name + "'>"; }
    [[nodiscard]] bool callable() const override { return true; }
    [[nodiscard]] Result<Value> call(Arguments const& arguments) const override;

  private:
    void bind(Arguments const& arguments, Frame& frame) const;

    MacroDefinition const& definition_;
    Frame frame_; // where it was defined; its scope is a kept one
};

Value MacroObject::attribute(std::string_view name) const
{
    if (name == "name")
        return definition_.name;
    if (name == "caller")
        return definition_.takes_caller;
    if (name == "catch_kwargs")
        return definition_.takes_more_named;
    if (name == "catch_varargs")
        return definition_.takes_more_positional;
    if (name != "arguments")
        return {};
    List names;
    for (auto const& parameter : definition_.parameters)
        names.emplace_back(parameter.name);
    return Value::tuple(std::move(names));
}

void MacroObject::bind(Arguments const& arguments, Frame& frame) const
{
    std::vector<std::string_view> used;
    for (std::size_t i = 0; i < definition_.parameters.size(); ++i) {
        auto const& parameter = definition_.parameters[i];
        if (Value const* given = arguments.get(i, parameter.name))
            frame.set(parameter.symbol, *given);
        else
            frame.set(parameter.symbol, parameter.fallback ? parameter.fallback->evaluate(frame) : Value());
        used.push_back(parameter.name);
    }

    List more_positional;
    for (std::size_t i = definition_.parameters.size(); i < arguments.positional.size(); ++i)
        more_positional.push_back(arguments.positional[i]);
    if (!more_positional.empty() && !definition_.takes_more_positional)
        give_up("macro '{}' takes not more than {} argument(s)", definition_.name, definition_.parameters.size());

    Dict more_named;
    bool has_caller = false;
    for (auto const& [name, value] : arguments.named) {
        if (name == "caller" && definition_.takes_caller) {
            frame.set(definition_.caller_symbol, value);
            has_caller = true;
        } else if (std::ranges::find(used, name) == used.end()) {
            if (!definition_.takes_more_named)
                give_up("macro '{}' takes no keyword argument '{}'", definition_.name, name);
            more_named.set(name, value);
        }
    }
    if (definition_.takes_caller && !has_caller && std::ranges::find(used, "caller") == used.end())
        frame.set(definition_.caller_symbol, {}); // hides an outer macro's caller
    if (definition_.takes_more_positional)
        frame.set(definition_.varargs_symbol, Value::tuple(std::move(more_positional)));
    if (definition_.takes_more_named)
        frame.set(definition_.kwargs_symbol, std::move(more_named));
}

Result<Value> MacroObject::call(Arguments const& arguments) const
{
    Renderer::Depth const guard(frame_.renderer);
    std::string text;
    NestedScope scope(frame_, definition_.body);
    Frame frame = scope.frame(frame_);
    frame.out = &text;
    bind(arguments, frame);
    frame.renderer.run_body(definition_.body, frame);
    return frame.autoescape ? Value::markup(std::move(text)) : Value(std::move(text));
}

} // namespace

Value make_macro(MacroDefinition const& definition, Frame const& frame)
{
    return std::make_shared<MacroObject>(definition, frame);
}

} // namespace jhub::jinja
