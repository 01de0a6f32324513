#include "http/forwarded_seal.hpp"

#include <fmt/format.h>

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/strings.hpp"

namespace jhub::http {
namespace {

constexpr std::string_view purpose = "jupyterhub: what the proxy says of clients, 1";

} // namespace

bool is_forwarded_header(KnownHeader known)
{
    switch (known) {
    case KnownHeader::forwarded:
    case KnownHeader::x_forwarded_for:
    case KnownHeader::x_forwarded_host:
    case KnownHeader::x_forwarded_port:
    case KnownHeader::x_forwarded_proto:
    case KnownHeader::x_real_ip:
    case KnownHeader::x_scheme:
        return true;
    default:
        return false;
    }
}

ForwardedSeal::ForwardedSeal(std::string_view shared_token) : key_(hmac_sha256(shared_token, purpose)) {}

void ForwardedSeal::Words::add(std::string_view name, std::string_view value)
{
    auto const known = known_header(name);
    if (!is_forwarded_header(known))
        return;
    text_ += static_cast<char>('a' + static_cast<int>(known));
    text_ += trim(value);
    text_ += '\n'; // no value holds one
}

std::string ForwardedSeal::mac(std::string_view time, Words const& words) const
{
    std::string data;
    data.reserve(time.size() + 1 + words.text().size());
    data.append(time).append("\n").append(words.text());
    return base64url_encode(hmac_sha256(key_, data));
}

std::string ForwardedSeal::make(Words const& words, std::chrono::sys_seconds now) const
{
    std::string seal = std::to_string(now.time_since_epoch().count());
    std::string const code = mac(seal, words);
    return seal.append(".").append(code);
}

ForwardedSeal::Verdict ForwardedSeal::judge(std::string_view seal, Words const& words,
                                            std::chrono::sys_seconds now) const
{
    auto const dot = seal.find('.');
    auto const seconds = parse_number<std::int64_t>(seal.substr(0, dot));
    if (dot == std::string_view::npos || !seconds ||
        !equal_in_constant_time(seal.substr(dot + 1), mac(seal.substr(0, dot), words)))
        return Verdict::forged;
    std::chrono::sys_seconds const made{std::chrono::seconds(*seconds)};
    return made < now - lifetime || made > now + lifetime ? Verdict::out_of_time : Verdict::genuine;
}

} // namespace jhub::http
