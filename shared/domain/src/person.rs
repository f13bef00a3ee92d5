//! People, as what is stored refers to them: by the id of their record, so that name and e-mail are stored once and can be
//! erased.

use crate::id::{CustomerId, MemberId};

/// Record of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonRef {
    /// Record of a partner's member.
    Member(MemberId),
    /// Record of a customer.
    Customer(CustomerId),
    /// Record of an operator or agent, by the subject (`sub`) of the token.
    Staff(String),
}
