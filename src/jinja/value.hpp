// A value of the template language, modelled on Python's: undefined, None, bool, int, float, str (plain or safe
// markup), list, tuple, dict, and objects with attributes that may be called. The hub hands these to templates; it
// needs no other header of this folder than this one and environment.hpp. Values belong to one thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace jhub::jinja {

class Value;
class Object;
using List = std::vector<Value>;

// A list or a tuple; lists are shared by reference, as in Python.
struct Sequence;
// A dict in insertion order.
class Dict;

// What a template wrote between the brackets of a call.
struct Arguments {
    std::vector<Value> positional;
    std::vector<std::pair<std::string, Value>> named;

    // The argument at a position or by name, whichever was given; nullptr if neither.
    [[nodiscard]] Value const* get(std::size_t position, std::string_view name) const;
};

// A C++ function a template may call. A failed Result becomes a rendering error with file and line.
using Function = std::function<Result<Value>(Arguments const& arguments)>;

class Value {
  public:
    enum class Kind { undefined, none, boolean, integer, real, text, sequence, dict, object };

    Value() = default; // undefined: prints as nothing, its attributes are an error
    Value(std::nullptr_t) : data_(None{}) {}
    Value(std::same_as<bool> auto flag) : data_(flag) {} // not from pointers
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    Value(T number) : data_(static_cast<std::int64_t>(number))
    {
    }
    Value(double number) : data_(number) {}
    Value(std::string text) : data_(Text{std::move(text), false}) {}
    Value(std::string_view text) : data_(Text{std::string(text), false}) {}
    Value(char const* text) : data_(Text{text, false}) {}
    Value(List items);
    Value(Dict entries);
    Value(std::shared_ptr<Sequence> sequence) : data_(std::move(sequence)) {}
    Value(std::shared_ptr<Dict> dict) : data_(std::move(dict)) {}
    Value(std::shared_ptr<Object const> object) : data_(std::move(object)) {}
    template <std::derived_from<Object> T>
    Value(std::shared_ptr<T> object) : data_(std::shared_ptr<Object const>(std::move(object)))
    {
    }
    // None for an empty optional, as the Python hub has it for database columns without a value.
    template <typename T> Value(std::optional<T> const& value)
    {
        if (value)
            *this = Value(*value);
        else
            data_ = None{};
    }

    // HTML that is not escaped again. Only for text made by the hub or by the operator, never from strangers.
    [[nodiscard]] static Value markup(std::string html);
    [[nodiscard]] static Value tuple(List items);
    [[nodiscard]] static Value function(Function function);
    [[nodiscard]] static Value from_json(Json const& json);

    [[nodiscard]] Kind kind() const { return static_cast<Kind>(data_.index()); }
    [[nodiscard]] bool is_undefined() const { return kind() == Kind::undefined; }
    [[nodiscard]] bool is_none() const { return kind() == Kind::none; }
    [[nodiscard]] bool is_text() const { return kind() == Kind::text; }
    [[nodiscard]] bool is_markup() const { return is_text() && std::get<Text>(data_).safe; }
    [[nodiscard]] bool is_number() const; // int, float or bool
    [[nodiscard]] bool is_integer() const { return kind() == Kind::integer || kind() == Kind::boolean; }

    // These promise the kind was checked; a wrong kind is a bug.
    [[nodiscard]] bool boolean() const { return std::get<bool>(data_); }
    [[nodiscard]] std::int64_t integer() const; // bool counts as 0 or 1
    [[nodiscard]] double real() const;          // any number
    [[nodiscard]] std::string const& text() const { return std::get<Text>(data_).text; }
    [[nodiscard]] std::shared_ptr<Sequence> const& sequence() const;
    [[nodiscard]] std::shared_ptr<Dict> const& dict() const { return std::get<std::shared_ptr<Dict>>(data_); }
    [[nodiscard]] Object const& object() const { return *std::get<std::shared_ptr<Object const>>(data_); }
    [[nodiscard]] std::shared_ptr<Object const> const& object_pointer() const;

    [[nodiscard]] bool truthy() const;                // Python's bool(x)
    [[nodiscard]] std::string to_text() const;        // Python's str(x); empty for undefined
    [[nodiscard]] std::string repr() const;           // Python's repr(x)
    [[nodiscard]] std::string_view type_name() const; // Python's name of the type, for error messages

    // Equality as Python has it: 1 == 1.0 == true, lists and dicts by content, objects by identity.
    friend bool operator==(Value const& a, Value const& b);

  private:
    struct Undefined {};
    struct None {};
    struct Text {
        std::string text;
        bool safe;
    };
    // In the order of Kind.
    std::variant<Undefined, None, bool, std::int64_t, double, Text, std::shared_ptr<Sequence>, std::shared_ptr<Dict>,
                 std::shared_ptr<Object const>>
        data_;
};

struct Sequence {
    List items;
    bool is_tuple = false;
};

class Dict {
  public:
    using Entry = std::pair<Value, Value>;

    Dict() = default;
    Dict(std::initializer_list<std::pair<std::string_view, Value>> entries);

    Dict& set(Value key, Value value); // replaces an equal key, keeping its place
    [[nodiscard]] Value const* find(Value const& key) const;
    [[nodiscard]] Value const* find(std::string_view key) const;
    [[nodiscard]] Value const* find(char const* key) const { return find(std::string_view(key)); }
    bool erase(Value const& key);
    void clear() { entries_.clear(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] auto begin() const { return entries_.begin(); }
    [[nodiscard]] auto end() const { return entries_.end(); }

  private:
    std::vector<Entry> entries_; // dicts of templates are small: a scan beats a hash
};

// Something of the hub's that templates look into: a user, a spawner, a service. Override what applies.
class Object {
  public:
    Object() = default;
    Object(Object const&) = delete;
    Object& operator=(Object const&) = delete;
    virtual ~Object() = default;

    // The attribute, or an undefined Value if there is none. Methods are Values made by Value::function.
    [[nodiscard]] virtual Value attribute(std::string_view name) const = 0;
    [[nodiscard]] virtual std::string text() const { return "<object>"; } // what {{ object }} prints
    [[nodiscard]] virtual bool safe_text() const { return false; }        // text() is HTML, as Python's __html__
    [[nodiscard]] virtual bool truthy() const { return true; }
    [[nodiscard]] virtual bool callable() const { return false; }
    [[nodiscard]] virtual Result<Value> call(Arguments const& arguments) const;
    // For objects that stand for a collection: what a for loop sees.
    [[nodiscard]] virtual std::optional<List> items() const { return std::nullopt; }
    // object[key] for keys that are no attribute.
    [[nodiscard]] virtual Value item(Value const&) const { return {}; }
    // object.name = value: only namespace() can do that. False: refused.
    [[nodiscard]] virtual bool assign(std::string_view, Value const&) const { return false; }
};

} // namespace jhub::jinja
