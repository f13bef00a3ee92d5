//! `create-license-type`

use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::event::LicenseTypeCreated;
use domain::{
    Actor, ErrorKind, Faults, LicenseType, LicenseTypeCode, Metadata, Name, NewEvent, Period, Role,
};
use schemars::JsonSchema;

/// Creates a license type.
pub struct CreateLicenseType;

const EXISTS: ErrorKind =
    ErrorKind::state("license-type-exists", "a license type with this code exists already");

/// Request body: the license type to create.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLicenseTypeBody {
    /// Code by which orders and assignments name the type; unique: 2 to 60 lower-case letters, digits and inner
    /// hyphens.
    code: LicenseTypeCode,
    /// Display name: 1 to 200 characters.
    name: Name,
    /// Term of a license from its assignment on: an ISO 8601 duration such as `P1Y`, above zero and at most 100 years.
    /// Years, months, weeks and days are counted in the time zone of the organization that has the license.
    term: Period,
}

impl Operation for CreateLicenseType {
    const NAME: &str = "create-license-type";
    const SUMMARY: &str = "Create a license type";
    const DESCRIPTION: &str = "Only operators may call it. Orders and assignments name the type by its \
        `code`, which no other type may have (409 `license-type-exists`). A license type can be neither \
        changed nor deleted. Records `license-type.created`.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/license-types", &[Role::Operator])];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[EXISTS];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Json<CreateLicenseTypeBody>;
    type Output = LicenseType;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<LicenseType>, Failure> {
        let Request { context, body, .. } = request;
        let Json(CreateLicenseTypeBody { code, name, term }) = body;
        let (code, name, term) = (code.clone(), name.clone(), *term);
        let license_type = LicenseType {
            code: code.clone(),
            name: name.clone(),
            term,
            metadata: Metadata::new(context.now),
        };

        let mut change = Change::new();
        change.create_or_reject(&license_type, |_| ConditionFailure::rejected(&EXISTS, &[&"code"]))?;
        let location = format!("/v1/license-types/{code}");
        let created = LicenseTypeCreated { license_type: code, name, term };
        change.record(NewEvent::of_vendor(created).about(license_type.metadata));

        context.commit(change, Answer::created(location, license_type)).await
    }
}
