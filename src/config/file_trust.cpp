#include "config/file_trust.hpp"

#include <unistd.h>

namespace jhub::config {
namespace {

std::string variable(Environment const& environment, std::string_view name)
{
    auto const found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
}

} // namespace

std::string who_can_change(std::string const& file, Environment const& environment)
{
    if (::geteuid() != 0)
        return {};
    auto const trusted = root_and_sudo(variable(environment, "SUDO_UID"), variable(environment, "SUDO_GID"));
    return jhub::who_can_change(file, trusted).who;
}

} // namespace jhub::config
