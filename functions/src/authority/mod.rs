//! Who may do what: every decision that concerns more than one operation.

pub mod access_check;
pub mod own_record;
pub mod viewer;
