// Operators: arithmetic, order, membership, concatenation.
#include "jinja/operations.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "jinja/failure.hpp"
#include "jinja/limits.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

constexpr std::array<std::string_view, 7> signs{"+", "-", "*", "/", "//", "%", "**"};

std::string_view sign_of(BinaryOperator kind) { return signs[static_cast<std::size_t>(kind)]; }

[[noreturn]] void unsupported(BinaryOperator kind, Value const& left, Value const& right)
{
    give_up("unsupported operand type(s) for {}: '{}' and '{}'", sign_of(kind), left.type_name(), right.type_name());
}

[[noreturn]] void too_large() { give_up("the number is too large"); }

// Python rounds towards minus infinity.
std::int64_t floor_divide(std::int64_t a, std::int64_t b)
{
    std::int64_t const quotient = a / b;
    return quotient - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

Value integer_power(std::int64_t base, std::int64_t exponent)
{
    if (exponent < 0)
        return std::pow(static_cast<double>(base), static_cast<double>(exponent));
    std::int64_t result = 1;
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 && __builtin_mul_overflow(result, base, &result))
            too_large();
        if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
            too_large();
    }
    return result;
}

Value integers(BinaryOperator kind, std::int64_t a, std::int64_t b)
{
    std::int64_t result = 0;
    bool overflow = false;
    bool const divides =
        kind == BinaryOperator::divide || kind == BinaryOperator::floor_divide || kind == BinaryOperator::modulo;
    if (divides && b == 0)
        give_up("division by zero");
    if (divides && b == -1 && a == INT64_MIN)
        too_large();
    switch (kind) {
    case BinaryOperator::add:
        overflow = __builtin_add_overflow(a, b, &result);
        break;
    case BinaryOperator::subtract:
        overflow = __builtin_sub_overflow(a, b, &result);
        break;
    case BinaryOperator::multiply:
        overflow = __builtin_mul_overflow(a, b, &result);
        break;
    case BinaryOperator::divide:
        return static_cast<double>(a) / static_cast<double>(b);
    case BinaryOperator::floor_divide:
        return floor_divide(a, b);
    case BinaryOperator::modulo:
        return a - floor_divide(a, b) * b;
    case BinaryOperator::power:
        return integer_power(a, b);
    }
    if (overflow)
        too_large();
    return result;
}

Value reals(BinaryOperator kind, double a, double b)
{
    bool const divides =
        kind == BinaryOperator::divide || kind == BinaryOperator::floor_divide || kind == BinaryOperator::modulo;
    if (divides && b == 0)
        give_up("division by zero");
    switch (kind) {
    case BinaryOperator::add:
        return a + b;
    case BinaryOperator::subtract:
        return a - b;
    case BinaryOperator::multiply:
        return a * b;
    case BinaryOperator::divide:
        return a / b;
    case BinaryOperator::floor_divide:
        return std::floor(a / b);
    case BinaryOperator::modulo: {
        double const rest = std::fmod(a, b);
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }
    case BinaryOperator::power:
        return std::pow(a, b);
    }
    std::unreachable();
}

Value repeated(Value const& value, std::int64_t times)
{
    auto const count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
    std::size_t const size = value.is_text() ? value.text().size() : value.sequence()->items.size();
    require_reasonable_size(size == 0 ? 0 : count > max_text_bytes ? count : count * size);
    if (size == 0 || count == 0)
        return value.is_text() ? text_like(value, {})
                               : Value(std::make_shared<Sequence>(List{}, value.sequence()->is_tuple));
    if (value.is_text()) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i)
            text += value.text();
        return text_like(value, std::move(text));
    }
    List items;
    for (std::size_t i = 0; i < count; ++i)
        items.insert(items.end(), value.sequence()->items.begin(), value.sequence()->items.end());
    return std::make_shared<Sequence>(std::move(items), value.sequence()->is_tuple);
}

// Markup plus text is markup, with the text escaped.
Value added_texts(Value const& left, Value const& right)
{
    if (!left.is_markup() && !right.is_markup())
        return left.text() + right.text();
    return Value::markup(escaped_value(left) + escaped_value(right));
}

