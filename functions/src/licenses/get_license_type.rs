//! `get-license-type`

use api_runtime::table::LicenseTypeByCode;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use deserr::Deserr;
use domain::{Actor, Faults, LicenseType, LicenseTypeCode, Role};
use schemars::JsonSchema;

/// Returns a license type.
pub struct GetLicenseType;

/// Path of a license type.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct LicenseTypePath {
    /// Code of the license type.
    license_type: LicenseTypeCode,
}

impl Operation for GetLicenseType {
    const NAME: &str = "get-license-type";
    const SUMMARY: &str = "Get a license type";
    const DESCRIPTION: &str = "Operators, agents, partner members and customers read any license type.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/license-types/{licenseType}",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];

    type Caller = Actor;
    type Path = LicenseTypePath;
    type Query = Nothing;
    type Body = Empty;
    type Output = LicenseType;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<LicenseType>, Failure> {
        let Request { context, path, .. } = request;
        let license_type = context.table.get(&LicenseTypeByCode(path.license_type.clone())).await;
        Ok(Reply::ok(license_type.or_not_found()?))
    }
}
