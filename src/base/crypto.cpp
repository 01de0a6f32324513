#include "base/crypto.hpp"

#include <memory>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/encoding.hpp"

namespace jhub {
namespace {

unsigned char const* bytes(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string digest(EVP_MD const* algorithm, std::string_view data)
{
    std::string out(static_cast<std::size_t>(EVP_MD_get_size(algorithm)), '\0');
    if (EVP_Digest(data.data(), data.size(), bytes(out), nullptr, algorithm, nullptr) != 1)
        throw std::runtime_error("OpenSSL cannot compute a digest");
    return out;
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

std::optional<std::string> aes_128_cbc(bool encrypt, std::string_view key, std::string_view iv, std::string_view input)
{
    CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    std::string out(input.size() + 16, '\0');
    int first = 0, last = 0;
    if (!context || EVP_CipherInit_ex(context.get(), EVP_aes_128_cbc(), nullptr, bytes(key), bytes(iv), encrypt) != 1 ||
        EVP_CipherUpdate(context.get(), bytes(out), &first, bytes(input), static_cast<int>(input.size())) != 1 ||
        EVP_CipherFinal_ex(context.get(), bytes(out) + first, &last) != 1)
        return std::nullopt;
    out.resize(static_cast<std::size_t>(first + last));
    return out;
}

constexpr std::size_t fernet_header = 1 + 8 + 16; // version, time, initialisation vector

} // namespace

std::string sha1(std::string_view data) { return digest(EVP_sha1(), data); }
std::string sha256(std::string_view data) { return digest(EVP_sha256(), data); }
std::string sha512(std::string_view data) { return digest(EVP_sha512(), data); }

std::string hmac_sha256(std::string_view key, std::string_view data)
{
    std::string out(32, '\0');
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(data), data.size(), bytes(out), nullptr))
        throw std::runtime_error("OpenSSL cannot compute an HMAC");
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string fernet_encrypt(std::string_view key, std::string_view plain, std::chrono::sys_seconds now,
                           std::string_view iv)
{
    std::string token(1, '\x80');
    auto const seconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
    for (int shift = 56; shift >= 0; shift -= 8)
        token += static_cast<char>(seconds >> shift & 0xFF);
    auto const cipher =
        key.size() == 32 && iv.size() == 16 ? aes_128_cbc(true, key.substr(16), iv, plain) : std::nullopt;
    if (!cipher)
        throw std::invalid_argument("Fernet needs a key of 32 bytes and an initialisation vector of 16");
    token.append(iv).append(*cipher);
    token += hmac_sha256(key.substr(0, 16), token);
    return base64url_encode(token);
}

std::optional<std::string> fernet_decrypt(std::string_view key, std::string_view token)
{
    auto const raw = base64url_decode(token);
    if (!raw || key.size() != 32 || raw->size() < fernet_header + 32 || raw->front() != '\x80')
        return std::nullopt;
    std::string_view const signed_part = std::string_view(*raw).substr(0, raw->size() - 32);
    if (!equal_in_constant_time(hmac_sha256(key.substr(0, 16), signed_part), raw->substr(raw->size() - 32)))
        return std::nullopt;
    return aes_128_cbc(false, key.substr(16), signed_part.substr(9, 16), signed_part.substr(fernet_header));
}

} // namespace jhub
