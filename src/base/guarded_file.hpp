// The one layer by which programs open, make and remove files of their own: state, pid files, logs, secrets, sockets.
// The way is walked directory by directory, each held open, so that nobody can put a link in between after the look.
// Refused, with place and reason: a directory or file of other people, or one that others can write to; a link that is
// not root's, and any in place of the file itself; named pipes, sockets, devices, files with a second name. Never
// waits. Files of an account (the hub's) in directories that it may change are not root's business: a process of that
// account opens them, also when the caller is root.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>

#include "base/account.hpp"
#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "base/trust.hpp"

namespace jhub {

struct Opening {
    enum class Access : std::uint8_t { read, read_and_write, append };
    enum class Missing : std::uint8_t { is_an_error, is_made };
    // A file of root's in a directory of the account, as former versions left it.
    enum class OfRoot : std::uint8_t { stays, is_replaced };

    Access access = Access::read;
    Missing missing = Missing::is_an_error;
    mode_t mode = 0600; // of a new file, whatever the umask
    OfRoot of_root = OfRoot::stays;
};

// Where a file is: a directory that was looked at, held open, and the name in it.
struct GuardedPlace {
    Descriptor directory; // O_PATH
    std::string name;
    std::string path; // as it was given, for messages
    TrustedAccounts trusted;
};

// path: relative ones begin at the working directory. account: whose files these are, besides root's; for a process
// that is not root its own. Errc::forbidden: what was said above, a sentence with path, place and reason and what to
// do; Errc::not_found: there is no such file or directory; Errc::failed with the system's words.
[[nodiscard]] Result<Descriptor> open_guarded(std::string const& path, Opening const& how,
                                              Account const& account = this_account());

// Whether the file is there, after the same look at it and at the way to it; nothing is made or opened.
[[nodiscard]] Result<bool> look_at(std::string const& path, Account const& account = this_account());

// The real path, for libraries that want one: links are followed under the rules above, at its end, too. The file need
// not be there. For a process that uses it as the account, or as root where nobody else can change the way.
[[nodiscard]] Result<std::string> resolve_guarded(std::string const& path, Account const& account = this_account());

// Removes the file or socket; what is in its place and the way there are looked at as above.
[[nodiscard]] Result<> remove_guarded(std::string const& path, Account const& account = this_account());

// The open directory (O_RDONLY) after the same look; a link at its end is followed as one on the way.
[[nodiscard]] Result<Descriptor> open_guarded_directory(std::string const& path, Account const& account);

// For other things than files: what act does happens in the directory that was looked at, as the right account.
[[nodiscard]] Result<Descriptor> at_guarded_place(std::string const& path, Account const& account,
                                                  std::function<Result<Descriptor>(GuardedPlace const&)> const& act);

// Writes the text in place of what the file holds.
[[nodiscard]] Result<> replace_content(Descriptor const& file, std::string_view text, std::string const& path);

} // namespace jhub
