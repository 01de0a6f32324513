// How the engine gives up inside: a Failure travels up to the public functions of Environment, which turn it into an
// Error. Nothing outside this folder sees it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/result.hpp"

namespace jhub::jinja {

class Failure : public std::runtime_error {
  public:
    explicit Failure(std::string const& message, Errc code = Errc::failed) : std::runtime_error(message), code(code) {}

    Errc code;
    bool located = false; // the message says file and line already
};

template <typename... Args> [[noreturn]] void give_up(fmt::format_string<Args...> text, Args&&... args)
{
    throw Failure(fmt::format(text, std::forward<Args>(args)...));
}

} // namespace jhub::jinja
