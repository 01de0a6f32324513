#include "hub/core/subdomains.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <idn2.h>

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/strings.hpp"

namespace jhub::hub {
namespace {

constexpr std::string_view service_suffix = "--service";
constexpr std::size_t longest_label = 63, longest_stub = 8, hash_digits = 7;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

// A label of a host name in lower case: two names that differ in case only would share a host.
bool is_label(std::string_view text, std::size_t longest)
{
    auto const fits = [](char c) { return is_lower_or_digit(c) || c == '-'; };
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, fits) && !text.starts_with('-') &&
           !text.ends_with('-') && !std::ranges::all_of(text, is_digit);
}

// "xn--…" for a name beyond ASCII, as IDNA 2008 has it; empty when it has none.
std::string idna(std::string_view name)
{
    bool const ascii = std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (ascii || name.contains('\0'))
        return {};
    std::string const text(name);
    std::uint8_t* encoded = nullptr;
    if (::idn2_lookup_u8(reinterpret_cast<std::uint8_t const*>(text.c_str()), &encoded, IDN2_NO_TR46) != IDN2_OK)
        return {};
    std::unique_ptr<std::uint8_t, void (*)(void*)> const owner(encoded, ::idn2_free);
    return reinterpret_cast<char const*>(encoded);
}

std::string hashed(std::string_view name)
{
    std::string stub;
    for (char const c : to_lower(name))
        if (is_lower_or_digit(c) && stub.size() < longest_stub)
            stub += c;
    return fmt::format("u-{}--{}", stub.empty() ? "x" : stub, hex_encode(sha256(name)).substr(0, hash_digits));
}

std::string idna_label(std::string_view name, std::size_t longest)
{
    if (is_label(name, longest) && !name.contains("--"))
        return std::string(name);
    std::string encoded = idna(name);
    return is_label(encoded, longest) ? encoded : hashed(name);
}

std::string legacy_label(std::string_view name)
{
    std::string label;
    for (char const c : to_lower(name)) {
        if (is_lower_or_digit(c) || c == '-' || c == '.')
            label += c;
        else
            label += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
    return label;
}

} // namespace

std::string subdomain(config::SubdomainHook hook, std::string_view name, std::string_view domain, SubdomainOf kind)
{
    bool const service = kind == SubdomainOf::service;
    if (hook == config::SubdomainHook::legacy)
        return (service ? "services" : legacy_label(name)) + "." + std::string(domain);
    std::string_view const suffix = service ? service_suffix : "";
    return fmt::format("{}{}.{}", idna_label(name, longest_label - suffix.size()), suffix, domain);
}

} // namespace jhub::hub
