#include "store/services.hpp"

#include <array>

#include "store/oauth.hpp"
#include "store/rows.hpp"
#include "store/servers.hpp"
#include "store/session.hpp"

namespace jhub::store {

std::optional<model::ServiceRow> find_service(Transaction& transaction, std::string_view name)
{
    return transaction.session().first("SELECT " SERVICE_COLUMNS " FROM services WHERE name = :name", {name},
                                       read_service);
}

std::optional<model::ServiceRow> find_service_by_id(Transaction& transaction, std::int64_t id)
{
    return transaction.session().first("SELECT " SERVICE_COLUMNS " FROM services WHERE id = :id", {id}, read_service);
}

std::vector<model::ServiceRow> list_services(Transaction& transaction)
{
    return transaction.session().all("SELECT " SERVICE_COLUMNS " FROM services ORDER BY id", {}, read_service);
}

std::int64_t upsert_service(Transaction& transaction, model::ServiceRow const& service)
{
    return transaction.session().upsert("services",
                                        {{"name", service.name},
                                         {"admin", service.admin},
                                         {"url", service.url},
                                         {"oauth_client_allowed_scopes", service.oauth_client_allowed_scopes},
                                         {"info", service.info},
                                         {"display", service.display},
                                         {"oauth_no_confirm", service.oauth_no_confirm},
                                         {"command", service.command},
                                         {"cwd", service.cwd},
                                         {"environment", service.environment},
                                         {"user", service.user},
                                         {"from_config", service.from_config},
                                         {"pid", service.pid},
                                         {"oauth_client_id", service.oauth_client_id}});
}

bool delete_service(Transaction& transaction, std::int64_t id)
{
    std::optional<model::ServiceRow> const service = find_service_by_id(transaction, id);
    if (!service)
        return false;
    static constexpr std::array<std::string_view, 3> row_and_hanging_on_it{
        "DELETE FROM api_tokens WHERE service_id = :id", "DELETE FROM service_role_map WHERE service_id = :id",
        "DELETE FROM services WHERE id = :id"};
    for (std::string_view const sql : row_and_hanging_on_it)
        transaction.session().execute(sql, {id});
    if (service->server_id)
        delete_server(transaction, *service->server_id);
    if (service->oauth_client_id)
        delete_oauth_client(transaction, *service->oauth_client_id);
    return true;
}

std::vector<std::string> delete_unconfigured_services(Transaction& transaction, std::set<std::string> const& configured)
{
    std::vector<std::string> deleted;
    for (model::ServiceRow const& service : list_services(transaction)) {
        if (!service.from_config || configured.contains(service.name))
            continue;
        delete_service(transaction, service.id);
        deleted.push_back(service.name);
    }
    return deleted;
}

} // namespace jhub::store
