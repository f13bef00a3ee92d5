//! What is counted of an organization's service requests: changed in the transactions that change them, without being read.

use domain::ServiceRequest;
use domain::service_request::Month;

use super::change::{Change, Expression};
use super::entity::{Entity, Tally};
use super::key;

/// Counts a service request that was, if it was, something else before, in the month in which it was submitted.
pub fn count<O: 'static>(change: &mut Change<O>, request: &ServiceRequest, before: Option<&ServiceRequest>) {
    let counted = request.counted_since(before);
    if counted.is_empty() {
        return;
    }
    let add = counted.iter().map(|(name, number)| match number {
        ..0 => format!("#{name} :less"),
        _ => format!("#{name} :more"),
    });
    let text = format!("SET #entity = :entity ADD {}", add.collect::<Vec<_>>().join(", "));
    let mut update = Expression::new(&text).text("entity", Tally::NAME);
    if counted.iter().any(|(_, number)| *number > 0) {
        update = update.number("more", 1);
    }
    if counted.iter().any(|(_, number)| *number < 0) {
        update = update.less("less", 1);
    }
    let month = Month::of(request.stamp.created_at);
    change.add_up(key::tally(request.organization_id, &month), update);
}
