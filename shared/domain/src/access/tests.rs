//! Tests of the access rules, with a second implementation of the decision to compare with.

use super::*;
use crate::access::Access;
use crate::access::decision::{IneffectiveReason, decide};
use crate::access::grant::LONGEST;
use crate::access::grant::{Binding, Ended, Grant, GrantEnd, GrantState, Grantee, Individual, MemberRecord};
use crate::access::request::check_expiry;
use crate::id::{GrantId, Ids, MemberId};
use crate::level::Level;
use crate::text::Email;
use crate::time::Timestamp;

const NOW: u64 = 1_800_000_000_000;
const DAY: u64 = 86_400_000;
const LEVELS: [Level; 6] =
    [Level::Cc, Level::Look, Level::Update, Level::Create, Level::ServiceAdmin, Level::FullAdmin];

fn at(millis: u64) -> Timestamp {
    Timestamp::from_unix_millis(millis)
}

fn email(name: u64) -> Email {
    format!("m{name}@x.example").parse().unwrap()
}

/// Returns a grant that is given at `NOW` and lasts `lasts` milliseconds.
fn grant(ids: &Ids, individual: Option<(MemberId, u64)>, level: Level, lasts: u64) -> Grant {
    Grant {
        id: ids.next(at(NOW)),
        individual: individual.map(|(member_id, name)| Individual { member_id, email: email(name) }.into()),
        level,
        created_at: at(NOW),
        expires_at: at(NOW + lasts),
        origin: None,
        reminded: None,
        auto_extend: false,
        first_expires_at: None,
        ended: None,
    }
}

/// Returns the first record of an e-mail.
fn first(id: MemberId) -> Option<MemberRecord> {
    Some(MemberRecord { id, removals: 0 })
}

fn access(grants: Vec<Grant>) -> Access {
    let (o, p) = ("org_019b8c3e-5c00-7000-8000-000000000002", "prt_019b8c3e-5c00-7000-8000-000000000001");
    Access { grants, ..Access::new(o.parse().unwrap(), p.parse().unwrap(), at(NOW)) }
}

#[test]
fn grant_is_ignored_from_its_expiry_time_on() {
    let ids = Ids::counted_from(1);
    let (member, end) = (ids.next(at(NOW)), NOW + 1000);
    for individual in [None, Some((member, 1))] {
        let grants = [grant(&ids, individual, Level::Look, 1000)];
        for (now, open) in [(end - 1, true), (end, false), (end + 1, false), (end + 7 * DAY, false)] {
            let decision = decide(&grants, &email(1), first(member), at(now));
            assert_eq!(decision.by.is_some(), open, "{}", now as i64 - end as i64);
            assert_eq!(
                decision.ineffective.first().map(|(_, why)| *why),
                (!open).then_some(IneffectiveReason::Expired)
            );
        }
    }
}

#[test]
fn individual_grant_overrides_the_organization_level_until_its_expiry() {
    let ids = Ids::counted_from(1);
    let member = ids.next(at(NOW));
    let own = grant(&ids, Some((member, 1)), Level::Cc, 1000);
    let grants = [own.clone(), grant(&ids, None, Level::FullAdmin, 2000)];
    let level =
        |member, name, now| decide(&grants, &email(name), first(member), at(now)).by.map(|grant| grant.level);
    assert_eq!(level(member, 1, NOW + 999), Some(Level::Cc));
    assert_eq!(level(member, 1, NOW + 1000), Some(Level::FullAdmin), "then that of all counts again");
    assert_eq!(level(ids.next(at(NOW)), 2, NOW), Some(Level::FullAdmin));
    // A member who was added again has none of the earlier member's grants, only the grant to all members.
    let anew = ids.next(at(NOW));
    let decision = decide(&grants, &email(1), first(anew), at(NOW));
    assert_eq!(decision.by.map(|grant| grant.level), Some(Level::FullAdmin));
    assert_eq!(decision.ineffective, [(&own, IneffectiveReason::AnotherMember)]);
    let nobody = decide(&grants, &email(1), None, at(NOW));
    assert_eq!((nobody.by, nobody.ineffective.len()), (None, 2));
    assert!(nobody.ineffective.iter().all(|(_, why)| *why == IneffectiveReason::NotAMember));
}

