//! The dashboard: what is counted of an organization's service requests, month by month, as they change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use schemars::JsonSchema;
use serde::Serialize;

use crate::service_request::{Month, ServiceRequest};
use crate::service_request_kind::{ServiceRequestKind, ServiceRequestStatus};
use crate::time::{Period, Timestamp};

/// As many months a dashboard shows, the present one included.
pub const MONTHS: u8 = 12;

/// A length of time, rounded down to where its bucket begins: to a minute below 16 minutes, from there on to an eighth of
/// the power of two that is in it. So a histogram of any number of them is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(u16);

impl Bucket {
    const EXACT: u64 = 16;
    const PARTS: u64 = 8;

    /// The bucket of the time from one instant to another.
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

    /// Where it begins.
    pub fn lower_bound(self) -> Period {
        let index = u64::from(self.0);
        let minutes = match index.checked_sub(Self::EXACT) {
            None => index,
            Some(above) => (Self::PARTS + above % Self::PARTS) << (above / Self::PARTS + 1).min(32),
        };
        Period::minutes(u32::try_from(minutes).unwrap_or(u32::MAX))
    }
}

/// In what a service request is counted, in the month in which it was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Those of a kind that are so far.
    ByStatus(ServiceRequestKind, ServiceRequestStatus),
    /// Those that the vendor answered first after such a time.
    Answered(Bucket),
    /// Those that are solved or closed, and were so after such a time.
    Solved(Bucket),
}

/// What the names of the buckets begin with: an item has hundreds of them, and is read and written whole.
const ANSWERED: &str = "a";
const SOLVED: &str = "s";

/// Its name as an attribute: letters and digits only.
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
    /// In what it is counted.
    pub fn counters(&self) -> impl Iterator<Item = Counter> {
        let submitted = self.metadata.created_at;
        let answered = self.answered_at.map(|at| Counter::Answered(Bucket::between(submitted, at)));
        let solved = self.solved_at.map(|at| Counter::Solved(Bucket::between(submitted, at)));
        std::iter::once(Counter::ByStatus(self.kind, self.status)).chain(answered).chain(solved)
    }

    /// What is counted more, or less, since it was what it was before, if it was.
    pub fn counted_since(&self, before: Option<&Self>) -> Vec<(String, i8)> {
        let names = |request: &Self| request.counters().map(|one| one.to_string()).collect::<BTreeSet<_>>();
        let (old, new) = (before.map(names).unwrap_or_default(), names(self));
        let more = new.difference(&old).map(|name| (name.clone(), 1));
        more.chain(old.difference(&new).map(|name| (name.clone(), -1))).collect()
    }
}

/// How many of a month's service requests are counted in what.
pub type Counts = BTreeMap<String, i64>;

/// How many service requests are so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusCounts {
    /// All that were submitted.
    pub submitted: i64,
    /// Those on which the vendor has to do something.
    pub open: i64,
    /// Those on which who submitted them has to.
    pub waiting: i64,
    /// Those that are done, as far as the vendor knows.
    pub solved: i64,
    /// Those that are over.
    pub closed: i64,
}

impl StatusCounts {
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

/// What there is to say of the service requests of a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// How many are so far now.
    #[serde(flatten)]
    pub progress: StatusCounts,
    /// The median of the times from the submission to the vendor's first text, rounded down: to a minute below 16 minutes,
    /// by less than an eighth above. None if nothing was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_to_first_answer: Option<Period>,
    /// The same of the times from the submission until it was solved or closed, of those that are so now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_to_solution: Option<Period>,
}

impl Figures {
    /// The figures of some months together.
    pub fn of(counts: &[&Counts]) -> Self {
        let mut progress = StatusCounts::default();
        for kind in ServiceRequestKind::ALL {
            progress = status_counts(counts, kind, progress);
        }
        Self {
            progress,
            median_to_first_answer: median(counts, ANSWERED),
            median_to_solution: median(counts, SOLVED),
        }
    }
}

/// How many of a kind are so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KindFigures {
    /// The kind.
    pub kind: ServiceRequestKind,
    /// How many are so far now.
    #[serde(flatten)]
    pub progress: StatusCounts,
}

/// The figures of the service requests that were submitted in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MonthFigures {
    /// The month, in UTC.
    pub month: Month,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// What became of the service requests that were submitted to an organization in the last twelve months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    /// All of them.
    #[serde(flatten)]
    pub all: Figures,
    /// Each kind.
    pub by_kind: Vec<KindFigures>,
    /// Each month, the present one last.
    pub by_month: Vec<MonthFigures>,
}

impl Dashboard {
    /// The dashboard at an instant, by the counts of the months that have any.
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

    /// The months that it shows at an instant, the present one last.
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

/// The lower median of what is counted under names that begin so and end with the number of a bucket.
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
