//! How people and entitlements follow subscriptions.

use domain::{Email, Entitlement, OrganizationId, Owner, Subscription, Timestamp};

use super::change::{Change, Expression, Refusal, Update};
use super::entity::{Entity, Welcome};
use super::key;
use super::pattern::{EntitlementOf, WelcomeOf};

/// Remembers that somebody is a contact of an organization's subscriptions; it must be for the first time.
pub fn welcome<O: 'static>(change: &mut Change<O>, organization: OrganizationId, email: &Email) {
    let condition = Expression::new("attribute_not_exists(#welcomed)");
    let update = remember(organization, email, "#welcomed = :yes").truth("yes", true);
    let lookup = WelcomeOf(organization, email.clone());
    change.update(&lookup, Update { update, condition }, |_| Refusal::Outdated);
}

/// Remembers that somebody is no customer of an organization any more.
pub fn say_goodbye<O: 'static>(
    change: &mut Change<O>,
    organization: OrganizationId,
    email: &Email,
    now: Timestamp,
) {
    let update = remember(organization, email, "#removedAt = :now").text("now", now.to_string());
    change.add_up(key::welcome(organization, email), update);
}

fn remember(organization: OrganizationId, email: &Email, what: &str) -> Expression {
    let text = format!("SET #entity = :entity, #organizationId = :organization, #email = :email, {what}");
    let update = Expression::new(&text).text("entity", Welcome::NAME).text("email", email.folded());
    update.text("organization", organization.to_string())
}

/// Lets the entitlement that a subscription gives begin and end as the subscription does now. Nothing else of it changes,
/// so that it need not be read.
pub fn follow<O: 'static>(change: &mut Change<O>, subscription: &Subscription, now: Timestamp) {
    let entitlement =
        EntitlementOf(Owner::Organization(subscription.organization_id), subscription.id.entitlement());
    let text = "SET #endsAt = :ends, #updatedAt = :now, #version = #version + :one";
    let update = match subscription.ended_at() {
        Some(ended) => {
            Expression::new(&format!("{text}, #endedAt = :ended")).text("ended", ended.to_string())
        }
        None => Expression::new(&format!("{text} REMOVE #endedAt")),
    };
    let update = update.text("ends", subscription.ends_at().to_string()).text("now", now.to_string());
    let update =
        Update { update: update.number("one", 1), condition: Expression::new("attribute_exists(#pk)") };
    change.update(&entitlement, update, |_: Option<Entitlement>| Refusal::Impossible);
}
