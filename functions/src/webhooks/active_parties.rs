//! Conditions that the parties of a subscription are active, for messages that make it run or hand it over: a concurrent
//! deactivation either sees what the message wrote or makes the message fail.

use std::fmt::Display;

use api_runtime::table::{OrganizationById, PartnerById, is_active};
use api_runtime::{Change, ConditionFailure};
use domain::deactivation::{DEACTIVATED_ORGANIZATION, DEACTIVATED_PARTNER};
use domain::{OrganizationId, PartnerId, Subscription};

/// Requires that the organization of the subscription that a message names is active at commit.
pub(super) fn require_active_organization(change: &mut Change, organization: OrganizationId) {
    change.require_that(&OrganizationById(organization), is_active(), |_| {
        ConditionFailure::rejected(&DEACTIVATED_ORGANIZATION, &[&"data", &"subscription"])
    });
}

/// Requires that a partner is active at commit. `field` is the field of `data` that leads to the partner.
pub(super) fn require_active_partner(change: &mut Change, partner: PartnerId, field: &'static str) {
    change.require_that(&PartnerById(partner), is_active(), move |_| {
        let steps: &[&dyn Display] = &[&"data", &field];
        ConditionFailure::rejected(&DEACTIVATED_PARTNER, steps)
    });
}

/// Requires that a subscription's organization, and the partner that manages it, are active at commit.
pub(super) fn require_active_parties(change: &mut Change, subscription: &Subscription) {
    require_active_organization(change, subscription.organization_id);
    if let Some(partner) = subscription.buyer().partner_id {
        require_active_partner(change, partner, "subscription");
    }
}
