//! `set-pool-threshold`

use api_runtime::table::{Expression, PoolOfPartner, Update, pool_is_unchanged, set_threshold};
use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, OrNotFound, Output, Reply,
    Request, Route, route,
};
use deserr::Deserr;
use domain::event::PoolThresholdSet;
use domain::{
    Actor, Faults, LicenseTypeCode, Metadata, NewEvent, PartnerId, Patch, Pool, Role, Threshold, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::authority::own_record::require_admin;

/// Sets the threshold below which a license pool is low.
pub struct SetPoolThreshold;

/// Path of a partner's license pool.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct PoolPath {
    /// Partner that owns the pool.
    partner_id: PartnerId,
    /// Code of the pool's license type.
    license_type: LicenseTypeCode,
}

/// Request body: the threshold.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPoolThresholdBody {
    /// Number of available licenses below which the pool is low: 1 to 1,000,000. `null` removes the threshold.
    threshold: Patch<Threshold>,
}

/// Threshold of a license pool.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolThreshold {
    /// Code of the license type.
    license_type: LicenseTypeCode,
    /// Number of available licenses below which the pool is low: 1 to 1,000,000. Absent if it has no threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<Threshold>,
    /// Number of licenses that could still be assigned when the threshold was set.
    available: u64,
    /// Whether fewer licenses were available than `threshold`; `false` without a threshold.
    low: bool,
    /// Version of the threshold: 1 of a new pool, which has none, and one more with every change of the threshold.
    version: Version,
}

impl PoolThreshold {
    fn of(pool: &Pool) -> Self {
        Self {
            license_type: pool.license_type.clone(),
            threshold: pool.threshold,
            available: pool.available,
            low: pool.is_low(),
            version: pool.threshold_version(),
        }
    }
}

impl Output for PoolThreshold {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.version)
    }
}

impl Operation for SetPoolThreshold {
    const NAME: &str = "set-pool-threshold";
    const SUMMARY: &str = "Set the threshold of a license pool";
    const DESCRIPTION: &str = "Operators and the partner's admins set, change or remove the number of \
        available licenses below which one of the partner's pools is low. Whenever an assignment or a \
        withdrawal makes the pool low, `license.pool-low` is recorded once; after a credit that lifts it to \
        the threshold or above, the next time is recorded again. A threshold above what is available makes \
        the pool low without that event; the answer then has `low: true`. A partner has a pool of a license \
        type from its first purchase on; before, the answer is 404. Idempotent: a threshold that is set \
        already changes nothing. Records `license.pool-threshold-set`.";
    const ROUTES: &[Route] = &[route(
        Method::Put,
        "/v1/partners/{partnerId}/license-pools/{licenseType}/threshold",
        &[Role::Operator, Role::PartnerAdmin],
    )];

    type Caller = Actor;
    type Path = PoolPath;
    type Query = Nothing;
    type Body = Json<SetPoolThresholdBody>;
    type Output = PoolThreshold;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<PoolThreshold>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (PoolPath { partner_id, license_type }, Json(body)) = (path, body);
        let mut change = Change::new();
        require_admin(&mut change, actor, *partner_id, None)?;
        let lookup = PoolOfPartner(*partner_id, license_type.clone());
        let before = context.table.get(&lookup).await.or_not_found()?;
        let threshold = body.threshold.over(None);
        let differs = context.if_match().is_some_and(|wanted| !wanted.allows(before.threshold_version()));
        let condition = |condition| if differs { Expression::never() } else { condition };
        let failed = move |stored: Option<Pool>| match differs {
            true => ConditionFailure::VersionMismatch(stored.map(|pool| pool.threshold_version())),
            false => ConditionFailure::Stale,
        };
        if threshold == before.threshold {
            change.require_that(&lookup, condition(pool_is_unchanged(&before)), failed);
            return context.commit(change, Answer::ok(PoolThreshold::of(&before))).await;
        }
        // Licenses that are taken out concurrently would decide whether the pool is low, so there must be none.
        let changed_at = before.next_threshold_change(context.now);
        let Update { update, condition: unchanged } = set_threshold(&before, threshold, changed_at);
        change.update(&lookup, Update { update, condition: condition(unchanged) }, failed);
        let threshold_changes = before.threshold_changes.saturating_add(1);
        let pool = Pool { threshold, threshold_changes, threshold_changed_at: Some(changed_at), ..before };
        let (license_type, threshold) = (pool.license_type.clone(), threshold.map(Threshold::get));
        let set = NewEvent::of_partner(PoolThresholdSet { license_type, threshold }, *partner_id);
        let version = pool.threshold_version();
        change.record(set.about(Metadata { created_at: changed_at, updated_at: changed_at, version }));
        context.commit(change, Answer::ok(PoolThreshold::of(&pool))).await
    }
}
