// The file a server writes its output to. A regular file rather than a pipe, so that the server outlives hub and
// helper without SIGPIPE and without anybody reading. Bounded: past its limit the file is emptied, and the end of what
// was there is kept in memory.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

namespace jhub::spawn {

class OutputFile {
  public:
    static constexpr std::size_t limit = 1024 * 1024; // the file is emptied when it grows past this
    static constexpr std::size_t tail_size = 16 * 1024;
    static constexpr std::size_t head_size = 4 * 1024;

    // The file of a server inside directory, which is made (0700) when missing and must belong to the hub's account.
    // Errc::failed with the path and the system's words.
    static Result<std::shared_ptr<OutputFile>> in_directory(std::string const& directory, std::string_view user_name,
                                                            std::string_view server_name);

    explicit OutputFile(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] std::string const& path() const { return path_; }
    void forget(); // a new start begins: what was kept belongs to the last one
    void trim();   // keeps the limit; call about once a second while the server runs
    // The last lines, made printable, at most tail_size bytes. Empty when there is no such file.
    [[nodiscard]] std::string tail(std::size_t lines) const;
    // What was printed first, as it is in the file now; at most head_size bytes.
    [[nodiscard]] std::string head() const;

  private:
    std::string path_;
    std::string kept_; // the end of what was cut off
};

} // namespace jhub::spawn
