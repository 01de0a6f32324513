// --routes-file: the route table outlives the proxy. Loaded before anything listens, written a moment after changes.
// Both descriptors are opened at the start and kept, so that the file can belong to root while the proxy does not run
// as root any more. That rules out replacing the file by a rename; instead the text goes into a copy first, then into
// the file: a crash in either leaves the other whole.
#pragma once

#include <string>

#include "base/account.hpp"
#include "proxy/event_loop.hpp"
#include "proxy/routes.hpp"
#include "proxy/sockets.hpp"

namespace jhub::proxy {

class RouteStore {
  public:
    // Opens or makes the file and its copy (name + "~"), mode 0600, under the rules of base/guarded_file.hpp. Errors
    // name the file and the reason.
    [[nodiscard]] static Result<RouteStore> open(std::string path, Account const& owner = this_account());
    // Goes on with descriptors that another process opened.
    RouteStore(std::string path, Descriptor file, Descriptor copy)
        : path_(std::move(path)), file_(std::move(file)), copy_(std::move(copy))
    {
    }

    // Adds what was saved; an empty file is an empty table. Errc::invalid_argument when neither file nor copy is whole.
    [[nodiscard]] Result<> load(RouteTable& table) const;
    // Blocks until it is on disk. Whatever fails, one of the two stays whole.
    [[nodiscard]] Result<> save(RouteTable const& table);

    [[nodiscard]] int file() const { return file_.get(); }
    [[nodiscard]] int copy() const { return copy_.get(); }

  private:
    std::string path_;
    Descriptor file_;
    Descriptor copy_;
    bool file_is_whole_ = true;
};

// What RouteTable::saved() gave, back into a table. name is for the error, which says what cannot be read.
[[nodiscard]] Result<> read_routes(std::string_view saved, std::string const& name, RouteTable& table);

// Saves after changes, several at once. Lives on the thread of the table.
class RouteFile final : private TimerWheel::Entry {
  public:
    RouteFile(EventLoop& loop, RouteTable const& table, RouteStore store)
        : loop_(loop), table_(table), store_(std::move(store))
    {
    }
    void table_changed();
    void save_now(); // what is still waiting
    [[nodiscard]] RouteStore const& store() const { return store_; }

  private:
    void on_deadline() override { save_now(); }

    EventLoop& loop_;
    RouteTable const& table_;
    RouteStore store_;
    bool waiting_ = false;
    bool failing_ = false;
};

} // namespace jhub::proxy
