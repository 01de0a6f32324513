// Python literals, for values on the command line and for the defaults of the option tables.
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/encoding.hpp"
#include "base/strings.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

constexpr int deepest = 50;

void append_code_point(std::string& out, unsigned code)
{
    auto const add = [&](unsigned byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xC0 | (code >> 6));
        add(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        add(0xE0 | (code >> 12));
        add(0x80 | ((code >> 6) & 0x3F));
        add(0x80 | (code & 0x3F));
    } else {
        add(0xF0 | (code >> 18));
        add(0x80 | ((code >> 12) & 0x3F));
        add(0x80 | ((code >> 6) & 0x3F));
        add(0x80 | (code & 0x3F));
    }
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Json> whole()
    {
        TRY(Json value, item(0));
        skip_blanks();
        if (at_ != text_.size())
            return refuse("unexpected text");
        return value;
    }

  private:
    [[nodiscard]] std::unexpected<Error> refuse(std::string_view why) const
    {
        return fail(Errc::invalid_argument,
                    fmt::format("{} at character {} of {}", why, at_ + 1, printable(text_, 80)));
    }

    void skip_blanks()
    {
        while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_]))
            ++at_;
    }

    bool take(std::string_view word)
    {
        skip_blanks();
        if (!text_.substr(at_).starts_with(word))
            return false;
        at_ += word.size();
        return true;
    }

    [[nodiscard]] char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    Result<Json> item(int depth)
    {
        if (depth > deepest)
            return refuse("nested too deeply");
        skip_blanks();
        struct Word {
            std::string_view text;
            Json value;
        };
        static Word const words[] = {
            {"True", true}, {"False", false}, {"None", nullptr}, {"set()", with_tag("$set", Json::array())}};
        for (auto const& word : words)
            if (take(word.text))
                return word.value;
        if (take("["))
            return list("]", depth);
        if (take("("))
            return parenthesis(depth);
        if (take("{"))
            return braces(depth);
        if (starts_text())
            return texts();
        return number();
    }

    // Items up to the closing bracket; a comma may follow the last. commas tells how many there were.
    Result<Json> list(std::string_view close, int depth, int* commas = nullptr)
    {
        Json items = Json::array();
        while (!take(close)) {
            TRY(Json value, item(depth + 1));
            items.push_back(std::move(value));
            if (take(",")) {
                if (commas != nullptr)
                    ++*commas;
            } else if (take(close)) {
                break;
            } else {
                return refuse(fmt::format("missing , or {}", close));
            }
        }
        return items;
    }

    Result<Json> parenthesis(int depth)
    {
        int commas = 0;
        TRY(Json items, list(")", depth, &commas));
        if (items.size() == 1 && commas == 0)
            return items[0];
        return with_tag("$tuple", std::move(items));
    }

    Result<Json> braces(int depth)
    {
        Json pairs = Json::array(), items = Json::array();
        bool plain = true;
        while (!take("}")) {
            TRY(Json key, item(depth + 1));
            if (take(":")) {
                TRY(Json value, item(depth + 1));
                plain = plain && key.is_string() && !key.get_ref<std::string const&>().starts_with('$');
                pairs.push_back(Json::array({std::move(key), std::move(value)}));
            } else {
                items.push_back(std::move(key));
            }
            if (!take(",") && next() != '}')
                return refuse("missing , or }");
        }
        if (!items.empty())
            return pairs.empty() ? Result<Json>(with_tag("$set", std::move(items)))
                                 : refuse("neither a set nor a dictionary");
        if (!plain)
            return with_tag("$dict", std::move(pairs));
        Json dictionary = Json::object();
        for (auto& pair : pairs)
            dictionary[pair[0].get<std::string>()] = std::move(pair[1]);
        return dictionary;
    }

    [[nodiscard]] bool starts_text() const
    {
        auto const rest = text_.substr(at_);
        auto const prefix = rest.find_first_of("'\"");
        if (prefix == std::string_view::npos || prefix > 2)
            return false;
        auto const letters = to_lower(rest.substr(0, prefix));
        return letters.empty() || letters == "b" || letters == "r" || letters == "u" || letters == "br" ||
               letters == "rb";
    }

    // One text, or several beside each other, which Python joins.
    Result<Json> texts()
    {
        std::string whole;
        bool is_bytes = false;
        do {
            auto const quote_at = text_.find_first_of("'\"", at_);
            auto const prefix = to_lower(text_.substr(at_, quote_at - at_));
            at_ = quote_at;
            is_bytes = prefix.contains('b');
            CHECK(quoted(whole, prefix.contains('r'), is_bytes));
            skip_blanks();
        } while (starts_text());
        if (is_bytes)
            return with_tag("$bytes", hex_encode(whole));
        if (!is_valid_utf8(whole))
            return refuse("text that is not UTF-8");
        return Json(whole);
    }

    Result<> quoted(std::string& out, bool raw, bool is_bytes)
    {
        std::string quote(1, next());
        if (std::string const triple(3, next()); text_.substr(at_).starts_with(triple))
            quote = triple;
        at_ += quote.size();
        while (!text_.substr(at_).starts_with(quote)) {
            if (at_ >= text_.size())
                return refuse("text without end");
            if (next() == '\\' && !raw) {
                CHECK(escape(out, is_bytes));
            } else {
                out += text_[at_++];
            }
        }
        at_ += quote.size();
        return {};
    }

    Result<> escape(std::string& out, bool is_bytes)
    {
        ++at_;
        if (at_ >= text_.size())
            return refuse("text without end");
        char const letter = text_[at_++];
        constexpr std::string_view letters = "\\'\"ntrabfv0", meanings{"\\'\"\n\t\r\a\b\f\v\0", 11};
        if (auto const found = letters.find(letter); found != std::string_view::npos) {
            out += meanings[found];
            return {};
        }
        if (letter == '\n')
            return {};
        std::size_t const digits = letter == 'x'                ? 2
                                   : letter == 'u' && !is_bytes ? 4
                                   : letter == 'U' && !is_bytes ? 8
                                                                : 0;
        if (digits == 0) { // Python keeps an unknown escape
            out += {'\\', letter};
            return {};
        }
        auto const code = parse_number<unsigned>(text_.substr(std::min(at_, text_.size()), digits), 16);
        if (!code || at_ + digits > text_.size() || *code > 0x10FFFF ||
            (*code >= 0xD800 && *code < 0xE000 && digits != 2))
            return refuse("bad escape");
        at_ += digits;
        if (is_bytes)
            out += static_cast<char>(*code);
        else
            append_code_point(out, *code);
        return {};
    }

    Result<Json> number()
    {
        auto const start = at_;
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                      std::string_view("._+-").contains(text_[at_])))
            ++at_;
        std::string digits = replace_all(std::string(text_.substr(start, at_ - start)), "_", "");
        if (digits.starts_with('+'))
            digits.erase(0, 1);
        if (auto const integer = parse_number<std::int64_t>(digits))
            return Json(*integer);
        for (auto const& [prefix, base] : {std::pair{"0x", 16}, std::pair{"0o", 8}, std::pair{"0b", 2}})
            if (digits.starts_with(prefix))
                if (auto const integer = parse_number<std::int64_t>(std::string_view(digits).substr(2), base))
                    return Json(*integer);
        double value = 0;
        auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        bool const is_number = !digits.empty() && (std::isdigit(static_cast<unsigned char>(digits[0])) != 0 ||
                                                   digits[0] == '.' || digits[0] == '-');
        if (error == std::errc{} && end == digits.data() + digits.size() && is_number && std::isfinite(value))
            return Json(value);
        at_ = start;
        return refuse("not a Python literal");
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

Result<Json> parse_literal(std::string_view text) { return Parser(text).whole(); }

} // namespace jhub::config
