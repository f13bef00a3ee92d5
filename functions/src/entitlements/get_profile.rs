//! `get-profile`

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::table::{
    AssignmentsOfOrganization, BatchGet, CustomerById, EntitlementsOf, Entity, LicenseTypes,
    OrganizationById, Page, PageQuery, ProductById, assignment_of_organization_key,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, OrNotFound, OrganizationPath, Output, Reply, Request,
    Route, Switch, route,
};
use deserr::Deserr;
use domain::{
    Actor, Assignment, AssignmentId, Entitlement, EntitlementStatus, Faults, Fields, LicenseType,
    LicenseTypeCode, Line, Name, Organization, OrganizationId, Owner, PartnerId, Quantity, Role, TimeZone,
    Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{EntitlementView, read_fields};
use crate::customers::CustomerPath;
use crate::customers::view::CustomerView;
use crate::party::{Names, Party};
use crate::person_names::People;
use crate::products::ProductName;

/// Returns an organization or a customer with all that it owns.
pub struct GetProfile;

api_runtime::paths! {
    /// Party whose profile is read.
    ProfilePath {
        /// An organization.
        Organization(OrganizationPath) = "organizationId",
        /// A customer.
        Customer(CustomerPath) = "customerId",
    }
}

/// Query parameters of a profile.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetProfileQuery {
    /// Whether to include entitlements and license assignments that have ended: `true` or `false` (the default).
    #[deserr(default)]
    #[schemars(default)]
    ended: Switch,
}

/// An organization or a customer, with a page of what it owns.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Customer whose profile this is; absent in the profile of an organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerView>,
    /// Organization whose profile this is, or to which the customer belongs. Absent for a customer who was removed or
    /// belongs to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Organization>,
    /// Entries of this page: first the party's own entitlements, then, for a customer, those of the organization, then
    /// the licenses that partners assigned to the organization; each list oldest first.
    entitlements: Vec<ProfileEntry>,
    /// Page token of the next page, to be sent as `pageToken`. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Entry of a profile: an entitlement to a product, or assigned licenses.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum ProfileEntry {
    /// An entitlement to a product.
    OwnedEntry(Box<OwnedEntry>),
    /// Licenses that a partner assigned.
    LicensedEntry(LicensedEntry),
}

/// Licenses that a partner assigned to the organization.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LicensedEntry {
    /// License assignment that this entry shows.
    assignment_id: AssignmentId,
    /// Origin of the entry: always `license`.
    from: LicenseSource,
    /// Partner that assigned the licenses.
    partner_id: PartnerId,
    /// That partner with its name.
    partner: Party<PartnerId>,
    /// `active` while at least one of the licenses has not expired, otherwise `ended`.
    status: EntitlementStatus,
    /// Time of the assignment, from which the licenses are valid; RFC 3339, UTC.
    starts_at: Timestamp,
    /// Licenses of the assignment: 1 to 20 lines, each of another license type.
    licenses: Vec<LicensedLine>,
}

/// Licenses of one type in a license assignment.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LicensedLine {
    /// Code of the license type.
    license_type: LicenseTypeCode,
    /// Display name of the license type: 1 to 200 characters.
    name: Name,
    /// Number of licenses: 1 to 100,000.
    quantity: Quantity,
    /// Time at which the licenses expire (exclusive): the entry's `startsAt` plus the term of the type, counted in the
    /// organization's current time zone (UTC if it has none); RFC 3339, UTC.
    ends_at: Timestamp,
}

/// An entitlement in a profile, with its product.
#[derive(Debug, Serialize, JsonSchema)]
struct OwnedEntry {
    /// The entitlement.
    #[serde(flatten)]
    entitlement: EntitlementView,
    /// Origin of the entry: `own` or `organization`.
    from: EntrySource,
    /// Name and code of the product. Absent only if the product is not found, such as right after its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<ProductName>,
}

/// Origin of an entry in a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum EntrySource {
    /// The party itself owns it.
    Own,
    /// The customer's organization owns it.
    Organization,
}

