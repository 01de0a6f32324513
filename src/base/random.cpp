#include "base/random.hpp"

#include <cstdint>
#include <cstring>
#include <stdexcept>

#include <openssl/rand.h>

#include "base/encoding.hpp"

namespace jhub {

std::string random_bytes(std::size_t count)
{
    std::string out(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error("OpenSSL has no random numbers");
    return out;
}

std::string random_hex32()
{
    auto raw = random_bytes(16);
    raw[6] = static_cast<char>((raw[6] & 0x0F) | 0x40); // version and variant of RFC 4122, as uuid4 sets them
    raw[8] = static_cast<char>((raw[8] & 0x3F) | 0x80);
    return hex_encode(raw);
}

std::string random_alphanumeric(std::size_t length)
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    constexpr unsigned fair = 256 - 256 % alphabet.size(); // bytes from here on would favour the first letters
    std::string out;
    while (out.size() < length)
        for (char const c : random_bytes(length - out.size()))
            if (static_cast<unsigned char>(c) < fair)
                out += alphabet[static_cast<unsigned char>(c) % alphabet.size()];
    return out;
}

double random_unit()
{
    auto const raw = random_bytes(8);
    std::uint64_t value = 0;
    std::memcpy(&value, raw.data(), sizeof value);
    return static_cast<double>(value >> 11) * 0x1.0p-53;
}

} // namespace jhub
