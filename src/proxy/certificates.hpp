// The certificates of all listeners, and the one shown to https targets: read at the start, and again on request and
// when a file changes. What cannot be used is reported, and the old goes on. No connection is dropped for it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "proxy/worker.hpp"

namespace jhub::proxy {

class Certificates final : private TimerWheel::Entry {
  public:
    explicit Certificates(FileOpener open) : open_(std::move(open)) {}

    // Where a context of a group is used: each worker has its own, because OpenSSL's contexts are counted and locked.
    struct Place {
        Worker* worker;
        Front* front;
    };
    // Before the workers run; places stay alive as long as this.
    // what names the group; keys seal its session tickets until its certificates change.
    [[nodiscard]] Result<> serve(std::string what, TlsFiles files, TlsServerRules rules, TicketKeys const& keys,
                                 std::vector<Place> places);
    // The identity towards targets. The workers have been made with the first context.
    void present(TlsFiles files, bool insecure, std::vector<Worker*> workers);

    // From here on everything happens on the loop's thread. Looks at the files once a second.
    void watch(EventLoop& loop);
    void reload();
    [[nodiscard]] std::vector<CertificateFacts> facts() const;
    // Of each group that serve() made, under its name.
    [[nodiscard]] std::vector<std::pair<std::string, TicketKeys>> ticket_keys() const;

  private:
    struct Group {
        TlsFiles files;
        TlsServerRules rules;
        std::vector<Place> places;
        bool for_targets = false;
        bool insecure = false;
        std::string loaded; // fingerprints of the files
        std::string seen;
        std::vector<CertificateFacts> facts;
        std::string what;
        TicketKeys keys{}; // of its own: a session of one listener is none of another with other rules
    };
    void on_deadline() override;
    [[nodiscard]] std::string fingerprint(Group const& group) const;
    [[nodiscard]] Result<> load(Group& group);
    void load_or_keep(Group& group);

    FileOpener open_;
    EventLoop* loop_ = nullptr;
    std::vector<Group> groups_;
};

} // namespace jhub::proxy
