#include "jinja/globals.hpp"

#include <algorithm>

#include "jinja/failure.hpp"
#include "jinja/operations.hpp"

namespace jhub::jinja {
namespace {

Result<Value> make_range(Arguments const& arguments)
{
    constexpr std::int64_t max_items = 100'000;
    std::size_t const given = arguments.positional.size();
    if (given < 1 || given > 3)
        return fail(Errc::failed, "range() takes 1 to 3 arguments");
    std::int64_t const from = given > 1 ? integer_of(arguments.positional[0]) : 0;
    std::int64_t const to = integer_of(arguments.positional[given > 1 ? 1 : 0]);
    std::int64_t const step = given > 2 ? integer_of(arguments.positional[2]) : 1;
    if (step == 0)
        return fail(Errc::failed, "range() arg 3 must not be zero");
    List items;
    for (std::int64_t i = from; step > 0 ? i < to : i > to;) {
        if (std::ssize(items) >= max_items)
            return fail(Errc::failed, "range() is limited to 100000 items");
        items.emplace_back(i);
        if (__builtin_add_overflow(i, step, &i))
            break;
    }
    return items;
}

Result<Dict> entries_of(Arguments const& arguments)
{
    Dict entries;
    if (!arguments.positional.empty()) {
        Value const& from = arguments.positional[0];
        if (from.kind() == Value::Kind::dict) {
            entries = *from.dict();
        } else {
            for (Value const& pair : items_of(from)) {
                List const parts = items_of(pair);
                if (parts.size() != 2)
                    return fail(Errc::failed, "dict() needs pairs");
                entries.set(parts[0], parts[1]);
            }
        }
    }
    for (auto const& [name, value] : arguments.named)
        entries.set(name, value);
    return entries;
}

Result<Value> make_dict(Arguments const& arguments)
{
    TRY(Dict entries, entries_of(arguments));
    return entries;
}

// Carries values out of loops: {% set ns.found = true %}.
class Namespace final : public Object {
  public:
    explicit Namespace(Dict entries) : entries_(std::move(entries)) {}
    [[nodiscard]] Value attribute(std::string_view name) const override
    {
        Value const* found = entries_.find(name);
        return found ? *found : Value();
    }
    [[nodiscard]] std::string text() const override { return "<Namespace>"; }
    [[nodiscard]] bool assign(std::string_view name, Value const& value) const override
    {
        entries_.set(name, value);
        return true;
    }

  private:
    mutable Dict entries_; // objects are shared as const; this one is made to be changed
};

Result<Value> make_namespace(Arguments const& arguments)
{
    TRY(Dict entries, entries_of(arguments));
    return Value(std::make_shared<Namespace>(std::move(entries)));
}

// next() walks around its items.
class Cycler final : public Object {
  public:
    explicit Cycler(List items) : state_(std::make_shared<State>(std::move(items))) {}
    [[nodiscard]] Value attribute(std::string_view name) const override
    {
        if (name == "current")
            return state_->items[state_->at];
        if (name == "next")
            return Value::function([state = state_](Arguments const&) -> Result<Value> {
                Value current = state->items[state->at];
                state->at = (state->at + 1) % state->items.size();
                return current;
            });
        if (name == "reset")
            return Value::function([state = state_](Arguments const&) -> Result<Value> {
                state->at = 0;
                return Value(nullptr);
            });
        return {};
    }

  private:
    struct State {
        List items;
        std::size_t at = 0;
    };
    std::shared_ptr<State> state_;
};

Result<Value> make_cycler(Arguments const& arguments)
{
    if (arguments.positional.empty())
        return fail(Errc::failed, "at least one item has to be provided");
    return Value(std::make_shared<Cycler>(arguments.positional));
}

// Nothing at the first call, the separator at each further one.
Result<Value> make_joiner(Arguments const& arguments)
{
    Value const* separator = arguments.get(0, "sep");
    return Value::function([separator = separator ? *separator : Value(", "),
                            used = std::make_shared<bool>(false)](Arguments const&) -> Result<Value> {
        return std::exchange(*used, true) ? separator : Value("");
    });
}

} // namespace

std::vector<std::pair<std::string_view, Value>> built_in_globals()
{
    return {{"range", Value::function(make_range)},
            {"dict", Value::function(make_dict)},
            {"namespace", Value::function(make_namespace)},
            {"cycler", Value::function(make_cycler)},
            {"joiner", Value::function(make_joiner)}};
}

} // namespace jhub::jinja
