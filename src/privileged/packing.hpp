// How plain structures become bytes and back: numbers little-endian, texts and lists with their length in front. The
// reader is strict: whatever the writer cannot have made is wrong. For messages.cpp and helper_policy.cpp.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace jhub::privileged::wire {

// The fields of a structure, in the order they travel; written once for both directions.
template <typename T> struct Fields;
#define JHUB_WIRE_FIELDS(type, ...)                                                                                    \
    template <> struct Fields<type> {                                                                                  \
        static auto of(auto& m) { return std::tie(__VA_ARGS__); }                                                      \
    }

template <typename T>
concept Number = std::integral<T> && !std::same_as<T, bool>;
template <typename T>
concept Structure = requires { sizeof(Fields<T>); };

// The largest value of an enum that may travel.
template <typename T> inline constexpr std::uint8_t last_value = 0;

class Writer {
  public:
    void put(Number auto value)
    {
        for (std::size_t i = 0; i < sizeof value; ++i)
            bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
    }
    void put(bool value) { bytes += static_cast<char>(value); }
    template <typename T>
        requires std::is_enum_v<T>
    void put(T value)
    {
        put(static_cast<std::uint8_t>(value));
    }
    void put(std::string const& text)
    {
        put(static_cast<std::uint32_t>(text.size()));
        bytes += text;
    }
    template <typename T> void put(std::vector<T> const& list)
    {
        put(static_cast<std::uint32_t>(list.size()));
        for (T const& element : list)
            put(element);
    }
    void put(std::pair<std::string, std::string> const& both)
    {
        put(both.first);
        put(both.second);
    }
    template <typename T> void put(std::optional<T> const& maybe)
    {
        put(maybe.has_value());
        if (maybe)
            put(*maybe);
    }
    template <Structure T> void put(T const& structure)
    {
        std::apply([this](auto const&... field) { (this->put(field), ...); }, Fields<T>::of(structure));
    }

    std::string bytes;
};

// Reads until the first thing that is wrong; from then on everything is.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool finished() const { return !wrong_ && rest_.empty(); }

    template <Number T> void get(T& value)
    {
        std::string_view const raw = take(sizeof value);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < raw.size(); ++i)
            sum |= static_cast<std::uint64_t>(static_cast<unsigned char>(raw[i])) << (8 * i);
        value = static_cast<T>(sum);
    }
    void get(bool& value)
    {
        std::uint8_t raw = 0;
        get(raw);
        wrong_ |= raw > 1;
        value = raw == 1;
    }
    template <typename T>
        requires std::is_enum_v<T>
    void get(T& value)
    {
        std::uint8_t raw = 0;
        get(raw);
        wrong_ |= raw > last_value<T>;
        if (!wrong_)
            value = static_cast<T>(raw);
    }
    void get(std::string& text)
    {
        std::uint32_t size = 0;
        get(size);
        text = take(size);
        wrong_ |= text.find('\0') != std::string::npos;
    }
    template <typename T> void get(std::vector<T>& list)
    {
        std::uint32_t size = 0;
        get(size);
        list.clear(); // there may be something by default
        // Every element takes bytes of the packet, so a lie about the number ends at the end of the packet.
        for (std::uint32_t i = 0; i < size && !wrong_; ++i)
            get(list.emplace_back());
    }
    void get(std::pair<std::string, std::string>& both)
    {
        get(both.first);
        get(both.second);
    }
    template <typename T> void get(std::optional<T>& maybe)
    {
        bool there = false;
        get(there);
        if (there && !wrong_)
            get(maybe.emplace());
    }
    template <Structure T> void get(T& structure)
    {
        std::apply([this](auto&... field) { (this->get(field), ...); }, Fields<T>::of(structure));
    }

  private:
    std::string_view take(std::size_t size)
    {
        if (wrong_ || size > rest_.size()) {
            wrong_ = true;
            return {};
        }
        std::string_view const taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_;
    bool wrong_ = false;
};

} // namespace jhub::privileged::wire
