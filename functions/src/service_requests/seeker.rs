//! Finds the service requests that concern a partner's member: those that its partner's members submitted, and those that
//! it was added to.

use std::collections::BTreeMap;

use api_runtime::table::read::{BatchResult, ItemFilter};
use api_runtime::table::{
    BatchGet, ConcernedParty, CustomersByEmail, EmailInPartner, Page, PageQuery, ServiceRequestOf,
    ServiceRequestRef, ServiceRequestsOf,
};
use api_runtime::{Context, Failure, List};
use domain::service_request::{Person, ServiceRequestFilter};
use domain::{Actor, CustomerId, Email, OrganizationId, PartnerId, ServiceRequest};
use futures_util::future::try_join_all;

use super::selection::Selection;
use super::view::ServiceRequestView;
use super::{customer_lookup, record, seeking};
use crate::authority::access_check::{AccessCheck, AuthorizedMember};

/// A partner's member who looks for the service requests that concern its partner or itself.
pub(super) struct Seeker<'a> {
    /// The member.
    pub(super) member: Person,
    /// Partner of the member.
    pub(super) partner: PartnerId,
    /// E-mail of the member.
    pub(super) email: &'a Email,
    /// Customer records of the member's e-mail.
    pub(super) records: Vec<CustomerId>,
    /// Organization whose service requests are listed, in which the member's level is below `look`: then those that other
    /// members submitted are left out. All organizations if none.
    pub(super) organization: Option<OrganizationId>,
}

impl Seeker<'_> {
    /// Returns the person under each of its records and, if it is a customer, as it acted before it had a record.
    fn people(&self) -> Vec<Person> {
        let customers = self.records.iter().map(|customer_id| Person::Customer { customer_id: *customer_id });
        let before = self.records.first().map(|_| Person::Unrecorded { email: self.email.clone() });
        std::iter::once(self.member.clone()).chain(customers).chain(before).collect()
    }

    /// Reads from the index where the service requests are.
    async fn find(
        &self,
        context: &Context<'_>,
        page_query: &PageQuery,
        filter: &ServiceRequestFilter,
    ) -> Result<Page<ServiceRequestRef>, Failure> {
        let of = |party| ServiceRequestsOf {
            party,
            organization: self.organization,
            from: filter.from,
            to: filter.to,
        };
        let submitted = of(ConcernedParty::Partner(self.partner));
        let is_own =
            |request_ref: &ServiceRequestRef| request_ref.submitted_by.as_ref() == Some(&self.member);
        let choice: Option<ItemFilter<'_, _>> = self.organization.is_some().then_some(&is_own as _);
        let submitted = context.table.page(&submitted, page_query, choice);
        let lists: Vec<_> = self.people().into_iter().map(|one| of(ConcernedParty::Person(one))).collect();
        let added = try_join_all(lists.iter().map(|list| context.table.page(list, page_query, None)));
        let (submitted, mut pages) = tokio::try_join!(submitted, added)?;
        pages.push(submitted);
        Ok(Page::merge(pages, page_query, |request_ref| request_ref.place().to_owned()))
    }
}

/// Reads, with consistent reads, the service requests that the eventually consistent index returned, and the records
/// that decide access to them; returns also the access of the caller in each organization, `None` where it has none.
async fn read_current(
    context: &Context<'_>,
    actor: &Actor,
    email: &Email,
    request_refs: &[ServiceRequestRef],
) -> Result<(BatchResult, BTreeMap<OrganizationId, Option<AuthorizedMember>>), Failure> {
    let (mut wanted, mut organizations) = (BatchGet::new(), BTreeMap::new());
    for request_ref in request_refs {
        let organization = request_ref.organization_id;
        wanted.add(&ServiceRequestOf(organization, request_ref.service_request()?));
        wanted.add(&customer_lookup(organization, email));
        organizations.insert(organization, None::<AuthorizedMember>);
    }
    for organization in organizations.keys() {
        AccessCheck::of(actor, *organization)?.iter().for_each(|access_check| access_check.want(&mut wanted));
    }
    let found = context.table.fetch(wanted, true).await?;
    for (organization, member) in &mut organizations {
        if let Some(access_check) = AccessCheck::of(actor, *organization)? {
            *member = match access_check.prove(context, &found) {
                Ok(proved) => Some(proved),
                Err(Failure::Problem(_)) => None,
                Err(failure) => return Err(failure),
            };
        }
    }
    Ok((found, organizations))
}

/// Returns the service requests, of all organizations, that the partner's members submitted or that this member was added
/// to, as far as this member may see them now. The page may be short.
pub(super) async fn list_for_member(
    context: &Context<'_>,
    actor: &Actor,
    partner: PartnerId,
    selection: &Selection<'_>,
) -> Result<List<ServiceRequestView>, Failure> {
    let email = &actor.require_email()?;
    let own = EmailInPartner(partner, email.clone());
    let as_customer = CustomersByEmail(email.clone());
    let mut wanted = BatchGet::new();
    wanted.add(&own);
    let (found, as_customer) =
        tokio::try_join!(context.table.fetch(wanted, true), context.table.list(&as_customer, false))?;
    let own = found.get(&own)?.map(|own| own.member_record()).transpose()?.flatten();
    let Some(own) = own else { return Ok(context.list(Vec::new(), None)) };
    let seeker = Seeker {
        member: Person::Member { partner_id: partner, member_id: own.id },
        partner,
        email,
        records: as_customer.iter().map(|customer| customer.id).collect(),
        organization: None,
    };
    list_for_seeker(context, actor, &seeker, selection).await
}

/// Returns the service requests that concern a partner's member, as far as it may see them now. The page may be short.
pub(super) async fn list_for_seeker(
    context: &Context<'_>,
    actor: &Actor,
    seeker: &Seeker<'_>,
    selection: &Selection<'_>,
) -> Result<List<ServiceRequestView>, Failure> {
    let page_query = selection.page_query(context);
    let Page { items: request_refs, next } = seeker.find(context, &page_query, &selection.filter).await?;
    let (found, organizations) = read_current(context, actor, seeker.email, &request_refs).await?;
    let mut items = Vec::new();
    for request_ref in request_refs {
        let organization = request_ref.organization_id;
        let Some(Some(member)) = organizations.get(&organization) else { continue };
        let request = found.get(&ServiceRequestOf(organization, request_ref.service_request()?))?;
        let record = record(&found, organization, seeker.email)?;
        let is_open = |request: &ServiceRequest| request.is_open_to(member.level(), &seeking(member, record));
        let request = request.filter(|request| selection.filter.wants(request) && is_open(request));
        items.extend(request.map(|request| (request_ref.place().to_owned(), request)));
    }
    let found = selection.in_order(context, (items, next))?;
    selection.show(context, actor, found).await
}
