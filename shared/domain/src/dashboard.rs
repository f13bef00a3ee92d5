//! Support dashboard: monthly counts of an organization's service requests, updated with each change of a service
//! request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use schemars::JsonSchema;
use serde::Serialize;

use crate::service_request::{Month, ServiceRequest};
use crate::service_request_kind::{ServiceRequestKind, ServiceRequestStatus};
use crate::time::{Period, Timestamp};

/// Number of months that a dashboard shows, including the present one.
pub const MONTHS: u8 = 12;

/// Bucket of durations, in minutes: one minute wide below 16 minutes, from there on one eighth of the largest power
/// of two that the duration contains. So a histogram of any number of durations is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(u16);

impl Bucket {
    const EXACT: u64 = 16;
    const PARTS: u64 = 8;

    /// Returns the bucket of the duration between two instants.
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        let minutes = to.unix_millis().saturating_sub(from.unix_millis()) / 60_000;
        let index = match minutes.checked_ilog2() {
            Some(power @ 4..) => {
                let part = (minutes >> (power - 3)) % Self::PARTS;
                Self::EXACT + u64::from(power - 4) * Self::PARTS + part
            }
            _ => minutes,
        };
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// Returns the shortest duration in the bucket.
    pub fn lower_bound(self) -> Period {
        let index = u64::from(self.0);
        let minutes = match index.checked_sub(Self::EXACT) {
            None => index,
            Some(above) => (Self::PARTS + above % Self::PARTS) << (above / Self::PARTS + 1).min(32),
        };
        Period::elapsed(u32::try_from(minutes).unwrap_or(u32::MAX))
    }
}

/// Counter of the service requests that were submitted in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Counts those of a kind that have a status at present.
    ByStatus(ServiceRequestKind, ServiceRequestStatus),
    /// Counts those to which the vendor gave its first answer after a duration in this bucket.
    Answered(Bucket),
    /// Counts those that are solved or closed at present, and became so after a duration in this bucket.
    Solved(Bucket),
}

/// Prefixes of the names of bucket counters. They are short because an item has hundreds of these names, and is read
/// and written as a whole.
const ANSWERED: &str = "a";
const SOLVED: &str = "s";

/// Writes the counter's name as an attribute, which has only letters and digits.
impl Display for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ByStatus(kind, status) => write!(f, "{}{}", status.name(), kind.name().replace('-', "")),
            Self::Answered(Bucket(index)) => write!(f, "{ANSWERED}{index}"),
            Self::Solved(Bucket(index)) => write!(f, "{SOLVED}{index}"),
        }
    }
}

impl ServiceRequest {
    /// Returns the counters that count the service request.
    pub fn counters(&self) -> impl Iterator<Item = Counter> {
        let submitted = self.metadata.created_at;
        let answered = self.answered_at.map(|at| Counter::Answered(Bucket::between(submitted, at)));
        let solved = self.solved_at.map(|at| Counter::Solved(Bucket::between(submitted, at)));
        std::iter::once(Counter::ByStatus(self.kind, self.status)).chain(answered).chain(solved)
    }

    /// Returns the counters that change, each by +1 or -1, since the version `before`; `None` stands for a new
    /// service request.
    pub fn counted_since(&self, before: Option<&Self>) -> Vec<(String, i8)> {
        let names = |request: &Self| request.counters().map(|one| one.to_string()).collect::<BTreeSet<_>>();
        let (old, new) = (before.map(names).unwrap_or_default(), names(self));
        let more = new.difference(&old).map(|name| (name.clone(), 1));
        more.chain(old.difference(&new).map(|name| (name.clone(), -1))).collect()
    }
}

/// Values of the counters of one month, by their names.
pub type Counts = BTreeMap<String, i64>;

/// Numbers of service requests by their present status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusCounts {
    /// Number of all service requests, in any status.
    pub submitted: i64,
    /// Number of service requests that wait for the vendor.
    pub open: i64,
    /// Number of service requests that wait for the person who submitted them.
    pub waiting: i64,
    /// Number of service requests that the vendor considers solved.
    pub solved: i64,
    /// Number of service requests that are closed.
    pub closed: i64,
}

impl StatusCounts {
    /// Returns the numbers of several months together.
    pub fn of(counts: &[&Counts]) -> Self {
        let none = Self::default();
        ServiceRequestKind::ALL.into_iter().fold(none, |progress, kind| status_counts(counts, kind, progress))
    }

    fn add(&mut self, status: ServiceRequestStatus, number: i64) {
        self.submitted += number;
        *match status {
            ServiceRequestStatus::Open => &mut self.open,
            ServiceRequestStatus::Waiting => &mut self.waiting,
            ServiceRequestStatus::Solved => &mut self.solved,
            ServiceRequestStatus::Closed => &mut self.closed,
        } += number;
    }
}

/// Figures of the service requests that were submitted in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Numbers by present status.
    #[serde(flatten)]
    pub progress: StatusCounts,
    /// Median time from the submission to the vendor's first text; ISO 8601. It is rounded down, to a minute below 16
    /// minutes and by less than one eighth above; a day in it is 24 hours. Absent if no service request was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_to_first_answer: Option<Period>,
    /// Median time from the submission until the service request was solved or closed, of those that are solved or
    /// closed at present; ISO 8601. It is rounded like `medianToFirstAnswer`. Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_to_solution: Option<Period>,
}

