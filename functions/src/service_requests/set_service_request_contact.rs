//! `set-service-request-contact`

use api_runtime::table::{AccessInOrganization, BatchGet, BatchResult, ContactEntry, EmailInPartner};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Failure, Json, Method, Nothing, Operation, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::access::{Grant, decide};
use domain::event::{ServiceRequestContactRemoved, ServiceRequestContactSet};
use domain::service_request::{
    Contact, MOST_ADDITIONAL, Membership, PRIMARY_CONTACT, Person, TOO_MANY_CONTACTS,
};
use domain::{
    Access, AccessAction, Actor, ContactRole, Email, ErrorKind, Faults, Level, OrganizationId, Role,
    ServiceRequest,
};
use schemars::JsonSchema;

use super::former::take_removed;
use super::view::{ServiceRequestView, sees_contact, view, viewer_partner_of};
use super::{
    ContactPath, OTHER_PARTNERS, ServiceRequestLookup, customer_lookup, event_partner, record,
    require_own_partner, require_record,
};
use crate::authority::access_check::{AuthorizedMember, LEVEL_TOO_LOW};
use crate::authority::own_record::require_own_record;

/// Adds a contact to a service request, or changes the role of one.
pub struct SetServiceRequestContact;

const UNKNOWN_CONTACT: ErrorKind = ErrorKind::rule(
    "unknown-contact",
    "no such person can be a contact: name a customer of the organization, or a partner member with access that was requested and approved, or granted to this e-mail; a partner may only name customers and its own members",
);
const PRIMARY_NEEDS_UPDATE: ErrorKind = ErrorKind::rule(
    "primary-needs-update",
    "a partner's member needs access of level `update` or above to be the primary contact",
);

/// The role of the contact.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct SetServiceRequestContactBody {
    /// Role of the contact: `primary` (addressed first by the vendor) or `additional` (kept informed).
    role: ContactRole,
}

