// Bodies of answers that are sent again while what they were made of stands still: the same person asks the same
// question, nothing was committed to the database and no server changed its state (docs/decisions/0015). Who asks and
// whether that is allowed is decided anew for every request, before this. Bounded. Logic thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace jhub::hub {

class KeptAnswers {
  public:
    // What an answer depends on besides its question.
    struct Stamp {
        std::int64_t data_version = -1;
        std::uint64_t servers_revision = 0;
        bool operator==(Stamp const&) const = default;
    };
    struct Answer {
        std::string content_type, body, etag;
    };

    // Null for a question that must be answered anew. stamp: as it is now.
    [[nodiscard]] std::shared_ptr<Answer const> find(std::string const& question, Stamp stamp);

    // stamp: as it was before the answer was made; an outdated one is not kept.
    void keep(std::string question, Stamp stamp, Answer answer);

  private:
    void move_to(Stamp stamp);

    Stamp stamp_;
    std::size_t bytes_ = 0;
    std::unordered_map<std::string, std::shared_ptr<Answer const>> answers_;
};

} // namespace jhub::hub
