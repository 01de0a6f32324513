#include "hub/dispatch/user_rows.hpp"

#include "hub/dispatch/request_context.hpp"
#include "store/groups.hpp"
#include "store/roles.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {

namespace {

UserRows load(store::Transaction& transaction, model::User const& user)
{
    auto const now = store::find_user(transaction, user.name);
    return {store::groups_of_user(transaction, user.id), store::roles_of(transaction, model::HolderKind::user, user.id),
            store::spawners_of_user(transaction, user.id), (now ? *now : user).encrypted_auth_state};
}

} // namespace

Async<> look_up(RequestContext& context, model::User user)
{
    std::int64_t const id = user.id;
    auto const read = [user = std::move(user)](store::Transaction& transaction) { return load(transaction, user); };
    CO_TRY(UserRows rows, co_await context.hub.store.read(read));
    context.user_rows.insert_or_assign(id, std::make_shared<UserRows const>(std::move(rows)));
    co_return Result<>{};
}

Async<> look_up_for_templates(RequestContext& context, model::User user)
{
    if (context.hub.settings.hub.template_paths.empty())
        co_return Result<>{};
    co_return co_await look_up(context, std::move(user));
}

} // namespace jhub::hub
