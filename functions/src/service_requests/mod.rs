//! Support cases: submitted by customers, and for them by partners as far as their access goes.

pub mod get_service_request;
pub mod list_service_request_updates;
pub mod list_service_requests;
pub mod list_submit_options;
pub mod open_service_request;
pub mod update_service_request;

use aws::table::pattern::{ContactOf, ServiceRequestOf};
use aws::table::{Found, Wanted};
use aws::{Context, Failure};
use deserr::Deserr;
use domain::{Actor, Faults, OrganizationId, Problem, ServiceRequest, ServiceRequestId};
use schemars::JsonSchema;

use crate::access::claim::{Claim, Held};

/// A path that names a service request.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OfServiceRequest {
    /// Whose.
    organization_id: OrganizationId,
    /// The service request.
    service_request_id: ServiceRequestId,
}

/// A service request that somebody names, and what shows whether it is open to them: read together.
struct Sought {
    request: ServiceRequestOf,
    /// Of who acts for an organization that is not its own: what it has to show, and whether it was added.
    shown: Option<(Claim, ContactOf)>,
}

impl Sought {
    /// What the caller of this path seeks.
    fn of(actor: &Actor, path: &OfServiceRequest) -> Result<Self, Problem> {
        let OfServiceRequest { organization_id, service_request_id } = *path;
        let claim = Claim::of(actor, organization_id)?;
        let shown = claim.map(|claim| {
            let contact = ContactOf(service_request_id, claim.email().clone());
            (claim, contact)
        });
        Ok(Self { request: ServiceRequestOf(organization_id, service_request_id), shown })
    }

    /// Wants it read.
    fn want(&self, wanted: &mut Wanted) {
        wanted.add(&self.request);
        if let Some((claim, contact)) = &self.shown {
            claim.want(wanted);
            wanted.add(contact);
        }
    }

    /// It among what was read, if it is open to the caller; and what opens it to who has to show that.
    fn find(self, context: &Context<'_>, found: &Found) -> Result<(ServiceRequest, Option<Held>), Failure> {
        let request = found.get(&self.request)?;
        let Some((claim, contact)) = self.shown else {
            return Ok((request.ok_or_else(Problem::not_found)?, None));
        };
        let held = claim.prove(context, found)?;
        let contact = found.get(&contact)?;
        let seen = request.filter(|one| one.is_open_to(held.level(), held.member, contact.as_ref()));
        Ok((seen.ok_or_else(Problem::not_found)?, Some(held)))
    }

    /// Reads it.
    async fn settle(self, context: &Context<'_>) -> Result<(ServiceRequest, Option<Held>), Failure> {
        let mut wanted = Wanted::new();
        self.want(&mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        self.find(context, &found)
    }
}
