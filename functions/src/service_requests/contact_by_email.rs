//! Chooses the contact of a service request by e-mail: a customer of the organization, or a partner's member with access
//! there.

use api_runtime::table::{AccessInOrganization, BatchGet, BatchResult, EmailInPartner};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use domain::access::{Grant, decide};
use domain::service_request::Person;
use domain::{Access, Actor, ContactRole, Email, ErrorKind, Level, OrganizationId, PartnerId, Role};

use super::{customer_lookup, record, require_record};
use crate::authority::access_check::AuthorizedMember;

/// The caller may not name a contact by this e-mail.
pub(super) const UNKNOWN_CONTACT: ErrorKind = ErrorKind::rule(
    "unknown-contact",
    "no such person can be a contact: name a customer of the organization, or a partner member with access that was requested and approved, or granted to this e-mail; a partner may only name customers and its own members",
);
/// The level of a partner's member is too low for the primary contact.
pub(super) const PRIMARY_NEEDS_UPDATE: ErrorKind = ErrorKind::rule(
    "primary-needs-update",
    "a partner's member needs access of level `update` or above to be the primary contact",
);

/// The person who is named by an e-mail, and the role that this person is to have.
pub(super) struct ContactTarget<'a> {
    /// Organization that the service request belongs to.
    pub(super) organization: OrganizationId,
    /// E-mail of the person.
    pub(super) email: &'a Email,
    /// Role of the contact.
    pub(super) role: ContactRole,
    /// Contacts of the service request who have this e-mail already.
    pub(super) present: &'a [Person],
    /// Name of the input with the role, for the error; none if the path or another input determines it.
    pub(super) input: &'static str,
}

/// Items that decide whom an e-mail names.
pub(super) struct ContactFacts<'a> {
    /// The caller, if it is a partner's member.
    pub(super) caller: Option<&'a AuthorizedMember>,
    /// Access of all partners in the organization; none for a partner's member, who must not learn about it.
    pub(super) others: &'a [Access],
    /// The customer record of the e-mail and, for a partner's member, the record of the e-mail in its partner.
    pub(super) found: &'a BatchResult,
    /// The records of the e-mail in the partners with access; see [`want_members`].
    pub(super) members: &'a BatchResult,
}

/// Reads the items of the batch, and with them those that decide whom an e-mail names. For callers other than a partner's
/// member it also reads the access of all partners in the organization.
pub(super) async fn read(
    context: &Context<'_>,
    mut wanted: BatchGet,
    (organization, partner): (OrganizationId, Option<PartnerId>),
    email: &Email,
) -> Result<(BatchResult, Vec<Access>), Failure> {
    wanted.add(&customer_lookup(organization, email));
    partner.iter().for_each(|partner| wanted.add(&EmailInPartner(*partner, email.clone())));
    let others = async {
        match partner {
            Some(_) => Ok(Vec::new()),
            None => context.table.list(&AccessInOrganization(organization), true).await,
        }
    };
    Ok(tokio::try_join!(context.table.fetch(wanted, true), others)?)
}

/// Adds to a batch read the records of an e-mail in the partners with access.
pub(super) fn want_members(wanted: &mut BatchGet, others: &[Access], email: &Email) {
    others.iter().for_each(|access| wanted.add(&EmailInPartner(access.partner_id, email.clone())));
}

/// Returns the contact whom the e-mail names, or `None` if the caller may not name one by this e-mail. The records that
/// decide it become conditions of the change.
pub(super) fn choose(
    context: &Context<'_>,
    actor: &Actor,
    change: &mut Change,
    target: &ContactTarget<'_>,
    facts: &ContactFacts<'_>,
) -> Result<Option<Person>, Failure> {
    let ContactTarget { organization, email, role, present, input } = *target;
    if let Some(customer_id) = record(facts.found, organization, email)? {
        require_record(change, organization, email, customer_id);
        return Ok(Some(Person::Customer { customer_id }));
    }
    let best = match facts.caller {
        Some(caller) => best_of(context, &[(caller.access(), true)], facts.found, email, present)?,
        None => {
            let candidates = candidates(context, actor, facts.others, email, present);
            best_of(context, &candidates, facts.members, email, present)?
        }
    };
    let Some((access, person, level)) = best else { return Ok(None) };
    require_member(change, access, email, &person, facts.caller)?;
    if !level.allows(role.action()) {
        change.reject(&PRIMARY_NEEDS_UPDATE, &[&input]);
    }
    Ok(Some(person))
}

/// Returns the partners whose members the caller may name, and for each whether any of its members may be named or only
/// a present contact. Until the organization has approved a request of a partner, its people may name only a present
/// contact, whom they see, and an e-mail that was granted access directly; otherwise they could find out who the
/// partner's members are. The vendor's people may name the members of every partner with access.
fn candidates<'a>(
    context: &Context<'_>,
    actor: &Actor,
    all: &'a [Access],
    email: &Email,
    present: &[Person],
) -> Vec<(&'a Access, bool)> {
    let candidate = |access: &'a Access| {
        let is_open = may_name(context, actor, access, email);
        let is_present = present.iter().any(|one| one.partner_id() == Some(access.partner_id));
        (is_open || is_present).then_some((access, is_open))
    };
    all.iter().filter_map(candidate).collect()
}

/// Returns whether the caller may name the member of a partner with this e-mail, if there is one. A partner's people may
/// name all members of their own partner.
pub(super) fn may_name(context: &Context<'_>, actor: &Actor, access: &Access, email: &Email) -> bool {
    let is_given = |grant: &Grant| grant.individual.as_ref().is_some_and(|one| one.email == *email);
    let disclosed = actor.is_staff() || access.requested || actor.has_one_of(&[Role::PartnerMember]);
    access.grants.iter().any(|grant| grant.is_active(context.now) && (disclosed || is_given(grant)))
}

/// Returns the member with this e-mail and the level of its access: the member who is a present contact, else the one
/// with the highest level. `candidates` says for each partner whether any of its members may be named or only a present
/// contact.
fn best_of<'a>(
    context: &Context<'_>,
    candidates: &[(&'a Access, bool)],
    records: &BatchResult,
    email: &Email,
    present: &[Person],
) -> Result<Option<(&'a Access, Person, Level)>, Failure> {
    let mut best = None;
    for (access, is_open) in candidates {
        let Access { partner_id, grants, .. } = access;
        let Some(record) = records.get(&EmailInPartner(*partner_id, email.clone()))? else { continue };
        let Some(record) = record.member_record()? else { continue };
        let Some(grant) = decide(grants, email, Some(record), context.now).by else { continue };
        let person = Person::Member { partner_id: *partner_id, member_id: record.id };
        let is_present = present.contains(&person);
        if !is_open && !is_present {
            continue;
        }
        let rank = (is_present, grant.level);
        if best.as_ref().is_none_or(|(before, _)| *before < rank) {
            best = Some((rank, (*access, person, grant.level)));
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
    person: &Person,
    caller: Option<&AuthorizedMember>,
) -> Result<(), Failure> {
    if caller.is_none() {
        change.confirm(access, access.metadata.version, None)?;
    }
    if let Some(member_id) = person.member_id().filter(|_| caller.is_none_or(|member| member.email != *email))
    {
        let record = EmailInPartner(access.partner_id, email.clone());
        change.require_owner(&record, member_id, || ConditionFailure::Stale);
    }
    Ok(())
}
