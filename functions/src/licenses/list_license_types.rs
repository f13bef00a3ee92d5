//! `list-license-types`

use api_runtime::context::List;
use api_runtime::http::body::Empty;
use api_runtime::operation::{Method, Nothing, route};
use api_runtime::table::pattern::LicenseTypes;
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
use domain::{Actor, LicenseType, Role};

/// Shows what licenses there are.
pub struct ListLicenseTypes;

impl Operation for ListLicenseTypes {
    const NAME: &str = "list-license-types";
    const ABOUT: &str = "Lists the license types in the order of their codes.";
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

    async fn execute(
        context: &Context<'_>,
        _: &Actor,
        _: &Input<Self>,
    ) -> Result<Answer<List<LicenseType>>, Failure> {
        Ok(Answer::ok(context.page(&LicenseTypes(), true).await?))
    }
}