/// Origin of licenses in a profile.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum LicenseSource {
    /// A partner assigned the licenses to the organization.
    License,
}

impl Output for Profile {
    fn next_page_token(&self) -> Option<&str> {
        self.next_page_token.as_deref()
    }
}

impl Operation for GetProfile {
    const NAME: &str = "get-profile";
    const SUMMARY: &str = "Get what an organization or customer owns";
    const DESCRIPTION: &str = "Operators and agents may read every profile, customers that of their \
        organization and their own. An organization's profile lists its entitlements, then the licenses that \
        partners assigned to it; a customer's profile lists the customer's own entitlements first. Each of \
        these lists is sorted by creation, oldest first. Entries that have ended are included only with \
        `ended=true`. A page ends at 1 MB of entries, and may contain fewer entries than `pageSize`, or \
        none, although `nextPageToken` is present.";
    const ROUTES: &[Route] = &[
        route(
            Method::Get,
            "/v1/organizations/{organizationId}/profile",
            &[Role::Operator, Role::Agent, Role::Customer],
        )
        .of("organization")
        .summarized("Get the profile of an organization"),
        route(
            Method::Get,
            "/v1/customers/{customerId}/profile",
            &[Role::Operator, Role::Agent, Role::Customer],
        )
        .of("customer")
        .summarized("Get the profile of a customer"),
    ];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = ProfilePath;
    type Query = GetProfileQuery;
    type Body = Empty;
    type Output = Profile;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Profile>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let pages = ProfilePages::of(context, query.ended.is_on());
        let (customer, mut organization, own, mut licenses, fields) = match path {
            ProfilePath::Organization(OrganizationPath { organization_id: id }) => {
                actor.authorize_organization(*id)?;
                let party = async { Ok(context.table.get(&OrganizationById(*id)).await?) };
                let own = pages.own(Owner::Organization(*id));
                let (party, own, licenses, fields) =
                    tokio::try_join!(party, own, pages.licensed(*id), read_fields(context))?;
                (None, Some(party.or_not_found()?), own, Some(licenses), fields)
            }
            ProfilePath::Customer(CustomerPath { customer_id: id }) => {
                let person = async { Ok(context.table.get(&CustomerById(*id)).await?) };
                let own = pages.own(Owner::Customer(*id));
                let (person, own, fields) = tokio::try_join!(person, own, read_fields(context))?;
                let person = person.filter(|person| actor.is_staff() || person.is_own_record_of(actor));
                (Some(person.or_not_found()?), None, own, None, fields)
            }
        };
        let mut next = own.next.map(|next| format!("{OWN}/{next}"));
        let mut all: Vec<_> = own.items.into_iter().map(|one| (OWN, EntrySource::Own, one)).collect();
        // The profile of a removed customer shows nothing of the organization.
        let member = customer.as_ref().filter(|customer| customer.removed_at.is_none());
        if let Some(id) = member.and_then(|customer| customer.organization_id) {
            let left = if next.is_some() { 0 } else { pages.size.saturating_sub(all.len()) };
            let shared = pages.shared(id, left, next.is_none());
            let party = async { Ok(context.table.get(&OrganizationById(id)).await?) };
            let (party, shared, read) = tokio::try_join!(party, shared, pages.licensed(id))?;
            (organization, licenses) = (party, Some(read));
            next = next.or(shared.next.map(|next| format!("{SHARED}/{next}")));
            all.extend(shared.items.into_iter().map(|one| (SHARED, EntrySource::Organization, one)));
        }
        let mut entries = Vec::new();
        if let Some(licenses) = licenses.filter(|_| next.is_none()) {
            let left = pages.size.saturating_sub(all.len());
            let time_zone = organization.as_ref().map(Organization::effective_time_zone).unwrap_or_default();
            (entries, next) = licensed_entries(licenses, left, pages.ended, (time_zone, context.now));
        }
        let page = show(context, actor, all, entries, next, &fields).await?;
        if let Some(organization) = organization.as_mut().filter(|_| !actor.is_staff()) {
            // An organization's external id is visible only to the party that set it and to the vendor, never to
            // customers.
            (organization.external_id, organization.created_by) = (None, None);
        }
        let customer = customer.map(|customer| CustomerView::to(actor, customer));
        let (entitlements, next_page_token) = (page.items, page.next_page_token);
        Ok(Reply::ok(Profile { customer, organization, entitlements, next_page_token }))
    }
}

