// Words for a shell, quoted as Python's shlex.quote does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jhub::spawn {

[[nodiscard]] std::string shell_quote(std::string_view word);
[[nodiscard]] std::string shell_join(std::vector<std::string> const& words); // quoted, blanks between

} // namespace jhub::spawn
