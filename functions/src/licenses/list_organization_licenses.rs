//! `list-organization-licenses`

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::table::{AssignmentsOfOrganization, BatchGet, LicenseTypes, OrganizationById};
use api_runtime::{
    Empty, Failure, List, Method, Operation, OrganizationPath, Reply, Request, Route, Switch, route,
};
use deserr::Deserr;
use domain::{
    Actor, Assignment, AssignmentId, Faults, LicenseType, LicenseTypeCode, Name, PartnerId, Period, Quantity,
    Role, TimeZone, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::authority::organization_check::OrganizationCheck;
use crate::party::{Names, Party, visible};

/// Lists the licenses that were assigned to an organization.
pub struct ListOrganizationLicenses;

/// Query parameters that select licenses.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListOrganizationLicensesQuery {
    /// Whether to include licenses that have expired: `true` or `false` (the default).
    #[deserr(default)]
    #[schemars(default)]
    expired: Switch,
}

/// Licenses that an organization holds from one assignment.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationLicenseView {
    /// Id of the assignment.
    assignment_id: AssignmentId,
    /// Partner that assigned the licenses.
    partner_id: PartnerId,
    /// That partner with its name.
    partner: Party<PartnerId>,
    /// Time of the assignment, from which the licenses are valid; RFC 3339, UTC.
    from: Timestamp,
    /// Licenses of the assignment: 1 to 20 lines, each of another license type. Expired ones only with `expired=true`.
    lines: Vec<OrganizationLicenseLine>,
}

impl OrganizationLicenseView {
    /// Returns the view with the partner's name.
    pub(crate) fn named(self, names: &Names) -> Self {
        Self { partner: names.partner(self.partner_id), ..self }
    }

    /// Returns whether any licenses of the assignment are shown.
    pub(crate) fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }
}

/// Licenses of one type that an organization holds from an assignment.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationLicenseLine {
    /// Code of the license type.
    license_type: LicenseTypeCode,
    /// Display name of the license type: 1 to 200 characters.
    name: Name,
    /// Term of the license type: an ISO 8601 duration such as `P1Y`.
    term: Period,
    /// Number of licenses: 1 to 100,000.
    quantity: Quantity,
    /// Time at which the licenses expire (exclusive): the assignment's `from` plus the term of the type, counted in the
    /// organization's current time zone (UTC if it has none); RFC 3339, UTC.
    until: Timestamp,
}

impl Operation for ListOrganizationLicenses {
    const NAME: &str = "list-organization-licenses";
    const SUMMARY: &str = "List an organization's licenses";
    const DESCRIPTION: &str = "Operators, agents and the organization's customers see all licenses assigned \
        to it, members of a partner only those that the partner assigned, also if it no longer has the \
        organization in its directory. The list has an item for each assignment, oldest first. Expired \
        licenses are included only with `expired=true`. Rows carry the names of the partner and of the license \
        types. The list is eventually consistent.";
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
        let check = OrganizationCheck::of(actor, organization)?;
        let (table, party) = (context.table, OrganizationById(organization));
        let (assignments, types) = (AssignmentsOfOrganization(organization), LicenseTypes());
        let mut wanted = BatchGet::new();
        wanted.add(&party);
        check.iter().for_each(|check| check.want(&mut wanted));
        let lists = (table.list(&assignments, false), table.list(&types, false));
        let (found, mut ours, types) = tokio::try_join!(table.fetch(wanted, true), lists.0, lists.1)?;
        if let Some(check) = check {
            ours.retain(|assignment| assignment.partner_id == check.partner());
            // What the partner assigned stays visible to it.
            if ours.is_empty() {
                check.require(context, &found).await?;
            }
        }
        let time_zone = visible(actor, found.get(&party)?)?.effective_time_zone();
        let types: BTreeMap<_, _> = types.into_iter().map(|kind| (kind.code.clone(), kind)).collect();
        let shown_from = (!query.expired.is_on()).then_some(context.now);
        let license_views = ours.into_iter().map(|assignment| {
            let position = assignment.id.to_string();
            (position, license_view(assignment, &types, time_zone, shown_from))
        });
        let license_views = license_views.filter(|(_, view)| view.has_lines());
        let mut page = context.page_of_all(license_views.collect());
        let partners: BTreeSet<_> = page.items.iter().map(|view| view.partner_id).collect();
        let names = Names::of(context, partners.iter().copied(), std::iter::empty()).await?;
        page.items.iter_mut().for_each(|view| view.partner = names.partner(view.partner_id));
        Ok(Reply::ok(page))
    }
}

/// Returns the licenses of an assignment, whose terms count in `time_zone`, without those that have expired by
/// `shown_from`, if given.
pub(crate) fn license_view(
    assignment: Assignment,
    types: &BTreeMap<LicenseTypeCode, LicenseType>,
    time_zone: TimeZone,
    shown_from: Option<Timestamp>,
) -> OrganizationLicenseView {
    let Assignment { id: assignment_id, partner_id, lines, metadata, .. } = assignment;
    let from = metadata.created_at;
    let lines = lines.iter().filter_map(|line| {
        // License types are never deleted; only one newer than this eventually consistent read is missing.
        let LicenseType { name, term, .. } = types.get(&line.license_type)?;
        let until = time_zone.after(from, *term);
        let shown = shown_from.is_none_or(|now| now < until);
        shown.then(|| OrganizationLicenseLine {
            license_type: line.license_type.clone(),
            name: name.clone(),
            term: *term,
            quantity: line.quantity,
            until,
        })
    });
    // The name is read for the whole page.
    let partner = Party { id: partner_id, name: None };
    OrganizationLicenseView { assignment_id, partner_id, partner, from, lines: lines.collect() }
}
