#include "proxy/certificates.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "base/time_text.hpp"

namespace jhub::proxy {
namespace {

constexpr std::int64_t look_every_ms = 1'000;

std::vector<std::string> paths_of(TlsFiles const& files, TlsServerRules const& rules)
{
    std::vector<std::string> result;
    for (auto const& [certificate, key] : files.pairs())
        result.insert(result.end(), {certificate, key});
    for (auto const& path : {files.authorities, rules.dhparam})
        if (!path.empty())
            result.push_back(path);
    return result;
}

} // namespace

Result<> Certificates::serve(std::string what, TlsFiles files, TlsServerRules rules, TicketKeys const& keys,
                             std::vector<Place> places)
{
    Group group{.files = std::move(files),
                .rules = std::move(rules),
                .places = std::move(places),
                .what = std::move(what),
                .keys = keys};
    for (Place const& place : group.places) {
        TRY(place.front->tls, make_server_context(group.files, group.rules, keys, open_));
        group.facts = certificate_facts(*place.front->tls);
    }
    group.loaded = group.seen = fingerprint(group);
    groups_.push_back(std::move(group));
    return {};
}

void Certificates::present(TlsFiles files, bool insecure, std::vector<Worker*> workers)
{
    if (!files.wanted() && files.authorities.empty())
        return;
    Group group{.files = std::move(files), .for_targets = true, .insecure = insecure};
    for (Worker* worker : workers)
        group.places.push_back({worker, nullptr});
    group.loaded = group.seen = fingerprint(group);
    groups_.push_back(std::move(group));
}

void Certificates::watch(EventLoop& loop)
{
    loop_ = &loop;
    if (!groups_.empty())
        loop_->timers().set(*this, loop_->now_ms() + look_every_ms);
}

void Certificates::reload()
{
    for (Group& group : groups_) {
        group.seen = fingerprint(group);
        load_or_keep(group);
    }
}

std::vector<CertificateFacts> Certificates::facts() const
{
    std::vector<CertificateFacts> result;
    for (Group const& group : groups_)
        result.insert(result.end(), group.facts.begin(), group.facts.end());
    return result;
}

std::vector<std::pair<std::string, TicketKeys>> Certificates::ticket_keys() const
{
    std::vector<std::pair<std::string, TicketKeys>> result;
    for (Group const& group : groups_)
        if (!group.for_targets)
            result.emplace_back(group.what, group.keys);
    return result;
}

// A certificate and its key are rarely replaced in the same moment: what changed is read once it has come to rest.
void Certificates::on_deadline()
{
    for (Group& group : groups_) {
        std::string now = fingerprint(group);
        if (now == group.seen && now != group.loaded)
            load_or_keep(group);
        group.seen = std::move(now);
    }
    loop_->timers().set(*this, loop_->now_ms() + look_every_ms);
}

std::string Certificates::fingerprint(Group const& group) const
{
    std::string result;
    for (auto const& path : paths_of(group.files, group.rules)) {
        Descriptor const file = open_(path);
        struct stat facts{};
        if (file.get() < 0 || fstat(file.get(), &facts) != 0)
            result += "missing;";
        else
            result += fmt::format("{}.{}.{}.{}.{};", facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim.tv_sec,
                                  facts.st_mtim.tv_nsec);
    }
    return result;
}

// All or nothing: contexts for every place, and only then the exchange.
Result<> Certificates::load(Group& group)
{
    TicketKeys const keys = random_ticket_keys();
    std::vector<TlsContext> contexts;
    for (std::size_t i = 0; i < group.places.size(); ++i) {
        TRY(TlsContext context, group.for_targets ? make_client_context(group.files, group.insecure, open_)
                                                  : make_server_context(group.files, group.rules, keys, open_));
        contexts.push_back(std::move(context));
    }
    if (!group.for_targets) {
        group.facts = certificate_facts(*contexts.front());
        group.keys = keys;
    }
    for (std::size_t i = 0; i < group.places.size(); ++i) {
        auto const [worker, front] = group.places[i];
        if (front == nullptr)
            worker->replace_client_tls(std::move(contexts[i]));
        else
            worker->replace_tls(*front, std::move(contexts[i]));
    }
    return {};
}

void Certificates::load_or_keep(Group& group)
{
    group.loaded = group.seen; // also when it fails: said once, tried again after the next change
    if (auto const loaded = load(group); !loaded) {
        log::warning("{}; going on with the certificate that was read before", loaded.error().message);
        return;
    }
    if (group.for_targets)
        log::info("Read the certificate files for https targets again");
    for (auto const& [file, expires] : group.facts)
        log::info("Read {} again; it is valid until {}", printable(file),
                  to_http_date(Timestamp(std::chrono::seconds(expires))));
}

} // namespace jhub::proxy
