//! A partner's people, on record.

pub mod add_partner_member;
pub mod list_partner_members;
pub mod remove_partner_member;
