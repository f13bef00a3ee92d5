//! What is counted of an organization's service requests: changed in the transactions that change them, without being read.

use domain::ServiceRequest;
use domain::service_request::Month;

use super::entity::{Entity, Tally};
use super::key;
use super::write::{Action, Expression, Write};

/// Counts a service request that was, if it was, something else before, in the month in which it was submitted; none if no
/// count changes.
pub fn count(request: &ServiceRequest, before: Option<&ServiceRequest>) -> Option<Write> {
    let counted = request.counted_since(before);
    if counted.is_empty() {
        return None;
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
        update = update.negative("less", 1);
    }
    let month = Month::of(request.stamp.created_at);
    Some(Write::always(key::tally(request.organization_id, &month), Action::Update(update)))
}
