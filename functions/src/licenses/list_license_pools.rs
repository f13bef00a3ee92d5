//! `list-license-pools`

use std::collections::BTreeMap;

use api_runtime::table::{LicenseTypes, PartnerById, PoolsOfPartner};
use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, OrNotFound, Output, PartnerPath, Reply, Request, Route, route,
};
use domain::{Actor, LicenseTypeCode, Name, Role};
use schemars::JsonSchema;
use serde::Serialize;

/// Shows what a partner bought, assigned, and can still assign.
pub struct ListLicensePools;

/// All pools of a partner, and their sums.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pools {
    /// How many licenses were ever bought.
    total: u64,
    /// How many can still be assigned.
    available: u64,
    /// How many were assigned.
    assigned: u64,
    /// Each pool, by license type.
    items: Vec<PoolItem>,
}

/// One pool.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PoolItem {
    /// Of which type.
    license_type: LicenseTypeCode,
    /// The type's name.
    name: Name,
    /// How many were ever bought.
    purchased: u64,
    /// How many can still be assigned.
    available: u64,
    /// How many were assigned.
    assigned: u64,
}

impl Output for Pools {}

impl Operation for ListLicensePools {
    const NAME: &str = "list-license-pools";
    const ABOUT: &str = "Shows what a partner bought, assigned, and can still assign.";
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
        let (of, pools) = (PartnerById(partner), PoolsOfPartner(partner));
        let table = context.table;
        let (known, pools, types) =
            tokio::try_join!(table.get(&of), table.list(&pools, true), table.list(&LicenseTypes(), false))?;
        known.or_not_found()?;
        let mut names: BTreeMap<_, _> = types.into_iter().map(|kind| (kind.code, kind.name)).collect();
        let item = |pool: domain::Pool| {
            // A type that is newer than the answer about types has its code for a name.
            let name =
                names.remove(&pool.license_type).or_else(|| pool.license_type.as_str().parse().ok())?;
            let domain::Pool { license_type, purchased, available, assigned, .. } = pool;
            Some(PoolItem { license_type, name, purchased, available, assigned })
        };
        let items: Vec<PoolItem> = pools.into_iter().filter_map(item).collect();
        // A pool's bound keeps the sums of any number of pools exact.
        let sum = |part: fn(&PoolItem) -> u64| items.iter().map(part).fold(0, u64::saturating_add);
        Ok(Reply::ok(Pools {
            total: sum(|pool| pool.purchased),
            available: sum(|pool| pool.available),
            assigned: sum(|pool| pool.assigned),
            items,
        }))
    }
}
