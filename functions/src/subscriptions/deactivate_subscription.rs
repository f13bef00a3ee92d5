//! `deactivate-subscription`

use std::collections::BTreeSet;

use api_runtime::table::{Error, Pause};
use api_runtime::{
    Answer, Change, Context, Failure, Json, Method, Nothing, Operation, OrNotFound, Output, Reply, Request,
    Route, Size, route,
};
use deserr::Deserr;
use domain::subscription::closure::{Closure, Subscriptions};
use domain::subscription::{Deactivation, SubscriptionKind, SubscriptionStatus};
use domain::{
    Actor, Description, ErrorKind, Fault, Faults, OrganizationId, Problem, ProductCode, Role, Subscription,
    SubscriptionId, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::cascade::{
    begin, completed, continue_cascade, deactivate_at_once, read_all, still_active, take_over,
};
use super::{NOT_A_CONTACT, SubscriptionPath};
use crate::authority::viewer::{Viewer, ViewerContext};

/// Deactivates a subscription and everything that depends on it.
pub struct DeactivateSubscription;

/// Reason of a deactivation, and the subscriptions that are expected to be deactivated.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeactivateSubscriptionBody {
    /// Reason, 1 to 1,000 characters, shown to everyone who sees the subscription. Optional.
    #[deserr(default)]
    reason: Option<Description>,
    /// Ids of all subscriptions that are expected to be deactivated, as listed with `validateOnly`; if the set has
    /// changed, the call fails and changes nothing. If absent, the set is not compared. A set that does not fit one
    /// transaction (about 30) is compared as it was when the call started; subscriptions that are linked to it during
    /// the call are deactivated, too.
    #[deserr(default)]
    expected: Option<Vec<SubscriptionId>>,
}

/// The result of a deactivation, or its preview with `validateOnly`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeactivationResult {
    /// Id of the subscription.
    id: SubscriptionId,
    /// Status of the subscription; `deactivating` while subscriptions linked to it are still being deactivated.
    status: SubscriptionStatus,
    /// Number of subscriptions that are deactivated, including those that the caller may not see.
    count: usize,
    /// Deactivated subscriptions that the caller may see, the subscription itself first: all of them in a preview, else
    /// at most 500.
    deactivated: Vec<DeactivatedSubscription>,
    /// Version of the subscription.
    version: Version,
}

/// A subscription that is deactivated.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct DeactivatedSubscription {
    /// Id of the subscription.
    id: SubscriptionId,
    /// Kind of the subscription.
    kind: SubscriptionKind,
    /// Code of the subscription's product when it was ordered.
    sku: ProductCode,
}

impl Output for DeactivationResult {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.version)
    }
}

const AFFECTED_SET_CHANGED: ErrorKind = ErrorKind::state(
    "affected-set-changed",
    "the affected subscriptions differ from `expected`; `errors` lists all that would be deactivated",
);
const OTHERS_GO_DOWN: ErrorKind = ErrorKind::forbidden(
    "others-go-down",
    "linked subscriptions would be deactivated too, and you are not a contact of all of them: ask a contact manager of your organization",
);
const STILL_RUNNING: ErrorKind = ErrorKind::state(
    api_runtime::http::problem::STILL_RUNNING_CODE,
    "linked subscriptions are still being deactivated: retry after the seconds in `Retry-After`",
);

