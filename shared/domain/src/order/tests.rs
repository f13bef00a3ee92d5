//! Property tests of the rules of orders.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::license::{Line, Quantity};
use crate::order::{Order, OrderStatus, PoolAdjustment, Quantities, sum_lines};
use crate::text::LicenseTypeCode;
use crate::time::Timestamp;

fn quantities(counts: &[u64]) -> Quantities {
    let code = |kind: usize| format!("type-{kind}").parse().unwrap();
    counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(kind, count)| (code(kind), *count))
        .collect()
}

proptest! {
    #[test]
    fn lines_of_one_type_are_added_up(counts in proptest::collection::vec((0usize..3, 1u64..=100_000), 1..40)) {
        let lines: Vec<Line> = counts.iter().map(|(kind, count)| Line {
            license_type: format!("type-{kind}").parse().unwrap(),
            quantity: Quantity::new(*count).unwrap(),
        }).collect();
        let sum = |wanted: usize| counts.iter().filter(|(kind, _)| *kind == wanted).map(|(_, count)| count).sum();
        prop_assert_eq!(sum_lines(&lines), quantities(&[sum(0), sum(1), sum(2)]));
    }

    /// For any changes by the store, and any assignments in between: `credited` is the number of licenses that the
    /// pools were given, never less than is ordered, and more only by the licenses that could not be withdrawn.
    #[test]
    fn pool_adjustments_sum_to_the_credited_quantity(
        steps in proptest::collection::vec((proptest::collection::vec(0u64..20, 3), proptest::collection::vec(0u64..20, 3)), 1..10),
    ) {
        let mut order = Order::new(
            "src_019b8c3e-5c00-7000-8000-000000000003".parse().unwrap(),
            "SO-1".parse().unwrap(),
            OrderStatus::Applied,
            Timestamp::from_unix_millis(0),
        );
        let mut given: BTreeMap<LicenseTypeCode, i128> = BTreeMap::new();
        for (wanted, available) in steps {
            let (wanted, available) = (quantities(&wanted), quantities(&available));
            let (lowered, before) = (order.lowered_by(&wanted), order.ordered());
            let of = |quantities: &Quantities, kind: &LicenseTypeCode| quantities.get(kind).copied().unwrap_or(0);
            for (kind, adjustment) in order.adjust_pools(&wanted, &available) {
                match adjustment {
                    PoolAdjustment::Credit(quantity) => {
                        prop_assert!(quantity > 0 && of(&wanted, &kind) > of(&before, &kind));
                        *given.entry(kind).or_default() += i128::from(quantity);
                    }
                    PoolAdjustment::Withdraw { quantity, missing } => {
                        prop_assert_eq!(quantity + missing, of(&before, &kind) - of(&wanted, &kind));
                        prop_assert!(lowered.contains(&kind));
                        let there = of(&available, &kind);
                        prop_assert!(quantity <= there && (missing == 0 || quantity == there));
                        *given.entry(kind).or_default() -= i128::from(quantity);
                    }
                }
            }
            prop_assert_eq!(order.ordered().into_iter().filter(|(_, count)| *count > 0).collect::<Quantities>(), wanted);
            for line in &order.lines {
                prop_assert!(line.credited >= line.quantity);
                prop_assert_eq!(given[&line.license_type], i128::from(line.credited));
            }
            for (kind, count) in &given {
                prop_assert!(*count == 0 || order.lines.iter().any(|line| line.license_type == *kind));
            }
        }
    }
}
