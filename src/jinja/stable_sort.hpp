// A stable sort that stays safe when the order is not a strict one (NaN among the numbers of a template), and does
// not need the deprecated temporary buffer of libstdc++'s std::stable_sort.
#pragma once

#include <iterator>
#include <list>
#include <vector>

namespace jhub::jinja {

template <typename T, typename Before> void stable_sort(std::vector<T>& items, Before before)
{
    std::list<T> nodes(std::move_iterator(items.begin()), std::move_iterator(items.end()));
    nodes.sort(before);
    items.assign(std::move_iterator(nodes.begin()), std::move_iterator(nodes.end()));
}

} // namespace jhub::jinja
