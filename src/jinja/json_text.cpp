#include "jinja/json_text.hpp"

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "jinja/failure.hpp"
#include "jinja/stable_sort.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

constexpr int max_json_depth = 60;

class Writer {
  public:
    explicit Writer(std::int64_t indent) : indent_(std::min<std::int64_t>(indent, 16)) {}

    void write(Value const& value, int depth)
    {
        if (depth > max_json_depth)
            give_up("tojson: nested too deeply");
        switch (value.kind()) {
        case Value::Kind::none:
            out += "null";
            break;
        case Value::Kind::boolean:
            out += value.boolean() ? "true" : "false";
            break;
        case Value::Kind::integer:
            out += value.to_text();
            break;
        case Value::Kind::real:
            out += std::isnan(value.real())   ? "NaN"
                   : std::isinf(value.real()) ? (value.real() < 0 ? "-Infinity" : "Infinity")
                                              : float_text(value.real());
            break;
        case Value::Kind::text:
            text(value.text());
            break;
        case Value::Kind::sequence:
            sequence(value.sequence()->items, depth);
            break;
        case Value::Kind::dict:
            dict(*value.dict(), depth);
            break;
        default:
            give_up("Object of type {} is not JSON serializable", value.type_name());
        }
    }

    std::string out;

  private:
    void text(std::string const& text)
    {
        for (char const c : to_python_json(Json(text))) {
            if (c == '<' || c == '>' || c == '&' || c == '\'')
                out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
            else
                out += c;
        }
    }

    void new_line(int depth)
    {
        if (indent_ < 0)
            return;
        out += '\n';
        out.append(static_cast<std::size_t>(indent_) * static_cast<std::size_t>(depth), ' ');
    }

    void separator(bool first, int depth)
    {
        if (!first)
            out += indent_ < 0 ? ", " : ",";
        new_line(depth);
    }

    void sequence(List const& items, int depth)
    {
        out += '[';
        for (std::size_t i = 0; i < items.size(); ++i) {
            separator(i == 0, depth + 1);
            write(items[i], depth + 1);
        }
        if (!items.empty())
            new_line(depth);
        out += ']';
    }

    void dict(Dict const& dict, int depth)
    {
        std::vector<std::pair<std::string, Value const*>> entries;
        for (auto const& [key, value] : dict)
            entries.emplace_back(key.is_none()                        ? "null"
                                 : key.kind() == Value::Kind::boolean ? (key.boolean() ? "true" : "false")
                                                                      : key.to_text(),
                                 &value);
        stable_sort(entries, [](auto const& a, auto const& b) { return a.first < b.first; });
        out += '{';
        for (std::size_t i = 0; i < entries.size(); ++i) {
            separator(i == 0, depth + 1);
            text(entries[i].first);
            out += ": ";
            write(*entries[i].second, depth + 1);
        }
        if (!entries.empty())
            new_line(depth);
        out += '}';
    }

    std::int64_t indent_;
};

} // namespace

std::string html_safe_json(Value const& value, std::int64_t indent)
{
    Writer writer(indent);
    writer.write(value, 0);
    return std::move(writer.out);
}

} // namespace jhub::jinja
