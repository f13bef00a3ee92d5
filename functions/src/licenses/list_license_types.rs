//! `list-license-types`

use api_runtime::table::LicenseTypes;
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, LicenseType, Role};

/// Lists the license types.
pub struct ListLicenseTypes;

impl Operation for ListLicenseTypes {
    const NAME: &str = "list-license-types";
    const SUMMARY: &str = "List license types";
    const DESCRIPTION: &str = "Operators, agents, partner members and customers may call it. The list \
        contains every license type, sorted by code.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/license-types",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<LicenseType>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<LicenseType>>, Failure> {
        let Request { context, .. } = request;
        Ok(Reply::ok(context.page(&LicenseTypes(), true).await?))
    }
}