Value added(Value const& left, Value const& right)
{
    if (left.is_text() && right.is_text())
        return added_texts(left, right);
    if (left.kind() == Value::Kind::sequence && right.kind() == Value::Kind::sequence &&
        left.sequence()->is_tuple == right.sequence()->is_tuple) {
        List items = left.sequence()->items;
        items.insert(items.end(), right.sequence()->items.begin(), right.sequence()->items.end());
        require_reasonable_size(items.size());
        return std::make_shared<Sequence>(std::move(items), left.sequence()->is_tuple);
    }
    unsupported(BinaryOperator::add, left, right);
}

std::partial_ordering sequence_order(List const& left, List const& right, std::string_view sign)
{
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i)
        if (!(left[i] == right[i]))
            return order(left[i], right[i], sign);
    return left.size() <=> right.size();
}

} // namespace

Value apply(BinaryOperator kind, Value const& left, Value const& right)
{
    if (left.is_number() && right.is_number())
        return left.is_integer() && right.is_integer() ? integers(kind, left.integer(), right.integer())
                                                       : reals(kind, left.real(), right.real());
    bool const left_repeats = left.is_text() || left.kind() == Value::Kind::sequence;
    bool const right_repeats = right.is_text() || right.kind() == Value::Kind::sequence;
    if (kind == BinaryOperator::multiply && left_repeats && right.is_integer())
        return repeated(left, right.integer());
    if (kind == BinaryOperator::multiply && right_repeats && left.is_integer())
        return repeated(right, left.integer());
    if (kind == BinaryOperator::modulo && left.is_text())
        return percent_format(left, right);
    if (kind == BinaryOperator::add)
        return added(left, right);
    unsupported(kind, left, right);
}

std::partial_ordering order(Value const& left, Value const& right, std::string_view sign)
{
    if (left.is_integer() && right.is_integer())
        return left.integer() <=> right.integer();
    if (left.is_number() && right.is_number())
        return left.real() <=> right.real();
    if (left.is_text() && right.is_text())
        return left.text().compare(right.text()) <=> 0; // UTF-8 sorts as its code points do
    if (left.kind() == Value::Kind::sequence && right.kind() == Value::Kind::sequence)
        return sequence_order(left.sequence()->items, right.sequence()->items, sign);
    give_up("'{}' not supported between instances of '{}' and '{}'", sign, left.type_name(), right.type_name());
}

bool compare(Comparison kind, Value const& left, Value const& right)
{
    switch (kind) {
    case Comparison::equal:
        return left == right;
    case Comparison::not_equal:
        return !(left == right);
    case Comparison::less:
        return order(left, right, "<") < 0;
    case Comparison::less_or_equal:
        return order(left, right, "<=") <= 0;
    case Comparison::greater:
        return order(left, right, ">") > 0;
    case Comparison::greater_or_equal:
        return order(left, right, ">=") >= 0;
    case Comparison::in:
        return contains(right, left);
    case Comparison::not_in:
        return !contains(right, left);
    }
    std::unreachable();
}

bool contains(Value const& container, Value const& item)
{
    switch (container.kind()) {
    case Value::Kind::undefined:
        return false;
    case Value::Kind::text:
        if (!item.is_text())
            give_up("'in <string>' requires string as left operand, not {}", item.type_name());
        return container.text().contains(item.text());
    case Value::Kind::dict:
        return container.dict()->find(item) != nullptr;
    case Value::Kind::sequence:
    case Value::Kind::object: {
        List const items = items_of(container);
        return std::ranges::find(items, item) != items.end();
    }
    default:
        give_up("argument of type '{}' is not iterable", container.type_name());
    }
}

Value concatenate(List const& parts, bool autoescape)
{
    bool const markup = autoescape && std::ranges::any_of(parts, [](Value const& part) { return part.is_markup(); });
    std::string text;
    for (Value const& part : parts)
        text += markup ? escaped_value(part) : part.to_text();
    require_reasonable_size(text.size());
    return markup ? Value::markup(std::move(text)) : Value(std::move(text));
}

} // namespace jhub::jinja
