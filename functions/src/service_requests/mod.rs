//! Support cases: submitted by customers, and for them by partners as far as their access goes.

automod::dir!(pub "src/service_requests");

use api_runtime::table::{BatchGet, BatchResult, EmailInOrganization, ServiceRequestOf};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use deserr::Deserr;
use domain::service_request::Contact;
use domain::{
    Actor, CustomerId, Email, ErrorKind, Faults, OrganizationId, PartnerId, Problem, ServiceRequest,
    ServiceRequestId,
};
use schemars::JsonSchema;

use crate::authority::access_check::{AccessCheck, AuthorizedMember};

/// A path that names a service request.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct ServiceRequestPath {
    /// Whose.
    organization_id: OrganizationId,
    /// The service request.
    service_request_id: ServiceRequestId,
}

/// A path that names somebody about a service request.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct ContactPath {
    /// Whose.
    organization_id: OrganizationId,
    /// The service request.
    service_request_id: ServiceRequestId,
    /// The person's e-mail.
    email: Email,
}

/// A service request that somebody names, and what shows whether it is open to them: read together.
struct ServiceRequestLookup {
    request: ServiceRequestOf,
    access_check: Option<AccessCheck>,
}

impl ServiceRequestLookup {
    /// What the caller of this path seeks.
    fn of(actor: &Actor, organization: OrganizationId, request: ServiceRequestId) -> Result<Self, Problem> {
        Ok(Self {
            request: ServiceRequestOf(organization, request),
            access_check: AccessCheck::of(actor, organization)?,
        })
    }

    /// Wants it read.
    fn want(&self, wanted: &mut BatchGet) {
        wanted.add(&self.request);
        if let Some(access_check) = &self.access_check {
            access_check.want(wanted);
            wanted.add(&record_of(self.request.0, access_check.email()));
        }
    }

    /// It among what was read, if it is open to the caller; and what opens it to who has to show that.
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
        let seen = request.filter(|one| one.is_open_to(member.level(), &member.person(), record));
        Ok((seen.or_not_found()?, Some(member)))
    }

    /// Reads it.
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

/// Where it says which customer of an organization has an e-mail.
fn record_of(organization: OrganizationId, email: &Email) -> EmailInOrganization {
    EmailInOrganization(Some(organization), email.clone())
}

/// Which customer of an organization has an e-mail, by what was read.
fn record(
    found: &BatchResult,
    organization: OrganizationId,
    email: &Email,
) -> Result<Option<CustomerId>, Failure> {
    let record = found.get(&record_of(organization, email))?;
    Ok(record.map(|record| record.owner_id()).transpose()?)
}

/// Requires that a customer still has its e-mail.
fn require_record(change: &mut Change, organization: OrganizationId, email: &Email, customer: CustomerId) {
    change.require_owner(&record_of(organization, email), customer, || ConditionFailure::Stale);
}

const OTHER_PARTNERS: ErrorKind = ErrorKind::forbidden(
    "other-partners-contact",
    "this concerns a contact who is another partner's member: that is the organization's to do, or the vendor's",
);

/// Requires that what becomes of a contact is no other partner's business than that of the one that acts.
fn require_own(change: &mut Change, contact: &Contact, acting: Option<&AuthorizedMember>) {
    let of = contact.person.membership.map(|of| of.partner_id);
    if acting.is_some_and(|member| of.is_some_and(|of| of != member.partner)) {
        change.reject(&OTHER_PARTNERS, &[]);
    }
}

/// Whose business it is what becomes of a contact: the partner's that acts, or else that of which the contact is a member.
fn concerned(contact: &Contact, acting: Option<&AuthorizedMember>) -> Option<PartnerId> {
    let own = contact.person.membership.map(|of| of.partner_id);
    acting.map(|member| member.partner).or(own)
}