#[test]
fn email_grant_binds_to_the_first_member_record_with_that_email() {
    let ids = Ids::counted_from(1);
    let whom = |removals| Grantee { email: email(1), bound_to: Binding::First { removals } };
    let grants = [Grant { individual: Some(whom(2)), ..grant(&ids, None, Level::Look, DAY) }];
    for (removals, matches) in [(1, false), (2, true), (3, false)] {
        let record = MemberRecord { id: ids.next(at(NOW)), removals };
        let decision = decide(&grants, &email(1), Some(record), at(NOW));
        assert_eq!(decision.by.is_some(), matches, "{removals} removals before");
        assert_eq!(
            decision.ineffective.first().map(|(_, why)| *why),
            (!matches).then_some(IneffectiveReason::AnotherMember)
        );
    }
    // Either binding is the same after serialization and deserialization.
    for individual in [whom(2), Individual { member_id: ids.next(at(NOW)), email: email(1) }.into()] {
        let written = serde_json::to_value(&individual).unwrap();
        assert_eq!(serde_json::from_value::<Grantee>(written).unwrap(), individual);
    }
}

/// Returns the grant in force by a plain reading of the rule, to compare with [`decide`].
fn told(grants: &[Grant], email: &Email, member: Option<MemberRecord>, now: Timestamp) -> Option<GrantId> {
    let member = member?;
    let mut found = (None, None);
    for grant in grants {
        if grant.ended.is_some() || grant.expires_at.unix_millis() <= now.unix_millis() {
            continue;
        }
        match &grant.individual {
            Some(one) if one.email == *email && one.matches(member) => found.0 = Some(grant.id),
            Some(_) => {}
            None => found.1 = Some(grant.id),
        }
    }
    found.0.or(found.1)
}

#[test]
fn random_decisions_match_the_reference_rule() {
    const ENDS: [GrantEnd; 5] = [
        GrantEnd::Expired,
        GrantEnd::Revoked,
        GrantEnd::Relinquished,
        GrantEnd::Replaced,
        GrantEnd::MemberRemoved,
    ];
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_121);
    let mut random = fastrand::Rng::with_seed(seed);
    let ids = Ids::counted_from(1);
    let members: Vec<MemberId> = (0..3).map(|_| ids.next(at(NOW))).collect();
    let emails: Vec<Email> = (0..3).map(email).collect();
    // A million decisions, at night 50 million: each set of grants is decided for 20 people and instants.
    let sets = if std::env::var("NIGHTLY").is_ok_and(|value| value == "1") { 2_500_000 } else { 50_000 };
    for _ in 0..sets {
        let made = (0..random.usize(0..6)).map(|_| {
            let individual = random.bool().then(|| (members[random.usize(..3)], random.u64(..2)));
            let mut made = grant(&ids, individual, LEVELS[random.usize(..6)], 10 + random.u64(..4));
            if let Some(one) = made.individual.as_mut().filter(|_| random.bool()) {
                one.bound_to = Binding::First { removals: random.u64(..3) };
            }
            if random.u8(..4) == 0 {
                made.ended = Some(Ended { at: at(NOW + random.u64(..12)), how: ENDS[random.usize(..5)] });
            }
            made
        });
        let grants: Vec<Grant> = made.collect();
        for _ in 0..20 {
            let member = (random.u8(..8) > 0)
                .then(|| MemberRecord { id: members[random.usize(..3)], removals: random.u64(..3) });
            let (email, now) = (&emails[random.usize(..3)], at(NOW + 8 + random.u64(..8)));
            let decision = decide(&grants, email, member, now);
            let expected = told(&grants, email, member, now);
            assert_eq!(
                decision.by.map(|by| by.id),
                expected,
                "seed {seed}: {grants:?} {email} {member:?} {now}"
            );
            // Each grant to the person either decides or has a reason for having no effect, exactly once.
            let concern = |grant: &&Grant| grant.individual.as_ref().is_none_or(|one| one.email == *email);
            let explained = decision.ineffective.len() + usize::from(expected.is_some());
            assert_eq!(explained, grants.iter().filter(concern).count());
        }
    }
}

