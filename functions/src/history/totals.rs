//! Totals of a history.

use std::collections::BTreeMap;

use domain::event::{LicenseAssigned, LicenseCredited, LicenseWithdrawn};
use domain::{Event, EventKind, LicenseTypeCode};
use schemars::JsonSchema;
use serde::Serialize;

/// Totals of all events that the query selects, of all pages together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoryTotals {
    /// Number of events.
    events: usize,
    /// Licenses that the events credited, withdrew and assigned: an item for each license type of which there is such
    /// an event, sorted by code.
    licenses: Vec<LicenseTotals>,
}

/// Numbers of licenses of one type that events credited, withdrew and assigned.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LicenseTotals {
    /// Code of the license type.
    license_type: LicenseTypeCode,
    /// Number of licenses that orders added to pools.
    credited: u64,
    /// Number of licenses that lowered and cancelled orders withdrew from pools.
    withdrawn: u64,
    /// Number of licenses that were assigned from pools.
    assigned: u64,
    /// Change of the licenses that can still be assigned: `credited` less `withdrawn` and `assigned`.
    net: i64,
}

impl HistoryTotals {
    /// Adds up events.
    pub fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut count: usize = 0;
        let mut by_type: BTreeMap<&LicenseTypeCode, [u64; 3]> = BTreeMap::new();
        for event in events {
            count = count.saturating_add(1);
            let (license_type, quantities) = match &event.kind {
                EventKind::LicenseCredited(LicenseCredited { license_type, quantity, .. }) => {
                    (license_type, [*quantity, 0, 0])
                }
                EventKind::LicenseWithdrawn(LicenseWithdrawn { license_type, quantity, .. }) => {
                    (license_type, [0, *quantity, 0])
                }
                EventKind::LicenseAssigned(LicenseAssigned { license_type, quantity, .. }) => {
                    (license_type, [0, 0, *quantity])
                }
                _ => continue,
            };
            let sums = by_type.entry(license_type).or_default();
            for (sum, quantity) in sums.iter_mut().zip(quantities) {
                *sum = sum.saturating_add(quantity);
            }
        }
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let of_type = |(license_type, [credited, withdrawn, assigned]): (&LicenseTypeCode, [u64; 3])| {
            let net = signed(credited).saturating_sub(signed(withdrawn)).saturating_sub(signed(assigned));
            LicenseTotals { license_type: license_type.clone(), credited, withdrawn, assigned, net }
        };
        Self { events: count, licenses: by_type.into_iter().map(of_type).collect() }
    }
}
