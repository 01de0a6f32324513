// What each expression yields.
#include "jinja/call.hpp"
#include "jinja/failure.hpp"
#include "jinja/frame.hpp"
#include "jinja/limits.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

// The operand, in place if it can be, else in storage. In place is safe: no expression changes an existing scope.
Value const& operand(Expression const& expression, Frame& frame, Value& storage)
{
    if (Value const* value = expression.peek(frame))
        return *value;
    storage = expression.evaluate(frame);
    return storage;
}

void require_defined(Value const& value, Expression const& expression)
{
    if (value.is_undefined())
        give_up("{} is undefined", expression.described());
}

Value or_none(ExpressionPointer const& expression, Frame& frame)
{
    return expression ? expression->evaluate(frame) : Value(nullptr);
}

} // namespace

Value const* Name::peek(Frame& frame) const { return frame.find(symbol); }

Value Name::evaluate(Frame& frame) const
{
    Value const* value = frame.find(symbol);
    return value ? *value : Value();
}

Value SequenceLiteral::evaluate(Frame& frame) const
{
    List values;
    values.reserve(items.size());
    for (auto const& item : items)
        values.push_back(item->evaluate(frame));
    return is_tuple ? Value::tuple(std::move(values)) : Value(std::move(values));
}

Value DictLiteral::evaluate(Frame& frame) const
{
    Dict dict;
    for (auto const& [key, value] : entries) {
        Value name = key->evaluate(frame);
        dict.set(std::move(name), value->evaluate(frame));
    }
    return dict;
}

std::string GetAttribute::described() const
{
    std::string const around = object->described();
    return around.starts_with('\'') ? around.substr(0, around.size() - 1) + "." + name + "'" : "'" + name + "'";
}

Value GetAttribute::evaluate(Frame& frame) const
{
    Value storage;
    Value const& value = operand(*object, frame, storage);
    require_defined(value, *object);
    return attribute_of(value, name);
}

Value GetItem::evaluate(Frame& frame) const
{
    Value storage;
    Value const& value = operand(*object, frame, storage);
    require_defined(value, *object);
    return item_of(value, key->evaluate(frame));
}

Value GetSlice::evaluate(Frame& frame) const
{
    Value storage;
    Value const& value = operand(*object, frame, storage);
    require_defined(value, *object);
    return slice_of(value, or_none(from, frame), or_none(to, frame), or_none(step, frame));
}

Arguments ArgumentList::evaluate(Frame& frame) const
{
    Arguments arguments;
    arguments.positional.reserve(positional.size());
    for (auto const& expression : positional)
        arguments.positional.push_back(expression->evaluate(frame));
    if (more_positional)
        for (Value& value : items_of(more_positional->evaluate(frame)))
            arguments.positional.push_back(std::move(value));
    for (auto const& [name, expression] : named)
        arguments.named.emplace_back(name, expression->evaluate(frame));
    if (more_named) {
        Value const more = more_named->evaluate(frame);
        if (more.kind() != Value::Kind::dict)
            give_up("argument after ** must be a mapping, not {}", more.type_name());
        for (auto const& [name, value] : *more.dict())
            arguments.named.emplace_back(name.to_text(), value);
    }
    return arguments;
}

Value CallExpression::evaluate(Frame& frame) const { return call(frame, std::nullopt); }

Value CallExpression::call(Frame& frame, std::optional<Value> caller) const
{
    Value const function = callee->evaluate(frame);
    require_defined(function, *callee);
    if (function.kind() != Value::Kind::object || !function.object().callable())
        give_up("'{}' object is not callable", function.type_name());
    Arguments values = arguments.evaluate(frame);
    if (caller)
        values.named.emplace_back("caller", std::move(*caller));
    frame.renderer.step();
    Result<Value> result = function.object().call(values);
    if (!result)
        throw Failure(result.error().message, result.error().code);
    return *std::move(result);
}

Value FilterExpression::evaluate(Frame& frame) const
{
    Value storage;
    Value const& value = operand(*input, frame, storage);
    Value result = apply_filter(frame, *filter, value, arguments.evaluate(frame));
    if (result.is_text())
        require_reasonable_size(result.text().size());
    return result;
}

Value CapturedText::evaluate(Frame& frame) const { return *frame.captured; }

Value TestExpression::evaluate(Frame& frame) const
{
    Value storage;
    Value const& value = operand(*input, frame, storage);
    return apply_test(frame, *test, value, arguments.evaluate(frame));
}

Value Unary::evaluate(Frame& frame) const
{
    Value const value = operand->evaluate(frame);
    if (kind == UnaryOperator::logical_not)
        return !value.truthy();
    require_defined(value, *operand);
    if (!value.is_number())
        give_up("bad operand type for unary {}: '{}'", kind == UnaryOperator::minus ? "-" : "+", value.type_name());
    if (kind == UnaryOperator::plus)
        return value.is_integer() ? Value(value.integer()) : value;
    return apply(BinaryOperator::subtract, value.is_integer() ? Value(0) : Value(-0.0), value);
}

Value Binary::evaluate(Frame& frame) const
{
    Value left_storage;
    Value right_storage;
    Value const& first = operand(*left, frame, left_storage);
    Value const& second = operand(*right, frame, right_storage);
    require_defined(first, *left);
    require_defined(second, *right);
    return apply(kind, first, second);
}

Value Compare::evaluate(Frame& frame) const
{
    Value left = first->evaluate(frame);
    for (auto const& [kind, expression] : rest) {
        Value right = expression->evaluate(frame);
        if (!compare(kind, left, right))
            return false;
        left = std::move(right);
    }
    return true;
}

Value Logical::evaluate(Frame& frame) const
{
    Value value = left->evaluate(frame);
    return value.truthy() == is_and ? right->evaluate(frame) : value;
}

Value Concatenation::evaluate(Frame& frame) const
{
    List values;
    values.reserve(parts.size());
    for (auto const& part : parts)
        values.push_back(part->evaluate(frame));
    return concatenate(values, frame.autoescape);
}

Value Conditional::evaluate(Frame& frame) const
{
    if (condition->evaluate(frame).truthy())
        return value->evaluate(frame);
    return otherwise ? otherwise->evaluate(frame) : Value();
}

} // namespace jhub::jinja