impl Operation for DeactivateSubscription {
    const NAME: &str = "deactivate-subscription";
    const SUMMARY: &str = "Deactivate a subscription and everything linked to it";
    const DESCRIPTION: &str = "Operators, contact managers on record in the organization, and customers \
        who are a contact of every affected subscription may call it. It irreversibly deactivates the \
        subscription, everything linked to it through any number of links, and every app that loses its \
        last parent; their entitlements end, and each is recorded as `subscription.deactivated`. \
        `validateOnly` lists the affected subscriptions; if that list is sent as `expected` and has \
        changed, the call fails (409 `affected-set-changed`). About 30 subscriptions fit one transaction; \
        more are deactivated step by step, and after about 1,200 the answer is 202 with status \
        `deactivating` while the scheduled job continues. Idempotent; while an earlier call is still at \
        work, a repeat is refused (409 `still-running`).";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}/deactivate",
        &[Role::Operator, Role::Customer],
    )];
    const SIZE: Size = Size { seconds: 28, megabytes: 512 };
    const KEY_REQUIRED: bool = true;
    const DEFERS: bool = true;
    const ERRORS: &[ErrorKind] = &[NOT_A_CONTACT, OTHERS_GO_DOWN, AFFECTED_SET_CHANGED, STILL_RUNNING];

    type Caller = Actor;
    type Path = SubscriptionPath;
    type Query = Nothing;
    type Body = Json<DeactivateSubscriptionBody>;
    type Output = DeactivationResult;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<DeactivationResult>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let SubscriptionPath { organization_id, subscription_id } = *path;
        let Json(DeactivateSubscriptionBody { reason, expected }) = body;
        let viewer = Viewer::of(actor, organization_id)?;
        let all = read_all(context, organization_id);
        let (viewer, all) = tokio::try_join!(viewer.read(context), all)?;
        let found = all.get(&subscription_id).filter(|one| viewer.sees(one)).cloned();
        let root = found.or_not_found()?;
        let closure = Closure::of(&all, subscription_id);
        let up = still_active(&all, &closure.down);
        let mut change = Change::new();
        require_authority_over_all(&viewer, &mut change, &all, &root, &up)?;

        if let Some(deactivation) = &root.deactivation {
            let lease_end = deactivation.resume_at.filter(|at| *at > context.now);
            if let Some(lease_end) = lease_end.filter(|_| !context.validates_only()) {
                context.declare_lease(lease_end);
                change.reject(&STILL_RUNNING, &[]);
            }
            if lease_end.is_some() || context.validates_only() || deactivation.resume_at.is_none() {
                change.confirm(&root, root.metadata.version, context.if_match())?;
                return context
                    .commit(change, Answer::ok(result_of(&viewer, &all, &root, context.now)))
                    .await;
            }
            if let Some(replay) = take_over(context, change, &root).await? {
                return Ok(replay.into());
            }
            return run_to_completion(context, &viewer, &root).await;
        }
        if let Some(expected) = expected {
            let (wanted, actual): (BTreeSet<_>, BTreeSet<_>) =
                (expected.iter().collect(), up.iter().collect());
            if wanted != actual {
                for fault in affected_set_faults(&all, &up) {
                    change.reject_with(AFFECTED_SET_CHANGED.kind, fault);
                }
            }
        }
        let (at, cause, reason) = (context.now, root.id, reason.clone());
        let deactivation = Deactivation { at, cause, reason, resume_at: None };
        let fits = deactivate_at_once(context, &mut change, &all, &closure, &deactivation)?;
        if !fits && !context.validates_only() && change.is_acceptable() {
            if let Some(replay) = begin(context, change, &all, &deactivation).await? {
                return Ok(replay.into());
            }
            return run_to_completion(context, &viewer, &root).await;
        }
        let version = if context.validates_only() {
            root.metadata.version
        } else {
            root.metadata.next(context.now).version
        };
        let limit = if context.validates_only() { usize::MAX } else { MAX_LISTED };
        let status = SubscriptionStatus::Inactive;
        let deactivated = list_deactivated(&all, &up, limit);
        let answer = DeactivationResult { id: root.id, status, count: up.len(), deactivated, version };
        context.commit(change, Answer::ok(answer)).await
    }
}

/// Continues a sequence until it is complete or has to be left to the scheduled job.
async fn run_to_completion(
    context: &Context<'_>,
    viewer: &ViewerContext<'_>,
    root: &Subscription,
) -> Result<Reply<DeactivationResult>, Failure> {
    let mut pause = Pause::default();
    loop {
        match run_once(context, viewer, root.organization_id, root.id).await {
            // The sequence has started, so this call must not be retried from its beginning.
            Err(Failure::Table(Error::Contended(_))) => pause.take().await,
            decided => return decided,
        }
    }
}

