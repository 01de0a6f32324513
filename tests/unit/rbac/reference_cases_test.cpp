// The same answers as the Python package on frozen cases (see make_reference_cases.py).
#include <fstream>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "rbac/scope_support.hpp"

namespace jhub::rbac {
namespace {

class ReferenceCases : public testing::Test {
  protected:
    void SetUp() override
    {
        std::ifstream file(JHUB_SOURCE_DIR "/tests/unit/rbac/reference_cases.json");
        ASSERT_TRUE(file);
        cases = Json::parse(file);
        groups = FixedMemberships(cases["groups"].get<std::map<std::string, std::set<std::string>>>());
    }

    static Texts texts(Json const& list) { return list.get<Texts>(); }
    static Owner owner(Json const& pair)
    {
        return {pair[0] == "user" ? OwnerKind::user : OwnerKind::service, pair[1].get<std::string>()};
    }

    Json cases;
    FixedMemberships groups;
};

TEST_F(ReferenceCases, expansion_agrees)
{
    ASSERT_GT(cases["expand"].size(), 200u);
    for (Json const& row : cases["expand"])
        EXPECT_EQ(expanded(texts(row["raw"]), owner(row["owner"])), texts(row["scopes"])) << row;
}

TEST_F(ReferenceCases, intersection_agrees)
{
    ASSERT_GT(cases["intersect"].size(), 200u);
    for (Json const& row : cases["intersect"])
        EXPECT_EQ(texts_of(intersect(set_of(texts(row["a"])), set_of(texts(row["b"])), groups)), texts(row["common"]))
            << row;
}

TEST_F(ReferenceCases, checks_agree)
{
    ASSERT_GT(cases["check"].size(), 200u);
    for (Json const& row : cases["check"])
        EXPECT_EQ(has_scope(set_of(texts(row["held"])), row["scope"].get<std::string>(), builtin(), groups),
                  row["allowed"].get<bool>())
            << row;
}

} // namespace
} // namespace jhub::rbac
