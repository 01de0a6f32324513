#include "http/method.hpp"

#include <array>

namespace jhub::http {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 10> names{"GET",    "HEAD",    "POST",    "PUT",   "PATCH",
                                                 "DELETE", "OPTIONS", "CONNECT", "TRACE", "OTHER"};

} // namespace

std::string_view to_string(Method method) { return names[static_cast<std::size_t>(method)]; }

Method method_from(std::string_view text)
{
    for (std::size_t i = 0; i + 1 < names.size(); ++i)
        if (names[i] == text)
            return static_cast<Method>(i);
    return Method::other;
}

} // namespace jhub::http
