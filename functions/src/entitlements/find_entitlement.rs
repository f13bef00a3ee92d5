//! `find-entitlement`

use api_runtime::table::{BatchGet, EntitlementByName, EntitlementOf};
use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use deserr::Deserr;
use domain::{Actor, EntitlementName, EntitlementNumber, Faults, Role};
use schemars::JsonSchema;

use super::{EntitlementView, read_fields};
use crate::person_names::People;

/// Finds an entitlement by its number.
pub struct FindEntitlement;

/// Path with the number of an entitlement.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct EntitlementNumberPath {
    /// Number of the entitlement, of the form `E-XXXX-XXXX-XXXX`; letter case is ignored.
    number: EntitlementNumber,
}

impl Operation for FindEntitlement {
    const NAME: &str = "find-entitlement";
    const SUMMARY: &str = "Find an entitlement by its number";
    const DESCRIPTION: &str = "Operators and agents may call it. The last character of a number is a check \
        digit: a mistyped number is rejected (400), and a well-formed number that no entitlement has is not \
        found (404). `details` contains only the fields that the caller's role may view.";
    const ROUTES: &[Route] =
        &[route(Method::Get, "/v1/entitlements/by-number/{number}", &[Role::Operator, Role::Agent])];

    type Caller = Actor;
    type Path = EntitlementNumberPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = EntitlementView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<EntitlementView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let number = EntitlementByName(EntitlementName::Number(path.number.clone()));
        let (place, fields) =
            tokio::try_join!(async { Ok(context.table.get(&number).await?) }, read_fields(context))?;
        let place = place.or_not_found()?;
        let lookup = EntitlementOf(place.owner, place.entitlement_id);
        let mut wanted = BatchGet::new();
        wanted.add(&lookup);
        let entitlement = context.table.fetch(wanted, true).await?.get(&lookup).or_not_found()?;
        let author = EntitlementView::details_author(actor, &entitlement);
        let people = People::read(context, author.into_iter()).await?;
        let shown = EntitlementView::to(actor, entitlement, &fields, context.now);
        Ok(Reply::ok(shown.named_by(&people)))
    }
}
