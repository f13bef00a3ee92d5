//! `list-organization-licenses`

use std::collections::BTreeMap;

use api_runtime::table::{AssignmentsOfOrganization, CustomerLinkOfPartner, LicenseTypes, OrganizationById};
use api_runtime::{
    Empty, Failure, List, Method, Operation, OrganizationPath, Reply, Request, Route, Switch, route,
};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::{
    Actor, Assignment, AssignmentId, Faults, LicenseTypeCode, PartnerId, Period, Problem, Quantity, Role,
    Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

/// Shows which licenses an organization holds.
pub struct ListOrganizationLicenses;

/// Which of them.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListOrganizationLicensesQuery {
    /// Whether to show those, too, that have expired.
    #[deserr(default)]
    #[schemars(default)]
    expired: Switch,
}

/// What an organization holds of one assignment.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationLicenseView {
    /// By which assignment.
    assignment_id: AssignmentId,
    /// From whom.
    partner_id: PartnerId,
    /// From when on.
    from: Timestamp,
    /// What.
    lines: Vec<OrganizationLicenseLine>,
}

/// So many licenses of one type.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationLicenseLine {
    /// Of which type.
    license_type: LicenseTypeCode,
    /// How many.
    quantity: Quantity,
    /// They have expired at this instant: the type's term after `from`.
    until: Timestamp,
}

impl Operation for ListOrganizationLicenses {
    const NAME: &str = "list-organization-licenses";
    const ABOUT: &str = "Shows which licenses an organization holds, from when until when, the oldest first. A partner sees what it assigned.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/licenses",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = ListOrganizationLicensesQuery;
    type Body = Empty;
    type Output = List<OrganizationLicenseView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<OrganizationLicenseView>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let organization = path.organization_id;
        let (table, assignments) = (context.table, AssignmentsOfOrganization(organization));
        let known = async {
            match actor.kind {
                ActorKind::Partner { partner, .. } => {
                    Ok(table.get(&CustomerLinkOfPartner(partner, organization)).await?.is_some())
                }
                _ => Ok(table.get(&OrganizationById(organization)).await?.is_some()),
            }
        };
        let only = match actor.kind {
            ActorKind::Partner { partner, .. } => Some(partner),
            _ => {
                actor.authorize_organization(organization)?;
                None
            }
        };
        let (known, assignments, types) =
            tokio::try_join!(known, table.list(&assignments, false), table.list(&LicenseTypes(), false))?;
        if !known {
            return Err(Problem::not_found().into());
        }
        let terms: BTreeMap<_, _> = types.into_iter().map(|kind| (kind.code, kind.term)).collect();
        let ours =
            assignments.into_iter().filter(|assignment| only.is_none_or(|own| assignment.partner_id == own));
        let shown_from = (!query.expired.is_on()).then_some(context.now);
        let license_view =
            ours.map(|assignment| (assignment.id.to_string(), license_view(assignment, &terms, shown_from)));
        Ok(Reply::ok(
            context.page_of_all(
                license_view.filter(|(_, license_view)| !license_view.lines.is_empty()).collect(),
            ),
        ))
    }
}

/// What an assignment gave, as far as it has not expired before `shown_from`.
fn license_view(
    assignment: Assignment,
    terms: &BTreeMap<LicenseTypeCode, Period>,
    shown_from: Option<Timestamp>,
) -> OrganizationLicenseView {
    let Assignment { id: assignment_id, partner_id, lines, metadata, .. } = assignment;
    let from = metadata.created_at;
    let lines = lines.iter().filter_map(|line| {
        // A type never goes.
        let until = from.after(*terms.get(&line.license_type)?);
        let shown = shown_from.is_none_or(|now| now < until);
        shown.then(|| OrganizationLicenseLine {
            license_type: line.license_type.clone(),
            quantity: line.quantity,
            until,
        })
    });
    OrganizationLicenseView { assignment_id, partner_id, from, lines: lines.collect() }
}