impl Figures {
    /// Returns the figures of several months together.
    pub fn of(counts: &[&Counts]) -> Self {
        Self {
            progress: StatusCounts::of(counts),
            median_to_first_answer: median(counts, ANSWERED),
            median_to_solution: median(counts, SOLVED),
        }
    }
}

/// Numbers of service requests of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KindFigures {
    /// Kind of the service requests.
    pub kind: ServiceRequestKind,
    /// Numbers by present status.
    #[serde(flatten)]
    pub progress: StatusCounts,
}

/// Figures of the service requests that were submitted in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MonthFigures {
    /// Month in UTC, such as `2026-01`.
    pub month: Month,
    /// Figures of the month.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of the service requests that were submitted for an organization in the last twelve months, including the
/// present one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    /// Figures of all twelve months together.
    #[serde(flatten)]
    pub all: Figures,
    /// Numbers of each kind, over all twelve months.
    pub by_kind: Vec<KindFigures>,
    /// Figures of each of the twelve months, the oldest first and the present one last.
    pub by_month: Vec<MonthFigures>,
}

impl Dashboard {
    /// Returns the dashboard at an instant. A month that is absent from `counted` has no service requests.
    pub fn of(counted: &BTreeMap<Month, Counts>, now: Timestamp) -> Self {
        let (none, months) = (Counts::new(), Self::months(now));
        let counts: Vec<&Counts> = months.iter().map(|month| counted.get(month).unwrap_or(&none)).collect();
        let by_kind = ServiceRequestKind::ALL.map(|kind| KindFigures {
            kind,
            progress: status_counts(&counts, kind, StatusCounts::default()),
        });
        let by_month = months.into_iter().zip(&counts);
        let by_month =
            by_month.map(|(month, counts)| MonthFigures { month, figures: Figures::of(&[counts]) });
        Self { all: Figures::of(&counts), by_kind: by_kind.to_vec(), by_month: by_month.collect() }
    }

    /// Returns the months that the dashboard shows at an instant, the present one last.
    pub fn months(now: Timestamp) -> Vec<Month> {
        let past = (0..MONTHS).rev();
        past.map(|past| Month::of(now.before(Period::months(past)))).collect()
    }
}

fn status_counts(counts: &[&Counts], kind: ServiceRequestKind, mut progress: StatusCounts) -> StatusCounts {
    for status in ServiceRequestStatus::ALL {
        let name = Counter::ByStatus(kind, status).to_string();
        progress.add(status, counts.iter().filter_map(|counts| counts.get(&name)).sum());
    }
    progress
}

/// Returns the lower median over the bucket counters whose names are `name` and the number of the bucket.
fn median(counts: &[&Counts], name: &str) -> Option<Period> {
    let mut histogram: BTreeMap<u16, i64> = BTreeMap::new();
    for (counter, number) in counts.iter().flat_map(|counts| counts.iter()) {
        if let Some(index) = counter.strip_prefix(name).and_then(|index| index.parse().ok()) {
            *histogram.entry(index).or_default() += number;
        }
    }
    let mut left = (histogram.values().sum::<i64>() + 1) / 2;
    let found = histogram.into_iter().find(|(_, number)| {
        left -= number;
        *number > 0 && left <= 0
    });
    found.map(|(index, _)| Bucket(index).lower_bound())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minutes: u64) -> Timestamp {
        Timestamp::from_unix_millis(minutes * 60_000)
    }

    #[test]
    fn twelve_months_are_shown_with_the_current_one_last() {
        let now = "2026-03-31T23:00:00Z".parse().unwrap();
        let months: Vec<_> = Dashboard::months(now).iter().map(Month::to_string).collect();
        assert_eq!(
            (months.len(), &*months[0], &*months[10], &*months[11]),
            (12, "2025-04", "2026-02", "2026-03")
        );
        let empty = Dashboard::of(&BTreeMap::new(), now);
        assert_eq!((empty.all.progress, empty.all.median_to_solution), (StatusCounts::default(), None));
        assert_eq!((empty.by_kind.len(), empty.by_month.len()), (6, 12));
    }

    proptest! {
        #[test]
        fn bucket_lower_bound_is_within_an_eighth_of_the_value(minutes in 0u64..200_000_000, start in 0u64..1000) {
            let bucket = Bucket::between(at(start), at(start + minutes));
            let least = at(0).after(bucket.lower_bound()).unix_millis() / 60_000;
            prop_assert!(least <= minutes, "{least} {minutes}");
            prop_assert!(minutes < 16 && least == minutes || (minutes - least) * 8 < minutes, "{least} {minutes}");
            prop_assert_eq!(Bucket::between(at(0), at(least)), bucket);
            prop_assert!(Bucket::between(at(0), at(minutes + 1)) >= bucket);
        }

        #[test]
        fn median_is_the_lower_middle_value_over_all_counts(times in proptest::collection::vec(0u64..3000, 0..40)) {
            let mut counts = [Counts::new(), Counts::new()];
            for (place, minutes) in times.iter().enumerate() {
                let name = Counter::Answered(Bucket::between(at(0), at(*minutes))).to_string();
                *counts[place % 2].entry(name).or_default() += 1;
            }
            let mut sorted = times.clone();
            sorted.sort_unstable();
            let middle = sorted.get((sorted.len().max(1) - 1) / 2);
            let expected = middle.map(|minutes| Bucket::between(at(0), at(*minutes)).lower_bound());
            prop_assert_eq!(median(&[&counts[0], &counts[1]], ANSWERED), expected);
        }
    }
}