impl Operation for SetServiceRequestContact {
    const NAME: &str = "set-service-request-contact";
    const SUMMARY: &str = "Add or change a contact of a service request";
    const DESCRIPTION: &str = "Agents, customers on record in the organization, and partner members whose \
        access level there is `update` or above may call it. The contact is a customer of the organization \
        or a partner's member with access there; a member needs `update` or above to be the primary \
        contact. Partner members name only customers and members of their own partner, and do not change a \
        contact who is another partner's member. Customers name a member only if an access request of the \
        member's partner was approved, or if access was granted to the member's e-mail. The previous \
        primary contact becomes an additional one; a service request has at most 20 additional contacts, not \
        counting people who were removed, whom a new one replaces. \
        Idempotent; each contact that changes is recorded as `service-request.contact-set`.";
    const ROUTES: &[Route] = &[route(
        Method::Put,
        "/v1/organizations/{organizationId}/service-requests/{serviceRequestId}/contacts/{email}",
        &[Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] = &[
        PRIMARY_CONTACT,
        LEVEL_TOO_LOW,
        UNKNOWN_CONTACT,
        PRIMARY_NEEDS_UPDATE,
        TOO_MANY_CONTACTS,
        OTHER_PARTNERS,
    ];

    type Caller = Actor;
    type Path = ContactPath;
    type Query = Nothing;
    type Body = Json<SetServiceRequestContactBody>;
    type Output = ServiceRequestView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ServiceRequestView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (
            ContactPath { organization_id, service_request_id, email },
            Json(SetServiceRequestContactBody { role }),
        ) = (path, body);
        let lookup = ServiceRequestLookup::of(actor, *organization_id, *service_request_id)?;
        let (found, others) = load(context, &lookup, (*organization_id, email)).await?;
        let (before, member) = lookup.find(context, &found)?;
        let mut change = Change::new();
        if let Some(member) = &member {
            member.require(&mut change, AccessAction::Update)?;
        }

        let present = before.contacts().find(|(_, contact)| contact.person.email == *email);
        // The caller must not replace a contact whom it may not see.
        let hidden =
            present.is_some_and(|(_, contact)| !sees_contact(viewer_partner_of(actor), &before, contact));
        let present = present.and_then(|(_, contact)| contact.person.membership);
        let customer = record(&found, *organization_id, email)?;
        if member.is_none() {
            require_own_record(&mut change, actor, customer.map(|_| email));
        }
        let contact = match customer {
            Some(customer) => {
                require_record(&mut change, *organization_id, email, customer);
                let person = Person { email: email.clone(), membership: None };
                Some(Contact { person, customer_id: Some(customer) })
            }
            None => {
                let target = ContactTarget { email, role: *role, present };
                member_contact(context, actor, &mut change, target, (member.as_ref(), &others, &found))
                    .await?
            }
        };
        let (seen, mut request) = (before.metadata.version, before.clone());
        let changed = match contact.filter(|_| !hidden) {
            Some(contact) => request.set_contact(contact, *role),
            None => Err(UNKNOWN_CONTACT),
        };
        let changed = changed.unwrap_or_else(|reason| {
            change.reject(&reason, &[]);
            Vec::new()
        });
        if changed.is_empty() {
            change.confirm(&before, seen, context.if_match())?;
            let shown = view(context, actor, before).await?;
            return context.commit(change, Answer::ok(shown)).await;
        }
        request.metadata = before.metadata.next(context.now);
        make_room(context, &mut change, &mut request).await?;
        change.replace(&request, seen, context.if_match())?;
        record_contacts(&mut change, &request, email, changed, member.as_ref())?;
        let shown = view(context, actor, request).await?;
        context.commit(change, Answer::ok(shown)).await
    }
}

/// If there are too many contacts, lets those who were removed as members or customers make room. Each is recorded as an
/// event.
async fn make_room(
    context: &Context<'_>,
    change: &mut Change,
    request: &mut ServiceRequest,
) -> Result<(), Failure> {
    if request.additional_contacts.len() <= MOST_ADDITIONAL {
        return Ok(());
    }
    for contact in take_removed(context, request).await? {
        ContactEntry::of(request, &contact.person.email).iter().for_each(|entry| change.remove(entry));
        let removed = ServiceRequestContactRemoved {
            service_request_id: request.id,
            customer_id: contact.customer_id,
            member_id: contact.person.membership.map(|of| of.member_id),
        };
        change.record(request.event(removed, event_partner(&contact, None)));
    }
    if request.additional_contacts.len() > MOST_ADDITIONAL {
        change.reject(&TOO_MANY_CONTACTS, &[]);
    }
    Ok(())
}

/// Reads the service request and the person whom the path names. For callers other than a partner's member it also
/// reads the access of all partners in the organization, which a partner must not learn about.
async fn load(
    context: &Context<'_>,
    lookup: &ServiceRequestLookup,
    (organization_id, email): (OrganizationId, &Email),
) -> Result<(BatchResult, Vec<Access>), Failure> {
    let mut wanted = BatchGet::new();
    lookup.want(&mut wanted);
    wanted.add(&customer_lookup(organization_id, email));
    let own = lookup
        .access_check
        .as_ref()
        .map(|access_check| EmailInPartner(access_check.partner(), email.clone()));
    own.iter().for_each(|own| wanted.add(own));
    let others = async {
        match own {
            Some(_) => Ok(Vec::new()),
            None => context.table.list(&AccessInOrganization(organization_id), true).await,
        }
    };
    Ok(tokio::try_join!(context.table.fetch(wanted, true), others)?)
}

/// Writes the entry by which the contact finds the service request, and records an event for each contact that changed.
fn record_contacts(
    change: &mut Change,
    request: &ServiceRequest,
    email: &Email,
    changed: Vec<(ContactRole, Contact)>,
    caller: Option<&AuthorizedMember>,
) -> Result<(), Failure> {
    if let Some(entry) = ContactEntry::of(request, email) {
        change.put(&entry)?;
    }
    for (role, contact) in changed {
        require_own_partner(change, &contact, caller);
        let set = ServiceRequestContactSet {
            service_request_id: request.id,
            role,
            customer_id: contact.customer_id,
            member_id: contact.person.membership.map(|of| of.member_id),
        };
        change.record(request.event(set, event_partner(&contact, caller)));
    }
    Ok(())
}

/// The person whom the path names, and the role that this person is to have.
struct ContactTarget<'a> {
    email: &'a Email,
    role: ContactRole,
    /// Membership under which the person is a contact already; `None` for a customer or a person who is not a contact.
    present: Option<Membership>,
}

