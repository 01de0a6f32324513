// Jinja's tests: what may follow "is".
#include <algorithm>
#include <array>

#include "jinja/call.hpp"
#include "jinja/failure.hpp"
#include "jinja/frame.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

using Kind = Value::Kind;

template <Comparison kind> bool compares(Call const& call) { return compare(kind, call.input, *call.get(0)); }

bool is_odd(Call const& call) { return integer_of(call.input) % 2 != 0; }

bool is_divisible(Call const& call)
{
    std::int64_t const divisor = integer_of(*call.get(0));
    if (divisor == 0)
        give_up("division by zero");
    return divisor == -1 || integer_of(call.input) % divisor == 0;
}

bool is_iterable(Call const& call)
{
    switch (call.input.kind()) {
    case Kind::undefined:
    case Kind::text:
    case Kind::sequence:
    case Kind::dict:
        return true;
    case Kind::object:
        return call.input.object().items().has_value();
    default:
        return false;
    }
}

bool is_sequence(Call const& call) { return is_iterable(call); }

bool is_same(Call const& call)
{
    Value const& a = call.input;
    Value const& b = *call.get(0);
    if (a.kind() != b.kind())
        return false;
    if (a.kind() == Kind::sequence)
        return a.sequence() == b.sequence();
    return a.kind() == Kind::dict ? a.dict() == b.dict() : a == b;
}

bool is_escaped(Call const& call)
{
    return call.input.is_markup() || (call.input.kind() == Kind::object && call.input.object().safe_text());
}

// Python's islower(): some letters, and none of the other case.
bool is_lower(Call const& call)
{
    std::string const text = call.input.to_text();
    return text == lower(text) && text != upper(text);
}

bool is_upper(Call const& call)
{
    std::string const text = call.input.to_text();
    return text == upper(text) && text != lower(text);
}

constexpr auto tests = std::to_array<TestEntry>({
    {"defined", [](Call const& call) { return !call.input.is_undefined(); }, ""},
    {"undefined", [](Call const& call) { return call.input.is_undefined(); }, ""},
    {"none", [](Call const& call) { return call.input.is_none(); }, ""},
    {"boolean", [](Call const& call) { return call.input.kind() == Kind::boolean; }, ""},
    {"true", [](Call const& call) { return call.input.kind() == Kind::boolean && call.input.boolean(); }, ""},
    {"false", [](Call const& call) { return call.input.kind() == Kind::boolean && !call.input.boolean(); }, ""},
    {"integer", [](Call const& call) { return call.input.kind() == Kind::integer; }, ""},
    {"float", [](Call const& call) { return call.input.kind() == Kind::real; }, ""},
    {"number", [](Call const& call) { return call.input.is_number(); }, ""},
    {"string", [](Call const& call) { return call.input.is_text(); }, ""},
    {"mapping", [](Call const& call) { return call.input.kind() == Kind::dict; }, ""},
    {"sequence", is_sequence, ""},
    {"iterable", is_iterable, ""},
    {"callable", [](Call const& call) { return call.input.kind() == Kind::object && call.input.object().callable(); },
     ""},
    {"odd", is_odd, ""},
    {"even", [](Call const& call) { return !is_odd(call); }, ""},
    {"divisibleby", is_divisible, "num", 1},
    {"sameas", is_same, "other", 1},
    {"escaped", is_escaped, ""},
    {"lower", is_lower, ""},
    {"upper", is_upper, ""},
    {"in", compares<Comparison::in>, "seq", 1},
    {"eq", compares<Comparison::equal>, "other", 1},
    {"equalto", compares<Comparison::equal>, "other", 1},
    {"==", compares<Comparison::equal>, "other", 1},
    {"ne", compares<Comparison::not_equal>, "other", 1},
    {"!=", compares<Comparison::not_equal>, "other", 1},
    {"lt", compares<Comparison::less>, "other", 1},
    {"lessthan", compares<Comparison::less>, "other", 1},
    {"<", compares<Comparison::less>, "other", 1},
    {"le", compares<Comparison::less_or_equal>, "other", 1},
    {"<=", compares<Comparison::less_or_equal>, "other", 1},
    {"gt", compares<Comparison::greater>, "other", 1},
    {"greaterthan", compares<Comparison::greater>, "other", 1},
    {">", compares<Comparison::greater>, "other", 1},
    {"ge", compares<Comparison::greater_or_equal>, "other", 1},
    {">=", compares<Comparison::greater_or_equal>, "other", 1},
    {"filter", [](Call const& call) { return find_filter(call.input.to_text()) != nullptr; }, ""},
    {"test", [](Call const& call) { return find_test(call.input.to_text()) != nullptr; }, ""},
});

} // namespace

TestEntry const* find_test(std::string_view name)
{
    auto const found = std::ranges::find(tests, name, &TestEntry::name);
    return found == tests.end() ? nullptr : &*found;
}

} // namespace jhub::jinja
