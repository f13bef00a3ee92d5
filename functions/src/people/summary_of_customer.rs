//! Summary of a customer who is not a contact manager.

use api_runtime::table::{
    BatchGet, EmailInOrganization, OrganizationById, Page, PageQuery, ProductById, ServiceRequestScope,
    ServiceRequests,
};
use api_runtime::{Context, Failure};
use domain::service_request::{Person, ServiceRequestFilter};
use domain::{Actor, CustomerId, Email, OrganizationId, ServiceRequest, ServiceRequestStatus, Subscription};

use super::summary::{
    MOST_SHOWN, MySummary, OpenServiceRequests, RenewalRow, Section, ServiceRequestRow, number,
};
use crate::authority::viewer::Viewer;
use crate::party::Names;

/// Maximum number of the organization's service requests with a status among which the customer's own are looked for.
const MOST_REQUESTS: usize = 100;

/// Reads the summary in two steps of concurrent reads.
pub(super) async fn read(
    context: &Context<'_>,
    actor: &Actor,
    organization: Option<OrganizationId>,
) -> Result<MySummary, Failure> {
    // A customer of no organization has neither subscriptions nor service requests.
    let Some(organization) = organization else { return Ok(MySummary::default()) };
    let (now, email) = (context.now, actor.require_email()?);
    let viewer = Viewer::of(actor, organization)?;
    let ((viewer, all, found), open, waiting) = tokio::try_join!(
        viewer.read_with_subscriptions(context, |_| {}),
        read_requests(context, organization, ServiceRequestStatus::Open),
        read_requests(context, organization, ServiceRequestStatus::Waiting),
    )?;
    let record = found.get(&EmailInOrganization(Some(organization), email.clone()))?;
    let record = record.map(|record| record.person()).transpose()?.flatten();
    let own = own_people(email, record);
    let is_own = |one: &ServiceRequest| {
        own.contains(&one.submitted_by) || one.contacts().any(|(_, contact)| own.contains(contact))
    };
    let more = open.next.is_some() || waiting.next.is_some();
    let open: Vec<_> = open.items.into_iter().filter(is_own).collect();
    let waiting: Vec<_> = waiting.items.into_iter().filter(is_own).collect();
    let (all_open, all_waiting) = (number(open.len()), number(waiting.len()));
    let mut newest: Vec<_> = open.into_iter().chain(waiting).collect();
    newest.sort_by_key(|one| std::cmp::Reverse(one.id));
    newest.truncate(MOST_SHOWN);

    let is_due = |one: &Subscription| viewer.sees(one) && RenewalRow::is_due(one, now);
    let mut due: Vec<_> = all.into_values().filter(is_due).collect();
    due.sort_by_key(|one| (one.ends_at(), one.id));
    let mut wanted = BatchGet::new();
    due.iter().take(MOST_SHOWN).for_each(|one| wanted.add(&ProductById(one.product_id)));
    let products = context.table.fetch(wanted, false).await?;
    let names = Names::from(std::iter::empty(), found.get(&OrganizationById(organization))?.into_iter());
    let mut renewals = Vec::new();
    for one in due {
        let product = products.get(&ProductById(one.product_id))?.map(|product| product.name);
        renewals.push(RenewalRow::of(one, &names, product));
    }
    Ok(MySummary {
        renewals: Some(Section::of(renewals.into_iter(), false)),
        open_service_requests: Some(OpenServiceRequests {
            open: all_open,
            waiting: all_waiting,
            more,
            items: newest.into_iter().map(|one| ServiceRequestRow::of(one, &names)).collect(),
            organizations: None,
        }),
        ..MySummary::default()
    })
}

/// Returns the customer as service requests name it: by its record, and as it acted before it had one.
fn own_people(email: Email, record: Option<CustomerId>) -> Vec<Person> {
    let record = record.map(|customer_id| Person::Customer { customer_id });
    record.into_iter().chain([Person::Unrecorded { email }]).collect()
}

/// Reads the newest service requests of the organization with a status.
async fn read_requests(
    context: &Context<'_>,
    organization: OrganizationId,
    status: ServiceRequestStatus,
) -> Result<Page<ServiceRequest>, Failure> {
    let selection = ServiceRequestFilter { kind: None, status: Some(status), from: None, to: None };
    let all = ServiceRequests { among: ServiceRequestScope::Organization(organization), selection };
    let newest = PageQuery { size: MOST_REQUESTS, ascending: false, after: None, consistent: true };
    Ok(context.table.page(&all, &newest, None).await?)
}
