// What each statement does.
#include <algorithm>

#include "jinja/failure.hpp"
#include "jinja/frame.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

// Runs a body in a scope of its own and returns what it writes.
std::string capture(Frame& frame, Body const& body)
{
    std::string text;
    NestedScope scope(frame, body);
    Frame inner = scope.frame(frame);
    inner.out = &text;
    inner.top_level = false; // captured text is kept, even where output is dropped
    frame.renderer.run_body(body, inner);
    return text;
}

Value captured_value(Frame const& frame, std::string text)
{
    return frame.autoescape ? Value::markup(std::move(text)) : Value(std::move(text));
}

Value apply_filters(Frame& frame, Expression const& filtered, Value const& text)
{
    Frame inner = frame;
    inner.captured = &text;
    return filtered.evaluate(inner);
}

std::string described_names(Value const& name_or_names)
{
    return name_or_names.kind() == Value::Kind::sequence ? name_or_names.repr() : name_or_names.to_text();
}

// What {% import %} makes: the variables and macros at the top level of a template.
class Module final : public Object {
  public:
    Module(Context const& context, SymbolTable const& symbols) : context_(context), symbols_(symbols) {}
    [[nodiscard]] Value attribute(std::string_view name) const override
    {
        auto const symbol = symbols_.find(name);
        Value const* value = symbol && name != "self" ? context_.top.find(*symbol) : nullptr;
        return value ? *value : Value();
    }
    [[nodiscard]] std::string text() const override { return "<TemplateModule>"; }

  private:
    Context const& context_;
    SymbolTable const& symbols_;
};

} // namespace

void Data::render(Frame& frame) const
{
    if (!frame.output_dropped())
        *frame.out += text;
}

void Output::render(Frame& frame) const
{
    if (frame.output_dropped())
        return;
    if (Value const* value = expression->peek(frame))
        frame.write(*value);
    else
        frame.write(expression->evaluate(frame));
}

void If::render(Frame& frame) const
{
    for (auto const& [condition, body] : branches)
        if (condition->evaluate(frame).truthy())
            return frame.renderer.run_body(body, frame);
    frame.renderer.run_body(otherwise, frame);
}

void Set::render(Frame& frame) const { frame.assign(target, value->evaluate(frame)); }

void SetBlock::render(Frame& frame) const
{
    Value value = captured_value(frame, capture(frame, body));
    if (filtered)
        value = captured_value(frame, apply_filters(frame, *filtered, value).to_text());
    frame.assign(target, value);
}

void With::render(Frame& frame) const
{
    NestedScope scope(frame, body);
    Frame inner = scope.frame(frame);
    for (auto const& [target, value] : values)
        inner.assign(target, value->evaluate(frame)); // in terms of the variables outside
    frame.renderer.run_body(body, inner);
}

void Autoescape::render(Frame& frame) const
{
    NestedScope scope(frame, body);
    Frame inner = scope.frame(frame);
    inner.autoescape = enabled->evaluate(frame).truthy();
    frame.renderer.run_body(body, inner);
}

void FilterBlock::render(Frame& frame) const
{
    if (frame.output_dropped())
        return;
    Value const text = captured_value(frame, capture(frame, body));
    *frame.out += apply_filters(frame, *filtered, text).to_text();
}

void Block::render(Frame& frame) const
{
    if (!frame.output_dropped())
        frame.renderer.run_block(name, 0, frame.context, scoped ? frame.scope : nullptr, *frame.out);
}

void Extends::render(Frame& frame) const
{
    if (frame.context.parent)
        give_up("extended multiple times");
    Value const name = parent->evaluate(frame);
    frame.context.parent = frame.renderer.first_of(name);
    if (!frame.context.parent)
        throw Failure("no such template: " + described_names(name), Errc::not_found);
}

void Include::render(Frame& frame) const
{
    Value const names = name->evaluate(frame);
    Template const* found = frame.renderer.first_of(names);
    if (!found && !ignore_missing)
        throw Failure("no such template: " + described_names(names), Errc::not_found);
    if (!found || frame.output_dropped())
        return;
    Context& context = frame.renderer.new_context();
    context.sees_variables = with_context;
    if (with_context) {
        context.outer = &frame.context;
        context.outer_scope = frame.scope;
    }
    frame.renderer.run(*found, context, *frame.out);
}

void Import::render(Frame& frame) const
{
    Value const names = name->evaluate(frame);
    Template const* found = frame.renderer.first_of(names);
    if (!found)
        throw Failure("no such template: " + described_names(names), Errc::not_found);
    Context& context = frame.renderer.new_context();
    context.sees_variables = with_context;
    if (with_context) {
        context.outer = &frame.context;
        context.outer_scope = frame.scope;
    }
    std::string ignored;
    frame.renderer.run(*found, context, ignored);
    Module const module(context, frame.renderer.symbols());
    if (whole)
        frame.assign(*whole, std::make_shared<Module>(context, frame.renderer.symbols()));
    for (auto const& [member, target] : members)
        frame.assign(target, module.attribute(member));
}

void Macro::render(Frame& frame) const { frame.assign(target, make_macro(definition, frame)); }

void CallBlock::render(Frame& frame) const
{
    if (!frame.output_dropped())
        *frame.out += call->call(frame, make_macro(caller, frame)).to_text();
}

} // namespace jhub::jinja
