#include "spawn/shell_quote.hpp"

#include "base/strings.hpp"

namespace jhub::spawn {

std::string shell_quote(std::string_view word)
{
    constexpr std::string_view safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
    if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos)
        return std::string(word);
    return "'" + replace_all(std::string(word), "'", "'\"'\"'") + "'";
}

std::string shell_join(std::vector<std::string> const& words)
{
    std::vector<std::string> quoted;
    for (std::string const& word : words)
        quoted.push_back(shell_quote(word));
    return join(quoted, " ");
}

} // namespace jhub::spawn