#[test]
fn new_grants_replace_active_grants_of_the_same_grantees() {
    let ids = Ids::counted_from(1);
    let (one, other) = (ids.next(at(NOW)), ids.next(at(NOW)));
    let mut access = access(Vec::new());
    let first = [None, Some((one, 1))].map(|whom| grant(&ids, whom, Level::Look, DAY));
    assert_eq!(access.add_grants(first.to_vec(), at(NOW)), Ok(Vec::new()));
    let next = [Some((one, 1)), Some((other, 2))].map(|whom| grant(&ids, whom, Level::Cc, DAY));
    assert_eq!(access.add_grants(next.to_vec(), at(NOW)), Ok(vec![(first[1].id, next[0].id)]));
    let state = |access: &Access, id| access.grant(id).map(|grant| grant.state(at(NOW)));
    assert_eq!(state(&access, first[0].id), Some(GrantState::Active));
    assert_eq!(state(&access, first[1].id), Some(GrantState::Replaced));
    assert_eq!(access.end_grant(first[1].id, GrantEnd::Revoked, at(NOW)), Some(GrantState::Replaced));
    assert_eq!(access.end_grant(next[0].id, GrantEnd::Revoked, at(NOW)), Some(GrantState::Active));
    assert_eq!(access.end_grant(ids.next(at(NOW)), GrantEnd::Revoked, at(NOW)), None);
    // A grant that has expired, but whose event is not recorded yet, is not replaced: the event is still due.
    let late = at(NOW + DAY);
    assert_eq!(access.add_grants(vec![grant(&ids, None, Level::Cc, 3 * DAY)], late), Ok(Vec::new()));
    let told = access.notify(late, |_| true);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(access.notify(late, |_| true).is_empty());
}

#[test]
fn individual_grants_are_limited_to_100_and_ended_grants_to_20() {
    let ids = Ids::counted_from(1);
    let mut access = access(Vec::new());
    let many = |from: u64, to: u64| -> Vec<Grant> {
        (from..to).map(|name| grant(&ids, Some((ids.next(at(NOW)), name)), Level::Cc, DAY)).collect()
    };
    assert!(access.add_grants(many(0, 100), at(NOW)).is_ok());
    assert_eq!(access.clone().add_grants(many(100, 101), at(NOW)).unwrap_err().code, "too-many-individuals");
    assert_eq!(access.add_grants(many(0, 100), at(NOW)).unwrap().len(), 100, "in place of the same");
    assert_eq!(access.grants.len(), 120);
    // The events are returned in batches of fifty.
    let end = at(NOW + DAY);
    let told: Vec<usize> = (0..3).map(|_| access.notify(end, |_| true).len()).collect();
    assert_eq!((told, access.due(), access.grants.len()), (vec![50, 50, 0], None, 20));
}

#[test]
fn each_expiry_reminder_is_sent_once_and_skipped_for_shorter_grants() {
    let ids = Ids::counted_from(1);
    let days = |access: &mut Access, day: u64| -> Vec<u16> {
        let told = access.notify(at(NOW + day * DAY), |_| true).into_iter();
        told.filter_map(|kind| match kind {
            EventKind::AccessExpiring(AccessExpiring { days, .. }) => Some(days),
            EventKind::AccessExpired(AccessExpired { .. }) => Some(0),
            _ => None,
        })
        .collect()
    };
    let lasting = |lasts: u64| access(vec![grant(&ids, None, Level::Look, lasts * DAY)]);
    let mut long = lasting(40);
    assert_eq!(long.due(), Some(at(NOW + 10 * DAY)));
    let told: Vec<_> = (0..45).filter_map(|day| days(&mut long, day).pop().map(|of| (day, of))).collect();
    assert_eq!(told, [(10, 30), (33, 7), (39, 1), (40, 0)]);
    let mut week = lasting(7);
    let told: Vec<_> = (0..9).filter_map(|day| days(&mut week, day).pop().map(|of| (day, of))).collect();
    assert_eq!(told, [(6, 1), (7, 0)], "given for a week, nobody is reminded that a week is left");
    // A late run returns only the latest reminder, and none twice.
    let mut late = lasting(40);
    assert_eq!(
        (days(&mut late, 35), days(&mut late, 35), late.due()),
        (vec![7], vec![], Some(at(NOW + 39 * DAY)))
    );
    let mut later = lasting(40);
    assert_eq!((days(&mut later, 50), days(&mut later, 51), later.due()), (vec![0], vec![], None));
    // A grant to a removed member gets no reminders, only the event of its expiry.
    let mut gone = access(vec![grant(&ids, Some((ids.next(at(NOW)), 1)), Level::Look, 2 * DAY)]);
    assert!(gone.notify(at(NOW + DAY), |_| false).is_empty());
    assert_eq!((gone.due(), days(&mut gone, 2)), (Some(at(NOW + 2 * DAY)), vec![0]));
}

