// Recognises header names that steer a connection. On the hot path: candidates are found by length and first letter.
#include <array>

#include "http/head_parser.hpp"

namespace jhub::http {
namespace {

struct Name {
    std::string_view text; // lower case
    KnownHeader known;
};

// Sorted by length.
constexpr std::array names{
    Name{"te", KnownHeader::te},
    Name{"date", KnownHeader::date},
    Name{"host", KnownHeader::host},
    Name{"cookie", KnownHeader::cookie},
    Name{"expect", KnownHeader::expect},
    Name{"origin", KnownHeader::origin},
    Name{"server", KnownHeader::server},
    Name{"trailer", KnownHeader::trailer},
    Name{"upgrade", KnownHeader::upgrade},
    Name{"location", KnownHeader::location},
    Name{"x-scheme", KnownHeader::x_scheme},
    Name{"forwarded", KnownHeader::forwarded},
    Name{"x-real-ip", KnownHeader::x_real_ip},
    Name{"connection", KnownHeader::connection},
    Name{"keep-alive", KnownHeader::keep_alive},
    Name{"set-cookie", KnownHeader::set_cookie},
    Name{"content-type", KnownHeader::content_type},
    Name{"authorization", KnownHeader::authorization},
    Name{"content-length", KnownHeader::content_length},
    Name{"clear-site-data", KnownHeader::clear_site_data},
    Name{"x-forwarded-for", KnownHeader::x_forwarded_for},
    Name{"proxy-connection", KnownHeader::proxy_connection},
    Name{"x-forwarded-host", KnownHeader::x_forwarded_host},
    Name{"x-forwarded-port", KnownHeader::x_forwarded_port},
    Name{"transfer-encoding", KnownHeader::transfer_encoding},
    Name{"x-forwarded-proto", KnownHeader::x_forwarded_proto},
    Name{"proxy-authenticate", KnownHeader::proxy_authenticate},
    Name{"proxy-authorization", KnownHeader::proxy_authorization},
    Name{"service-worker-allowed", KnownHeader::service_worker_allowed},
    Name{"x-jupyterhub-forwarded", KnownHeader::x_jupyterhub_forwarded},
};

constexpr std::size_t longest = names.back().text.size();

// first_of_length[n] … first_of_length[n + 1]: the names of n letters.
constexpr std::array<std::uint8_t, longest + 2> first_of_length = [] {
    std::array<std::uint8_t, longest + 2> first{};
    for (std::size_t length = 0; length < first.size(); ++length) {
        std::size_t index = 0;
        while (index < names.size() && names[index].text.size() < length)
            ++index;
        first[length] = static_cast<std::uint8_t>(index);
    }
    return first;
}();

// Header names are tokens: setting bit 5 makes letters lower case and leaves "-" and digits as they are.
constexpr char lowered(char c) { return static_cast<char>(c | 0x20); }

bool same(std::string_view name, std::string_view lower_case)
{
    for (std::size_t i = 0; i < name.size(); ++i)
        if (lowered(name[i]) != lower_case[i])
            return false;
    return true;
}

} // namespace

KnownHeader known_header(std::string_view name)
{
    if (name.size() > longest)
        return KnownHeader::other;
    for (std::size_t i = first_of_length[name.size()]; i < first_of_length[name.size() + 1]; ++i)
        if (same(name, names[i].text))
            return names[i].known;
    return KnownHeader::other;
}

} // namespace jhub::http