async fn run_once(
    context: &Context<'_>,
    viewer: &ViewerContext<'_>,
    organization: OrganizationId,
    id: SubscriptionId,
) -> Result<Reply<DeactivationResult>, Failure> {
    let (done, all) = continue_cascade(context, organization, id, || {}).await?;
    let root = all.get(&id).or_not_found()?;
    let refreshed = context.refreshed();
    if !done {
        let location = format!("/v1/organizations/{organization}/subscriptions/{id}");
        let answer = Answer::accepted(location, result_of(viewer, &all, root, refreshed.now));
        return refreshed.commit_final(|| Ok(Change::new()), answer).await;
    }
    let completed_root = completed(&refreshed, root);
    let completion = || {
        let mut change = Change::new();
        change.replace(&completed_root, root.metadata.version, None)?;
        Ok(change)
    };
    refreshed
        .commit_final(completion, Answer::ok(result_of(viewer, &all, &completed_root, refreshed.now)))
        .await
}

/// Maximum number of subscriptions in an answer that is stored for replays, because an item holds at most 400 KB.
const MAX_LISTED: usize = 500;

fn list_deactivated(
    all: &Subscriptions,
    ids: &[SubscriptionId],
    limit: usize,
) -> Vec<DeactivatedSubscription> {
    let of =
        |one: &Subscription| DeactivatedSubscription { id: one.id, kind: one.kind, sku: one.sku.clone() };
    ids.iter().filter_map(|id| all.get(id)).map(of).take(limit).collect()
}

/// Requires, now and at commit, that the caller has the right over a subscription and everything that is still to be
/// deactivated with it.
///
/// # Errors
///
/// [`NOT_A_CONTACT`] for the subscription itself; [`OTHERS_GO_DOWN`] for the others, which are counted and not named
/// because the caller may not see them.
fn require_authority_over_all(
    viewer: &ViewerContext<'_>,
    change: &mut Change,
    all: &Subscriptions,
    root: &Subscription,
    up: &[SubscriptionId],
) -> Result<(), Problem> {
    let others = up.iter().filter(|id| **id != root.id).filter_map(|id| all.get(id));
    let hidden = viewer.require_authority_over(change, std::iter::once(root).chain(others), true);
    if hidden == 0 {
        return Ok(());
    }
    if viewer.require_authority_over(&mut Change::new(), std::iter::once(root), true) > 0 {
        return Err(NOT_A_CONTACT.refuse(&[]));
    }
    let detail = format!(
        "{} subscriptions would be deactivated, and you are not a contact of {hidden} of them: ask a contact manager of your organization",
        up.len()
    );
    Err(Problem::of(OTHERS_GO_DOWN.kind, vec![Fault { detail, ..OTHERS_GO_DOWN.at(&[]) }]))
}

/// Returns the answer for a deactivated subscription: all subscriptions that were or will be deactivated with it are
/// counted, and those that the caller sees are listed.
fn result_of(
    viewer: &ViewerContext<'_>,
    all: &Subscriptions,
    root: &Subscription,
    now: Timestamp,
) -> DeactivationResult {
    let with = |id: &SubscriptionId| {
        let deactivation = all.get(id).map(|one| one.deactivation.as_ref());
        deactivation.is_some_and(|one| one.is_none_or(|one| one.cause == root.id))
    };
    let down: Vec<_> = Closure::of(all, root.id).down.into_iter().filter(with).collect();
    let sees = |id: &SubscriptionId| all.get(id).is_some_and(|one| viewer.sees(one));
    let seen: Vec<_> = down.iter().copied().filter(sees).collect();
    DeactivationResult {
        id: root.id,
        status: root.status(now),
        count: down.len(),
        deactivated: list_deactivated(all, &seen, MAX_LISTED),
        version: root.metadata.version,
    }
}

/// Returns the faults if other subscriptions were expected: one for each that would be deactivated.
fn affected_set_faults(all: &Subscriptions, up: &[SubscriptionId]) -> Vec<Fault> {
    let fault = |(index, one): (usize, &DeactivatedSubscription)| {
        let detail = format!("`{}`, `{}`, would be deactivated and is not in `expected`", one.id, one.sku);
        Fault { detail, ..AFFECTED_SET_CHANGED.at(&[&"expected", &index]) }
    };
    list_deactivated(all, up, usize::MAX).iter().enumerate().map(fault).collect()
}