/// Returns the grant ids and new expiries of the extensions among events.
fn extensions(events: &[EventKind]) -> Vec<(GrantId, Timestamp)> {
    let extended = events.iter().filter_map(|kind| match kind {
        EventKind::AccessExtended(AccessExtended { grant_id, expires_at, .. }) => {
            Some((*grant_id, *expires_at))
        }
        _ => None,
    });
    extended.collect()
}

#[test]
fn grant_is_extended_by_its_own_length_30_days_or_half_its_length_before() {
    let ids = Ids::counted_from(1);
    // The length in days, and the days of the first extension and of the expiry after it.
    for (lasts, day, until) in [(365, 335, 730), (60, 30, 120), (59, 29, 118), (10, 5, 20), (1, 0, 2)] {
        let one = Grant { auto_extend: true, ..grant(&ids, None, Level::Look, lasts * DAY) };
        let mut extended = access(vec![one.clone()]);
        let at_half = if lasts < 60 { lasts * DAY / 2 } else { day * DAY };
        assert_eq!(extended.due(), Some(at(NOW + at_half)), "{lasts}: no reminder comes before");
        assert!(extended.notify(at(NOW + at_half - 1), |_| true).is_empty());
        let events = extended.notify(at(NOW + at_half), |_| true);
        let data = AccessExtended {
            grant_id: one.id,
            expires_at: at(NOW + until * DAY),
            previous_expires_at: at(NOW + lasts * DAY),
        };
        assert_eq!(events, [EventKind::from(data)]);
        assert!(extended.notify(at(NOW + at_half), |_| true).is_empty());
        assert_eq!(extended.due(), Some(at(NOW + lasts * DAY + at_half)), "{lasts}: the same length again");
        // A late run does not extend what has expired.
        let mut late = access(vec![one.clone()]);
        let events = late.notify(at(NOW + lasts * DAY), |_| true);
        assert_eq!(events, [EventKind::from(AccessExpired { grant_id: one.id })]);
        assert_eq!(late.due(), None);
    }
    // Without extension, reminders are for the new expiry only, and not for times that had passed when it was set.
    let mut off = access(vec![Grant { auto_extend: true, ..grant(&ids, None, Level::Look, 20 * DAY) }]);
    off.notify(at(NOW + 15 * DAY), |_| true);
    let id = off.grants[0].id;
    off.set_auto_extend(id, false);
    assert_eq!(off.due(), Some(at(NOW + 33 * DAY)), "25 days are left: the next reminder is that of 7");
    let long = Grant { auto_extend: true, ..grant(&ids, None, Level::Look, 731 * DAY) };
    let now = NOW + 701 * DAY;
    let events = access(vec![long]).notify(at(now), |_| true);
    assert_eq!(extensions(&events)[0].1, at(now).after(LONGEST), "at most two years ahead");
}

#[test]
fn grant_of_a_removed_member_is_not_extended_and_a_grant_to_an_email_always_is() {
    let ids = Ids::counted_from(1);
    let whole =
        |individual| Grant { individual, auto_extend: true, ..grant(&ids, None, Level::Look, 90 * DAY) };
    let member: Grantee = Individual { member_id: ids.next(at(NOW)), email: email(1) }.into();
    let first = Grantee { email: email(2), bound_to: Binding::First { removals: 0 } };
    let mut access = access(vec![whole(Some(member)), whole(Some(first))]);
    let [removed, unknown] = [0, 1].map(|index| access.grants[index].id);
    let events = access.notify(at(NOW + 60 * DAY), |_| false);
    let stopped = EventKind::from(AccessUpdated { grant_id: removed, auto_extend: false });
    assert_eq!((&events[0], extensions(&events)), (&stopped, vec![(unknown, at(NOW + 180 * DAY))]));
    for day in [60, 83, 89] {
        assert!(access.notify(at(NOW + day * DAY), |_| false).is_empty(), "no reminder either");
    }
    let events = access.notify(at(NOW + 90 * DAY), |_| false);
    assert_eq!(events, [EventKind::from(AccessExpired { grant_id: removed })]);
}

