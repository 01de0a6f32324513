// A file that grows by whole lines: audit log, event log. Whatever becomes of the disk, the hub goes on: a line that
// cannot be written is lost, and the hub's own log says so once. A file that was moved away (logrotate) is opened anew.
// Logic thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace jhub::hub {

class LineFile {
  public:
    // Made with mode 0600 when it is missing. Errc::failed with the path and the system's words.
    [[nodiscard]] static Result<> check(std::string const& path);

    explicit LineFile(std::string path) : path_(std::move(path)) {}
    // One of the standard streams, which is not closed.
    explicit LineFile(int descriptor) : descriptor_(descriptor), is_stream_(true) {}
    ~LineFile();
    LineFile(LineFile&& other) noexcept;
    LineFile& operator=(LineFile&&) = delete;

    // line: without its end.
    void append(std::string_view line);

  private:
    [[nodiscard]] bool is_current() const;
    Result<> open();
    Result<> write(std::string_view text);

    std::string path_;
    int descriptor_ = -1;
    bool is_stream_ = false;
    bool broken_ = false; // the last line did not get through, or only in part
};

} // namespace jhub::hub
