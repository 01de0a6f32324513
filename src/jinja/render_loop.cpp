// {% for %} and the loop variable.
#include <array>

#include "jinja/failure.hpp"
#include "jinja/frame.hpp"
#include "jinja/limits.hpp"
#include "jinja/operations.hpp"

namespace jhub::jinja {
namespace {

// Shared between a running loop and its `loop` variable, so that a stored `loop` stays valid after the loop.
struct LoopState {
    List items;
    std::size_t index = 0;
    int depth = 0;
    std::optional<List> last_changed; // of loop.changed()
};

class Loop final : public Object {
  public:
    explicit Loop(std::shared_ptr<LoopState> state) : state_(std::move(state)) {}
    [[nodiscard]] Value attribute(std::string_view name) const override;
    [[nodiscard]] std::string text() const override { return "<LoopContext>"; }
    [[nodiscard]] bool callable() const override { return bool(recurse); }
    [[nodiscard]] Result<Value> call(Arguments const& arguments) const override
    {
        if (!recurse)
            return fail(Errc::failed, "The loop must have the 'recursive' marker to be called recursively.");
        return recurse(arguments);
    }

    Function recurse; // of recursive loops

  private:
    std::shared_ptr<LoopState> state_;
};

Value cycled(LoopState const& state, Arguments const& arguments)
{
    if (arguments.positional.empty())
        give_up("no items for cycling given");
    return arguments.positional[state.index % arguments.positional.size()];
}

Value Loop::attribute(std::string_view name) const
{
    using Reader = Value (*)(LoopState const&);
    static constexpr std::array<std::pair<std::string_view, Reader>, 11> readers{{
        {"index", [](LoopState const& s) -> Value { return s.index + 1; }},
        {"index0", [](LoopState const& s) -> Value { return s.index; }},
        {"revindex", [](LoopState const& s) -> Value { return s.items.size() - s.index; }},
        {"revindex0", [](LoopState const& s) -> Value { return s.items.size() - s.index - 1; }},
        {"first", [](LoopState const& s) -> Value { return s.index == 0; }},
        {"last", [](LoopState const& s) -> Value { return s.index + 1 == s.items.size(); }},
        {"length", [](LoopState const& s) -> Value { return s.items.size(); }},
        {"depth", [](LoopState const& s) -> Value { return s.depth + 1; }},
        {"depth0", [](LoopState const& s) -> Value { return s.depth; }},
        {"previtem", [](LoopState const& s) { return s.index > 0 ? s.items[s.index - 1] : Value(); }},
        {"nextitem", [](LoopState const& s) { return s.index + 1 < s.items.size() ? s.items[s.index + 1] : Value(); }},
    }};
    for (auto const& [known, read] : readers)
        if (known == name)
            return read(*state_);
    if (name == "cycle")
        return Value::function(
            [state = state_](Arguments const& arguments) -> Result<Value> { return cycled(*state, arguments); });
    if (name == "changed")
        return Value::function([state = state_](Arguments const& arguments) -> Result<Value> {
            bool const changed = state->last_changed != arguments.positional;
            state->last_changed = arguments.positional;
            return changed;
        });
    return {};
}

} // namespace

void For::render(Frame& frame) const { render_items(frame, iterable->evaluate(frame), 0); }

void For::render_items(Frame& frame, Value const& from, int depth) const
{
    NestedScope scope(frame, body);
    Frame inner = scope.frame(frame);
    auto state = std::make_shared<LoopState>();
    state->depth = depth;
    for (Value const& item : items_of(from)) {
        if (condition) {
            scope->clear();
            inner.assign(target, item);
            if (!condition->evaluate(inner).truthy())
                continue;
        }
        state->items.push_back(item);
    }
    if (state->items.empty())
        return frame.renderer.run_body(otherwise, frame);

    auto const loop = std::make_shared<Loop>(state);
    if (recursive)
        loop->recurse = [this, outer = frame, depth](Arguments const& arguments) -> Result<Value> {
            if (arguments.positional.size() != 1)
                return fail(Errc::failed, "loop() takes one argument");
            Renderer::Depth const guard(outer.renderer);
            std::string text;
            Frame around = outer;
            around.out = &text;
            around.top_level = false;
            render_items(around, arguments.positional[0], depth + 1);
            return around.autoescape ? Value::markup(std::move(text)) : Value(std::move(text));
        };
    for (state->index = 0; state->index < state->items.size(); ++state->index) {
        frame.renderer.step();
        scope->clear();
        scope->set(loop_symbol, loop);
        inner.assign(target, state->items[state->index]);
        frame.renderer.run_body(body, inner);
    }
    state->index = state->items.size() - 1; // for a `loop` that somebody stored
}

} // namespace jhub::jinja
