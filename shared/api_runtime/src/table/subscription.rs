//! How people and entitlements follow subscriptions.

use domain::{Email, OrganizationId, Owner, Subscription, Timestamp};

use super::entity::{Entity, Welcome};
use super::key;
use super::write::{Action, Expression, Write};

/// Remembers that somebody is a contact of an organization's subscriptions; it must be for the first time.
pub fn welcome(organization: OrganizationId, email: &Email) -> Write {
    let condition = Expression::new("attribute_not_exists(#welcomed)");
    let update = remember(organization, email, "#welcomed = :yes").bool("yes", true);
    Write::on(condition, key::welcome(organization, email), Action::Update(update))
}

/// Remembers that somebody is no customer of an organization any more.
pub fn say_goodbye(organization: OrganizationId, email: &Email, now: Timestamp) -> Write {
    let update = remember(organization, email, "#removedAt = :now").text("now", now.to_string());
    Write::always(key::welcome(organization, email), Action::Update(update))
}

fn remember(organization: OrganizationId, email: &Email, what: &str) -> Expression {
    let text = format!("SET #entity = :entity, #organizationId = :organization, #email = :email, {what}");
    let update = Expression::new(&text).text("entity", Welcome::NAME).text("email", email.folded());
    update.text("organization", organization.to_string())
}

/// Lets the entitlement that a subscription gives begin and end as the subscription does now. Nothing else of it changes,
/// so that it need not be read.
pub fn follow(subscription: &Subscription, now: Timestamp) -> Write {
    let entitlement =
        key::entitlement(Owner::Organization(subscription.organization_id), subscription.id.entitlement());
    let text = "SET #endsAt = :ends, #updatedAt = :now, #version = #version + :one";
    let update = match subscription.ended_at() {
        Some(ended) => {
            Expression::new(&format!("{text}, #endedAt = :ended")).text("ended", ended.to_string())
        }
        None => Expression::new(&format!("{text} REMOVE #endedAt")),
    };
    let update = update.text("ends", subscription.ends_at().to_string()).text("now", now.to_string());
    Write::on(Expression::exists(), entitlement, Action::Update(update.number("one", 1)))
}
