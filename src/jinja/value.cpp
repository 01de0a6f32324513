// Building, comparing and looking into values. Their text is made in value_text.cpp.
#include "jinja/value.hpp"

#include <algorithm>

namespace jhub::jinja {
namespace {

class FunctionObject final : public Object {
  public:
    explicit FunctionObject(Function function) : function_(std::move(function)) {}
    [[nodiscard]] Value attribute(std::string_view) const override { return {}; }
    [[nodiscard]] std::string text() const override { return "<function>"; }
    [[nodiscard]] bool callable() const override { return true; }
    [[nodiscard]] Result<Value> call(Arguments const& arguments) const override { return function_(arguments); }

  private:
    Function function_;
};

bool equal_dicts(Dict const& a, Dict const& b)
{
    return a.size() == b.size() && std::ranges::all_of(a, [&](Dict::Entry const& entry) {
               Value const* other = b.find(entry.first);
               return other && *other == entry.second;
           });
}

} // namespace

Value const* Arguments::get(std::size_t position, std::string_view name) const
{
    if (position < positional.size())
        return &positional[position];
    for (auto const& [key, value] : named)
        if (key == name)
            return &value;
    return nullptr;
}

Value::Value(List items) : data_(std::make_shared<Sequence>(Sequence{std::move(items), false})) {}

Value::Value(Dict entries) : data_(std::make_shared<Dict>(std::move(entries))) {}

Value Value::markup(std::string html)
{
    Value value;
    value.data_ = Text{std::move(html), true};
    return value;
}

Value Value::tuple(List items) { return Value(std::make_shared<Sequence>(Sequence{std::move(items), true})); }

Value Value::function(Function function) { return Value(std::make_shared<FunctionObject>(std::move(function))); }

Value Value::from_json(Json const& json)
{
    switch (json.type()) {
    case Json::value_t::boolean:
        return json.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
        return json.get<std::int64_t>();
    case Json::value_t::number_float:
        return json.get<double>();
    case Json::value_t::string:
        return json.get_ref<std::string const&>();
    case Json::value_t::array: {
        List items;
        items.reserve(json.size());
        for (Json const& item : json)
            items.push_back(from_json(item));
        return items;
    }
    case Json::value_t::object: {
        Dict entries;
        for (auto const& [key, item] : json.items())
            entries.set(key, from_json(item));
        return entries;
    }
    default:
        return nullptr;
    }
}

bool Value::is_number() const { return is_integer() || kind() == Kind::real; }

std::int64_t Value::integer() const
{
    return kind() == Kind::boolean ? (boolean() ? 1 : 0) : std::get<std::int64_t>(data_);
}

double Value::real() const { return is_integer() ? static_cast<double>(integer()) : std::get<double>(data_); }

std::shared_ptr<Sequence> const& Value::sequence() const { return std::get<std::shared_ptr<Sequence>>(data_); }

std::shared_ptr<Object const> const& Value::object_pointer() const
{
    return std::get<std::shared_ptr<Object const>>(data_);
}

bool Value::truthy() const
{
    switch (kind()) {
    case Kind::undefined:
    case Kind::none:
        return false;
    case Kind::boolean:
        return boolean();
    case Kind::integer:
        return integer() != 0;
    case Kind::real:
        return real() != 0;
    case Kind::text:
        return !text().empty();
    case Kind::sequence:
        return !sequence()->items.empty();
    case Kind::dict:
        return !dict()->empty();
    case Kind::object:
        return object().truthy();
    }
    std::unreachable();
}

std::string_view Value::type_name() const
{
    switch (kind()) {
    case Kind::undefined:
        return "Undefined";
    case Kind::none:
        return "NoneType";
    case Kind::boolean:
        return "bool";
    case Kind::integer:
        return "int";
    case Kind::real:
        return "float";
    case Kind::text:
        return is_markup() ? "Markup" : "str";
    case Kind::sequence:
        return sequence()->is_tuple ? "tuple" : "list";
    case Kind::dict:
        return "dict";
    case Kind::object:
        return "object";
    }
    std::unreachable();
}

bool operator==(Value const& a, Value const& b)
{
    if (a.is_number() && b.is_number())
        return a.is_integer() && b.is_integer() ? a.integer() == b.integer() : a.real() == b.real();
    if (a.kind() != b.kind())
        return false;
    switch (a.kind()) {
    case Value::Kind::text:
        return a.text() == b.text();
    case Value::Kind::sequence:
        return a.sequence()->is_tuple == b.sequence()->is_tuple && a.sequence()->items == b.sequence()->items;
    case Value::Kind::dict:
        return equal_dicts(*a.dict(), *b.dict());
    case Value::Kind::object:
        return a.object_pointer() == b.object_pointer();
    default:
        return true; // undefined or None, both sides
    }
}

Dict::Dict(std::initializer_list<std::pair<std::string_view, Value>> entries)
{
    entries_.reserve(entries.size());
    for (auto const& [key, value] : entries)
        set(key, value);
}

Dict& Dict::set(Value key, Value value)
{
    auto const place = std::ranges::find(entries_, key, &Entry::first);
    if (place != entries_.end())
        place->second = std::move(value);
    else
        entries_.emplace_back(std::move(key), std::move(value));
    return *this;
}

Value const* Dict::find(Value const& key) const
{
    auto const place = std::ranges::find(entries_, key, &Entry::first);
    return place == entries_.end() ? nullptr : &place->second;
}

Value const* Dict::find(std::string_view key) const
{
    for (Entry const& entry : entries_)
        if (entry.first.is_text() && entry.first.text() == key)
            return &entry.second;
    return nullptr;
}

bool Dict::erase(Value const& key)
{
    return std::erase_if(entries_, [&](Entry const& entry) { return entry.first == key; }) > 0;
}

Result<Value> Object::call(Arguments const&) const { return fail(Errc::failed, "object is not callable"); }

} // namespace jhub::jinja