/// Reads one page of a profile. A position in a profile is the name of one of three lists and a sort key in that list.
struct ProfilePages<'a> {
    context: &'a Context<'a>,
    size: usize,
    list: String,
    after: Option<String>,
    /// Whether entries that have ended are included.
    ended: bool,
}

impl<'a> ProfilePages<'a> {
    fn of(context: &'a Context<'a>, ended: bool) -> Self {
        let PageQuery { size, after, .. } = context.page_query(true);
        let (list, after) = match after.as_deref().and_then(|position| position.split_once('/')) {
            Some((list, after)) => (list, Some(after.to_owned()).filter(|after| !after.is_empty())),
            None => (OWN, None),
        };
        Self { context, size, list: list.to_owned(), after, ended }
    }

    async fn part(
        &self,
        owner: Owner,
        size: usize,
        after: Option<String>,
    ) -> Result<Page<Entitlement>, Failure> {
        let now = self.context.now;
        let is_shown = |one: &Entitlement| self.ended || one.status(now) != EntitlementStatus::Ended;
        let query = PageQuery { size, ascending: true, after, consistent: false };
        Ok(self.context.table.page(&EntitlementsOf(owner), &query, Some(&is_shown)).await?)
    }

    /// Reads the party's own entitlements, unless the page begins in a later list.
    async fn own(&self, owner: Owner) -> Result<Page<Entitlement>, Failure> {
        match self.list == OWN {
            true => self.part(owner, self.size, self.after.clone()).await,
            false => Ok(nothing()),
        }
    }

    /// Reads the entitlements of a customer's organization, if the page has room left for them.
    async fn shared(
        &self,
        organization: OrganizationId,
        left: usize,
        own_ended: bool,
    ) -> Result<Page<Entitlement>, Failure> {
        match (&*self.list, left) {
            (LICENSES, _) => Ok(nothing()),
            (_, 0) => Ok(Page { items: Vec::new(), next: own_ended.then(String::new) }),
            (list, left) => {
                let after = self.after.clone().filter(|_| list == SHARED);
                self.part(Owner::Organization(organization), left, after).await
            }
        }
    }

    /// Reads a page of the licenses that partners assigned to an organization, and all license types. It runs
    /// concurrently with the other reads, so that reading more than the page has room for costs no time.
    async fn licensed(
        &self,
        organization: OrganizationId,
    ) -> Result<(Page<Assignment>, Vec<LicenseType>), Failure> {
        let after = self.after.clone().filter(|_| self.list == LICENSES);
        let query = PageQuery { size: self.size, ascending: true, after, consistent: false };
        let (assignments, types) = (AssignmentsOfOrganization(organization), LicenseTypes());
        let page = self.context.table.page(&assignments, &query, None);
        Ok(tokio::try_join!(page, self.context.table.list(&types, false))?)
    }
}