#[test]
fn due_work_always_advances_and_never_extends_beyond_two_years() {
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_122);
    let mut random = fastrand::Rng::with_seed(seed);
    let ids = Ids::counted_from(1);
    for _ in 0..2_000 {
        let grants = (0..random.u64(1..5)).map(|name| {
            let whom = random.bool().then(|| (ids.next(at(NOW)), name));
            let lasts = if random.u8(..4) == 0 { 1 + random.u64(..10) } else { 1 + random.u64(..730 * DAY) };
            let mut made = grant(&ids, whom, Level::Look, lasts);
            if let Some(one) = made.individual.as_mut().filter(|_| random.bool()) {
                one.bound_to = Binding::First { removals: 0 };
            }
            let reminded = *random.choice([None, Some(30), Some(7), Some(1)].iter()).unwrap();
            Grant { auto_extend: random.u8(..4) > 0, reminded, ..made }
        });
        let (mut access, gone, mut now) = (access(grants.collect()), random.bool(), NOW);
        for _ in 0..30 {
            let Some(due) = access.due() else { break };
            let late = if random.u8(..4) == 0 { random.u64(..100 * DAY) } else { random.u64(..60_000) };
            now = now.max(due.unix_millis()) + if random.bool() { late } else { 0 };
            let before = access.grants.clone();
            let extended = extensions(&access.notify(at(now), |_| !gone));
            for old in &before {
                let new = access.grant(old.id).unwrap();
                let told: Vec<_> =
                    extended.iter().filter(|(id, _)| *id == old.id).map(|(_, end)| *end).collect();
                let moved = (new.expires_at != old.expires_at).then_some(new.expires_at);
                assert_eq!(told, Vec::from_iter(moved), "seed {seed}: one event per extension");
                if moved.is_some() {
                    let member = old.individual.as_ref().is_some_and(|one| one.member_id().is_some());
                    assert!(old.auto_extend && old.is_active(at(now)) && !(gone && member), "seed {seed}");
                    assert!(new.expires_at > old.expires_at, "seed {seed}");
                    assert!(new.expires_at <= at(now).after(LONGEST), "seed {seed}");
                }
            }
            // What is due at the same time is done after one more run for each grant, and nothing is extended twice.
            let mut runs = 0;
            while access.due().is_some_and(|due| due <= at(now)) {
                assert!(extensions(&access.notify(at(now), |_| !gone)).is_empty(), "seed {seed}");
                runs += 1;
                assert!(runs <= before.len(), "seed {seed}: work stays due");
            }
        }
    }
}

#[test]
fn grants_of_removed_members_end_when_new_grants_need_their_room() {
    let ids = Ids::counted_from(1);
    let many = |from: u64, to: u64| -> Vec<Grant> {
        (from..to).map(|name| grant(&ids, Some((ids.next(at(NOW)), name)), Level::Cc, DAY)).collect()
    };
    let mut access = access(Vec::new());
    access.add_grants(many(0, 100), at(NOW)).unwrap();
    let removed = access.grants[..5].iter().map(|one| one.id).collect();
    assert!(access.end_removed(&removed, &many(7, 9), at(NOW)).is_empty(), "replacements need no room");
    // A grant that a new one replaces makes no room: it is in the room already.
    let new = [many(0, 1), many(100, 103)].concat();
    assert_eq!(access.excess(&new, at(NOW)), 3);
    let ended = access.end_removed(&removed, &new, at(NOW));
    assert_eq!(ended, access.grants[1..4].iter().map(|one| one.id).collect::<Vec<_>>());
    assert_eq!(access.grants[1].state(at(NOW)), GrantState::MemberRemoved);
    assert_eq!(access.add_grants(new, at(NOW)).unwrap().len(), 1);
    let more = many(103, 105);
    assert_eq!(access.end_removed(&removed, &more, at(NOW)).len(), 1, "only one is left");
    assert_eq!(access.add_grants(more, at(NOW)).unwrap_err().code, "too-many-individuals");
}

#[test]
fn request_lapses_at_its_own_expiry_or_after_90_days() {
    let lapses = |days: u64| AccessRequest::lapse_time(at(NOW + days * DAY), at(NOW));
    assert_eq!([1, 89, 90, 91, 700].map(lapses), [1, 89, 90, 90, 90].map(|days| at(NOW + days * DAY)));
}

#[test]
fn expiry_in_the_past_or_over_two_years_ahead_is_refused() {
    let now: Timestamp = "2026-02-28T12:00:00Z".parse().unwrap();
    let judged = |text: &str| check_expiry(text.parse().unwrap(), now).map(|reason| reason.code);
    assert_eq!(judged("2026-02-28T12:00:00Z"), Some("expiry-passed"));
    assert_eq!(judged("2026-02-28T12:00:00.001Z"), None);
    assert_eq!(judged("2028-02-28T12:00:00Z"), None);
    assert_eq!(judged("2028-02-28T12:00:00.001Z"), Some("expiry-too-far"));
}
