//! `list-license-pools`

use std::collections::BTreeMap;

use api_runtime::table::{LicenseTypes, PartnerById, PoolsOfPartner};
use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, Output, PartnerPath, Reply, Request, Route, route,
};
use domain::{Actor, LicenseTypeCode, Name, Period, Role, Threshold};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::read_if_visible;

/// Lists a partner's license pools and their totals.
pub struct ListLicensePools;

/// All license pools of a partner, and their totals.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pools {
    /// Number of licenses purchased in all pools, less those withdrawn when orders were lowered or cancelled.
    total: u64,
    /// Number of licenses in all pools that can still be assigned.
    available: u64,
    /// Number of licenses assigned from all pools.
    assigned: u64,
    /// Pools of the partner, one for each license type, sorted by the type's code.
    items: Vec<PoolItem>,
}

/// A license pool: a partner's stock of one license type. `purchased` is the sum of `available` and `assigned`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolItem {
    /// Code of the license type.
    license_type: LicenseTypeCode,
    /// Display name of the license type: 1 to 200 characters.
    name: Name,
    /// Term of a license of this type from its assignment on: an ISO 8601 duration such as `P1Y`. Absent only right
    /// after the type's creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<Period>,
    /// Number of licenses purchased, less those withdrawn when orders were lowered or cancelled.
    purchased: u64,
    /// Number of licenses that can still be assigned.
    available: u64,
    /// Number of licenses that were assigned.
    assigned: u64,
    /// Number of available licenses below which the pool is low: 1 to 1,000,000. Absent if it has no threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<Threshold>,
    /// Whether fewer licenses are available than `threshold`; `false` without a threshold.
    low: bool,
}

impl Output for Pools {}

impl Operation for ListLicensePools {
    const NAME: &str = "list-license-pools";
    const SUMMARY: &str = "List a partner's license pools";
    const DESCRIPTION: &str = "Operators, agents and the partner's members see how many licenses of each \
        type were purchased, are available and were assigned, which pools are low, and the totals, with the \
        name and term of each type. The \
        numbers are current (consistent reads). The answer contains all pools, sorted by the code of their license type, and has \
        no pages.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/license-pools",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = Pools;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Pools>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let partner = path.partner_id;
        actor.authorize_partner(partner)?;
        let (table, pools) = (context.table, PoolsOfPartner(partner));
        let lists =
            async { Ok(tokio::try_join!(table.list(&pools, true), table.list(&LicenseTypes(), false))?) };
        let (pools, types) = read_if_visible(context, actor, &PartnerById(partner), lists).await?;
        let types: BTreeMap<_, _> = types.into_iter().map(|kind| (kind.code.clone(), kind)).collect();
        let item = |pool: domain::Pool| {
            // A type newer than the eventually consistent read of all types is shown with its code as its name.
            let kind = types.get(&pool.license_type);
            let name = kind.map(|kind| kind.name.clone());
            let name = name.or_else(|| pool.license_type.as_str().parse().ok())?;
            let term = kind.map(|kind| kind.term);
            let low = pool.is_low();
            let domain::Pool { license_type, purchased, available, assigned, threshold, .. } = pool;
            Some(PoolItem { license_type, name, term, purchased, available, assigned, threshold, low })
        };
        let items: Vec<PoolItem> = pools.into_iter().filter_map(item).collect();
        // `Pool::MOST` bounds each pool, so that the totals stay exact as JSON numbers.
        let sum = |part: fn(&PoolItem) -> u64| items.iter().map(part).fold(0, u64::saturating_add);
        Ok(Reply::ok(Pools {
            total: sum(|pool| pool.purchased),
            available: sum(|pool| pool.available),
            assigned: sum(|pool| pool.assigned),
            items,
        }))
    }
}