/// Returns the license assignments for which the page has room left, and the position after which there are more. Those
/// whose licenses have all expired are left out unless `ended`. Their terms count in the organization's time zone.
fn licensed_entries(
    (page, types): (Page<Assignment>, Vec<LicenseType>),
    left: usize,
    ended: bool,
    (time_zone, now): (TimeZone, Timestamp),
) -> (Vec<(String, LicensedEntry)>, Option<String>) {
    let position = |one: &Assignment| {
        format!("{LICENSES}/{}", assignment_of_organization_key(one.organization_id, one.id).sk)
    };
    let next = match page.items.len() > left {
        true => page.items.iter().take(left).next_back().map(position).or(Some(format!("{LICENSES}/"))),
        false => page.next.map(|next| format!("{LICENSES}/{next}")),
    };
    let types: BTreeMap<_, _> = types.into_iter().map(|kind| (kind.code.clone(), kind)).collect();
    let some = page.items.into_iter().take(left);
    let some = some.map(|one| (position(&one), LicensedEntry::of(one, &types, (time_zone, now))));
    let some = some.filter(|(_, one)| ended || one.status != EntitlementStatus::Ended);
    (some.collect(), next)
}

/// Prefix of positions in the list of the party's own entitlements.
const OWN: &str = "own";
/// Prefix of positions in the list of the organization's entitlements.
const SHARED: &str = "organization";
/// Prefix of positions in the list of the organization's license assignments.
const LICENSES: &str = "license";

fn nothing<E>() -> Page<E> {
    Page { items: Vec::new(), next: None }
}

impl LicensedEntry {
    fn of(
        assignment: Assignment,
        types: &BTreeMap<LicenseTypeCode, LicenseType>,
        (time_zone, now): (TimeZone, Timestamp),
    ) -> Self {
        let Assignment { id: assignment_id, partner_id, lines, metadata, .. } = assignment;
        let starts_at = metadata.created_at;
        let line = |line: &Line| {
            // License types are never deleted; only one newer than this eventually consistent read is missing.
            let LicenseType { name, term, .. } = types.get(&line.license_type)?.clone();
            let (license_type, quantity) = (line.license_type.clone(), line.quantity);
            Some(LicensedLine { license_type, name, quantity, ends_at: time_zone.after(starts_at, term) })
        };
        let licenses: Vec<_> = lines.iter().filter_map(line).collect();
        let status = match licenses.iter().any(|line| line.ends_at > now) {
            true => EntitlementStatus::Active,
            false => EntitlementStatus::Ended,
        };
        // The name is read for the whole page.
        let partner = Party { id: partner_id, name: None };
        Self { assignment_id, from: LicenseSource::License, partner_id, partner, status, starts_at, licenses }
    }
}

/// Returns the entries of a page with the names of their products and partners.
async fn show(
    context: &Context<'_>,
    actor: &Actor,
    owned: Vec<(&str, EntrySource, Entitlement)>,
    licensed: Vec<(String, LicensedEntry)>,
    next: Option<String>,
    fields: &Fields,
) -> Result<List<ProfileEntry>, Failure> {
    let partners: BTreeSet<_> = licensed.iter().map(|(_, entry)| entry.partner_id).collect();
    let mut wanted = BatchGet::new();
    owned.iter().for_each(|(_, _, entitlement)| wanted.add(&ProductById(entitlement.product_id)));
    Names::want(&mut wanted, partners.iter().copied(), std::iter::empty());
    let authors = owned.iter().filter_map(|(_, _, one)| EntitlementView::details_author(actor, one));
    let authors: Vec<_> = authors.collect();
    People::want(&mut wanted, authors.iter().cloned());
    let found = context.table.fetch(wanted, false).await?;
    let people = People::among(&found, authors.into_iter())?;
    let names = Names::among(&found, partners.into_iter(), std::iter::empty())?;
    let mut placed = Vec::new();
    for (list, from, entitlement) in owned {
        let position = format!("{list}/{}", entitlement.key().sk);
        let product = ProductName::among(&found, entitlement.product_id)?;
        let entitlement = EntitlementView::to(actor, entitlement, fields, context.now).named_by(&people);
        placed
            .push((position, ProfileEntry::OwnedEntry(Box::new(OwnedEntry { from, product, entitlement }))));
    }
    for (position, entry) in licensed {
        let partner = names.partner(entry.partner_id);
        placed.push((position, ProfileEntry::LicensedEntry(LicensedEntry { partner, ..entry })));
    }
    Ok(context.list_of_large(placed, next)?)
}