/// Returns the contact for a partner's member, or `None` if the caller may not name one by this e-mail. The member's
/// record and access become conditions of the change.
async fn member_contact(
    context: &Context<'_>,
    actor: &Actor,
    change: &mut Change,
    ContactTarget { email, role, present }: ContactTarget<'_>,
    (caller, others, found): (Option<&AuthorizedMember>, &[Access], &BatchResult),
) -> Result<Option<Contact>, Failure> {
    let best = match caller {
        Some(caller) => best_of(context, &[(caller.access(), true)], found, email, present)?,
        None => {
            let candidates = candidates(context, actor, others, email, present);
            let mut wanted = BatchGet::new();
            let record = |access: &Access| EmailInPartner(access.partner_id, email.clone());
            candidates.iter().for_each(|(access, _)| wanted.add(&record(access)));
            let records = context.table.fetch(wanted, true).await?;
            best_of(context, &candidates, &records, email, present)?
        }
    };
    let Some((access, membership, level)) = best else { return Ok(None) };
    require_member(change, access, email, &membership, caller)?;
    if !level.allows(role.action()) {
        change.reject(&PRIMARY_NEEDS_UPDATE, &[&"role"]);
    }
    let person = Person { email: email.clone(), membership: Some(membership) };
    Ok(Some(Contact { person, customer_id: None }))
}

/// Returns the partners whose members the caller may name, and for each whether any of its members may be named or only
/// the present contact. Until the organization has approved a request of a partner, its people may name only the
/// present contact, whom they see, and an e-mail that was granted access directly; otherwise they could find out who
/// the partner's members are. The vendor's people may name the members of every partner with access.
fn candidates<'a>(
    context: &Context<'_>,
    actor: &Actor,
    all: &'a [Access],
    email: &Email,
    present: Option<Membership>,
) -> Vec<(&'a Access, bool)> {
    let is_given = |grant: &Grant| grant.individual.as_ref().is_some_and(|one| one.email == *email);
    let candidate = |access: &'a Access| {
        let disclosed = actor.is_staff() || access.requested;
        let decides = |grant: &Grant| grant.is_active(context.now) && (disclosed || is_given(grant));
        let is_open = access.grants.iter().any(decides);
        let is_present = present.is_some_and(|of| of.partner_id == access.partner_id);
        (is_open || is_present).then_some((access, is_open))
    };
    all.iter().filter_map(candidate).collect()
}

/// Returns the member with this e-mail and the level of its access: the member who is the present contact, else the one
/// with the highest level. `candidates` says for each partner whether any of its members may be named or only the
/// present contact.
fn best_of<'a>(
    context: &Context<'_>,
    candidates: &[(&'a Access, bool)],
    records: &BatchResult,
    email: &Email,
    present: Option<Membership>,
) -> Result<Option<(&'a Access, Membership, Level)>, Failure> {
    let mut best = None;
    for (access, is_open) in candidates {
        let Access { partner_id, grants, .. } = access;
        let Some(record) = records.get(&EmailInPartner(*partner_id, email.clone()))? else { continue };
        let Some(record) = record.member_record()? else { continue };
        let Some(grant) = decide(grants, email, Some(record), context.now).by else { continue };
        let membership = Membership { partner_id: *partner_id, member_id: record.id };
        if !is_open && Some(membership) != present {
            continue;
        }
        let rank = (Some(membership) == present, grant.level);
        if best.as_ref().is_none_or(|(before, _)| *before < rank) {
            best = Some((rank, (*access, membership, grant.level)));
        }
    }
    Ok(best.map(|(_, best)| best))
}

/// Requires at commit that the member's record and the access that was read still hold. Leaves out items on which the
/// change has a condition already, because a transaction accepts one action per item.
fn require_member(
    change: &mut Change,
    access: &Access,
    email: &Email,
    Membership { partner_id, member_id }: &Membership,
    caller: Option<&AuthorizedMember>,
) -> Result<(), Failure> {
    if caller.is_none() {
        change.confirm(access, access.metadata.version, None)?;
    }
    if caller.is_none_or(|member| member.email != *email) {
        let record = EmailInPartner(*partner_id, email.clone());
        change.require_owner(&record, member_id, || ConditionFailure::Stale);
    }
    Ok(())
}
