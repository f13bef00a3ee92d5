//! Service requests: support cases that customers submit, and that partners submit and update as their access level
//! allows.

automod::dir!(pub "src/service_requests");

use api_runtime::table::{
    BatchGet, BatchResult, EmailInOrganization, ServiceRequestOf, UnsolvedRequest, count_service_request,
};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use deserr::Deserr;
use domain::service_request::{Person, SeekingMember};
use domain::{
    Actor, CustomerId, Email, ErrorKind, Faults, OrganizationId, PartnerId, Problem, ServiceRequest,
    ServiceRequestId,
};
use schemars::JsonSchema;

use crate::authority::access_check::{AccessCheck, AuthorizedMember};

/// Path of a service request.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct ServiceRequestPath {
    /// Organization that the service request belongs to.
    organization_id: OrganizationId,
    /// Id of the service request.
    service_request_id: ServiceRequestId,
}

/// Path of a contact of a service request.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct ContactPath {
    /// Organization that the service request belongs to.
    organization_id: OrganizationId,
    /// Id of the service request.
    service_request_id: ServiceRequestId,
    /// E-mail of the contact, at most 254 bytes; upper and lower case are not distinguished.
    email: Email,
}

/// A service request that a path names, and the proof of access that the caller needs to see it; both are read in one
/// batch.
struct ServiceRequestLookup {
    request: ServiceRequestOf,
    access_check: Option<AccessCheck>,
}

impl ServiceRequestLookup {
    /// Returns the lookup for a caller and the ids of a path; 404 for the people of other organizations.
    fn of(actor: &Actor, organization: OrganizationId, request: ServiceRequestId) -> Result<Self, Problem> {
        Ok(Self {
            request: ServiceRequestOf(organization, request),
            access_check: AccessCheck::of(actor, organization)?,
        })
    }

    /// Adds the service request to a batch read and, for a partner's member, the records that prove its access.
    fn want(&self, wanted: &mut BatchGet) {
        wanted.add(&self.request);
        if let Some(access_check) = &self.access_check {
            access_check.want(wanted);
            wanted.add(&customer_lookup(self.request.0, access_check.email()));
        }
    }

    /// Returns the service request from the batch, or 404 if the caller may not see it; for a partner's member also its
    /// proven access.
    fn find(
        self,
        context: &Context<'_>,
        found: &BatchResult,
    ) -> Result<(ServiceRequest, Option<AuthorizedMember>), Failure> {
        let request = found.get(&self.request)?;
        let Some(access_check) = self.access_check else {
            return Ok((request.or_not_found()?, None));
        };
        let member = access_check.prove(context, found)?;
        let record = record(found, self.request.0, &member.email)?;
        let seen = request.filter(|one| one.is_open_to(member.level(), &seeking(&member, record)));
        Ok((seen.or_not_found()?, Some(member)))
    }

    /// Reads the batch with consistent reads and evaluates it as [`Self::find`] does.
    async fn resolve(
        self,
        context: &Context<'_>,
    ) -> Result<(ServiceRequest, Option<AuthorizedMember>), Failure> {
        let mut wanted = BatchGet::new();
        self.want(&mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        self.find(context, &found)
    }
}

/// Counts a service request that is created or changed, and marks it, with its status, as long as it is not solved.
fn track(
    change: &mut Change,
    request: &ServiceRequest,
    before: Option<&ServiceRequest>,
) -> Result<(), Failure> {
    count_service_request(request, before).into_iter().for_each(|count| change.add(count));
    let marked = before.map(|before| before.status).filter(|status| !status.is_solved());
    match (request.status.is_solved(), marked) {
        (false, marked) if marked != Some(request.status) => change.put(&UnsolvedRequest::of(request))?,
        (true, Some(_)) => change.remove(&UnsolvedRequest::of(request)),
        _ => {}
    }
    Ok(())
}

/// Returns whether a person submitted a service request for another organization than its own, as the primary contact.
/// Only then has the service request a time zone of its own.
fn is_for_another_organization(submitter: &Person, primary_contact: &Person) -> bool {
    submitter.partner_id().is_some() && submitter == primary_contact
}

/// Returns a member as it looks for its own service requests; `record` is its customer record in the organization.
fn seeking(member: &AuthorizedMember, record: Option<CustomerId>) -> SeekingMember<'_> {
    SeekingMember { member: member.person(), email: &member.email, record }
}

/// Returns the lookup of the customer record that an e-mail has in an organization.
fn customer_lookup(organization: OrganizationId, email: &Email) -> EmailInOrganization {
    EmailInOrganization(Some(organization), email.clone())
}

/// Returns the customer that an e-mail belongs to in an organization, from the items that were read.
fn record(
    found: &BatchResult,
    organization: OrganizationId,
    email: &Email,
) -> Result<Option<CustomerId>, Failure> {
    let record = found.get(&customer_lookup(organization, email))?;
    Ok(record.map(|record| record.person()).transpose()?.flatten())
}

/// Requires at commit that the e-mail still belongs to this customer; otherwise the operation is retried.
fn require_record(change: &mut Change, organization: OrganizationId, email: &Email, customer: CustomerId) {
    change.require_owner(&customer_lookup(organization, email), customer, || ConditionFailure::Stale);
}

const MISPLACED_TIME_ZONE: ErrorKind = ErrorKind::rule(
    "misplaced-time-zone",
    "only a partner's member who submits a service request as its primary contact states a time zone; otherwise the organization's applies",
);
const OTHER_PARTNERS: ErrorKind = ErrorKind::forbidden(
    "other-partners-contact",
    "this contact is another partner's member: only the organization and the vendor may change it",
);

/// Rejects the change if a partner's member acts on a contact who is another partner's member.
fn require_own_partner(change: &mut Change, contact: &Person, acting: Option<&AuthorizedMember>) {
    let of = contact.partner_id();
    if acting.is_some_and(|member| of.is_some_and(|of| of != member.partner)) {
        change.reject(&OTHER_PARTNERS, &[]);
    }
}

/// Returns the partner that the event about a contact concerns: that of the acting member, else that of the contact.
fn event_partner(contact: &Person, acting: Option<&AuthorizedMember>) -> Option<PartnerId> {
    acting.map(|member| member.partner).or(contact.partner_id())
}
