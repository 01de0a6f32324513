// Queries about groups and their members.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/group.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

// One page of groups, by id; names is the filter of a held scope.
struct GroupQuery {
    std::optional<std::vector<std::string>> names;
    std::int64_t offset = 0;
    std::int64_t limit = -1; // negative: all
};

std::optional<model::Group> find_group(Transaction&, std::string_view name);
std::vector<model::Group> list_groups(Transaction&, GroupQuery const& query);
std::int64_t count_groups(Transaction&); // all of them
std::int64_t insert_group(Transaction&, model::Group const& group);
std::int64_t find_or_insert_group(Transaction&, std::string const& name); // its id
bool set_group_properties(Transaction&, std::int64_t id, Json const& properties);
// With maps and the shares granted to it.
bool delete_group(Transaction&, std::int64_t id);

std::vector<model::Group> groups_of_user(Transaction&, std::int64_t user_id);     // by id
void add_group_member(Transaction&, std::int64_t group_id, std::int64_t user_id); // again: no change
bool remove_group_member(Transaction&, std::int64_t group_id, std::int64_t user_id);
// Membership becomes exactly these; groups that do not exist are made (Authenticator.manage_groups).
void set_groups_of_user(Transaction&, std::int64_t user_id, std::set<std::string> const& names);

} // namespace jhub::store
