//! Which requests of a partner are pending: a set in one item, so that there are never too many.

use domain::AccessRequestId;

use super::entity::{Entity, PendingRequests};
use super::write::{Expression, Update};

/// So many requests of a partner are pending at most.
pub const MOST: u64 = 50;

/// One more is pending, unless there are as many as may be.
pub fn add(request: AccessRequestId) -> Update {
    let update = Expression::new("ADD #requests :one SET #entity = :entity");
    let condition = Expression::new("attribute_not_exists(#requests) OR size(#requests) < :most");
    Update {
        update: update.set_of_one("one", request.to_string()).text("entity", PendingRequests::NAME),
        condition: condition.number("most", MOST),
    }
}

/// One is pending no more.
pub fn remove(request: AccessRequestId) -> Update {
    Update {
        update: Expression::new("DELETE #requests :one").set_of_one("one", request.to_string()),
        condition: Expression::new("attribute_exists(#pk)"),
    }
}
