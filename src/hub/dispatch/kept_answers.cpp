#include "hub/dispatch/kept_answers.hpp"

#include <utility>

namespace jhub::hub {
namespace {

constexpr std::size_t limit = 2 * 1024 * 1024; // bytes of all questions and answers together

std::size_t size_of(std::string const& question, KeptAnswers::Answer const& answer)
{
    return question.size() + answer.body.size() + sizeof(KeptAnswers::Answer);
}

} // namespace

void KeptAnswers::move_to(Stamp stamp)
{
    if (std::exchange(stamp_, stamp) == stamp)
        return;
    answers_.clear();
    bytes_ = 0;
}

std::shared_ptr<KeptAnswers::Answer const> KeptAnswers::find(std::string const& question, Stamp stamp)
{
    move_to(stamp);
    auto const found = answers_.find(question);
    return found == answers_.end() ? nullptr : found->second;
}

void KeptAnswers::keep(std::string question, Stamp stamp, Answer answer)
{
    std::size_t const size = size_of(question, answer);
    if (stamp != stamp_ || bytes_ + size > limit)
        return;
    if (answers_.try_emplace(std::move(question), std::make_shared<Answer const>(std::move(answer))).second)
        bytes_ += size;
}

} // namespace jhub::hub
