// Queries about users. Text comparison is exact (case matters), as upstream's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/user.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

enum class UserState {
    any,
    active,   // at least one server with a server row
    inactive, // none
};
enum class UserSort { id, name, last_activity };

// One page of users (reference rest-api.md §3.3). names and groups are the filters of a held scope: a user passes who
// is named or is a member of one of the groups; nothing means no filter.
struct UserQuery {
    UserState state = UserState::any;
    std::string name_filter; // case-insensitive substring; % and _ are wildcards as upstream
    UserSort sort = UserSort::id;
    bool descending = false;
    std::optional<std::vector<std::string>> names;
    std::optional<std::vector<std::string>> groups;
    std::int64_t offset = 0;
    std::int64_t limit = -1; // negative: all
};

std::optional<model::User> find_user(Transaction&, std::string_view name);
std::optional<model::User> find_user_by_id(Transaction&, std::int64_t id);
std::optional<model::User> find_user_by_cookie_id(Transaction&, std::string_view cookie_id);
std::vector<model::User> list_admins(Transaction&); // those with the flag, by id
std::vector<std::string> user_names(Transaction&);  // of all, by id
std::vector<model::User> list_users(Transaction&, UserQuery const& query);
std::int64_t count_users(Transaction&, UserQuery const& query = {}); // without offset and limit
std::int64_t count_users_active_since(Transaction&, Timestamp since);

// The new id, which no user had before; a name taken: conflict.
std::int64_t insert_user(Transaction&, model::User const& user);
bool update_user(Transaction&, model::User const& user); // all columns, by id; false: no such user
bool set_user_admin(Transaction&, std::int64_t id, bool admin);
bool set_user_auth_state(Transaction&, std::int64_t id, std::optional<std::string> const& encrypted);
// last_activity moves forward only. Unknown ids are ignored.
void touch_users(Transaction&, std::map<std::int64_t, Timestamp> const& seen);
// With all the rows that hang on the user (reference database.md §4). False: no such user.
bool delete_user(Transaction&, std::int64_t id);

} // namespace jhub::store
