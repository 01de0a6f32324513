#include "auth/address_bytes.hpp"

#include <arpa/inet.h>

namespace jhub::auth {

std::string address_bytes(std::string_view text)
{
    std::string const terminated(text);
    std::string bytes(16, '\0');
    if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1)
        return bytes;
    bytes.resize(4);
    if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1)
        return bytes;
    return {};
}

} // namespace jhub::auth
