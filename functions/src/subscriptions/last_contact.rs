//! Subscriptions that have a single contact.

use api_runtime::table::BatchGet;
use api_runtime::{Context, Failure};
use domain::Subscription;
use domain::subscription::SubscriptionContact;

use super::contacts::Contacts;

/// Returns the active ones of some subscriptions that have contacts, of whom each is the person.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn with_last_contact<'a>(
    context: &Context<'_>,
    subscriptions: &'a [Subscription],
    is_person: impl Fn(&SubscriptionContact) -> bool + Send,
) -> Result<Vec<&'a Subscription>, Failure> {
    let mut wanted = BatchGet::new();
    let active = || subscriptions.iter().filter(|one| one.deactivation.is_none());
    active().for_each(|one| Contacts::of(one).want(&mut wanted));
    let found = context.table.fetch(wanted, true).await?;
    let mut alone = Vec::new();
    for one in active() {
        let contacts = Contacts::of(one).lasting_among(&found)?;
        if !contacts.is_empty() && contacts.into_iter().all(&is_person) {
            alone.push(one);
        }
    }
    Ok(alone)
}
