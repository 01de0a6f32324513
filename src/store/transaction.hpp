// What a unit of work gets to ask and change the database with: the named queries (users.hpp, tokens.hpp, …) take it as
// their first parameter. Valid only inside that unit, on its thread.
#pragma once

namespace jhub::store {

class Session;

class Transaction {
  public:
    explicit Transaction(Session& session) : session_(session) {}
    Transaction(Transaction const&) = delete;
    Transaction& operator=(Transaction const&) = delete;

    // For the queries of this folder.
    [[nodiscard]] Session& session() const { return session_; }

  private:
    Session& session_;
};

} // namespace jhub::store
