// Expected outcomes are values: Result<T> carries a T or an Error. A broken world (a bug, a lost database) is an
// exception and is caught once, in the dispatcher. Knows nothing of HTTP: http/ maps Errc to a status.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace jhub {

// What kind of refusal or failure; one function (hub/http_status.cpp) maps it to a status code.
enum class Errc {
    invalid_argument, // the caller sent something that cannot be right (400)
    unauthenticated,  // nobody is logged in (403 for the API, a redirect for pages)
    forbidden,        // known, but not allowed (403)
    not_found,        // does not exist, or must look as if it did not (404)
    conflict,         // exists already (409)
    invalid_state,    // right request, wrong moment: already running, still stopping (400)
    too_large,        // over a limit of size (413)
    too_many,         // over a limit of rate or number (429)
    timeout,          // a deadline passed
    unavailable,      // a part we depend on does not answer (503)
    failed,           // it was tried and did not work (500)
};

struct Error {
    Errc code = Errc::failed;
    std::string message; // for the person: what happened, to what, what to do; never a secret
    std::string detail;  // for the log only
};

template <typename T = void> using Result = std::expected<T, Error>;

// return fail(Errc::not_found, "No such user: ada");
[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message, std::string detail = {})
{
    return std::unexpected(Error{code, std::move(message), std::move(detail)});
}

} // namespace jhub

#define JHUB_CONCAT_(a, b) a##b
#define JHUB_CONCAT(a, b) JHUB_CONCAT_(a, b)

// TRY(User user, find_user(name)): declares user, or returns the error. CO_TRY is the same inside a coroutine.
#define TRY(declaration, ...) JHUB_TRY_(declaration, JHUB_CONCAT(try_result_, __LINE__), return, __VA_ARGS__)
#define CO_TRY(declaration, ...) JHUB_TRY_(declaration, JHUB_CONCAT(try_result_, __LINE__), co_return, __VA_ARGS__)
#define JHUB_TRY_(declaration, name, leave, ...)                                                                       \
    auto name = (__VA_ARGS__);                                                                                         \
    if (!name)                                                                                                         \
        leave std::unexpected(std::move(name).error());                                                                \
    declaration = *std::move(name)

// CHECK(step()): goes on, or returns the error. CO_CHECK is the same inside a coroutine.
#define CHECK(...) JHUB_CHECK_(JHUB_CONCAT(check_result_, __LINE__), return, __VA_ARGS__)
#define CO_CHECK(...) JHUB_CHECK_(JHUB_CONCAT(check_result_, __LINE__), co_return, __VA_ARGS__)
#define JHUB_CHECK_(name, leave, ...)                                                                                  \
    if (auto name = (__VA_ARGS__); !name)                                                                              \
    leave std::unexpected(std::move(name).error())
