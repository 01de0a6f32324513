// The WHERE of a query whose conditions depend on what is asked. Conditions are constant texts; values are only bound.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "store/values.hpp"

namespace jhub::store {

struct Filter {
    std::string sql; // "" or " WHERE …", later also what follows it
    std::vector<Parameter> parameters;

    void require(std::string_view condition, std::initializer_list<Parameter> values = {})
    {
        sql += sql.empty() ? " WHERE " : " AND ";
        sql += condition;
        parameters.insert(parameters.end(), values);
    }
    // ORDER BY, LIMIT and the like, with their values.
    void append(std::string_view text, std::initializer_list<Parameter> values = {})
    {
        sql += text;
        parameters.insert(parameters.end(), values);
    }
};

} // namespace jhub::store
