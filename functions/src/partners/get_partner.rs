//! `get-partner`

use api_runtime::table::{BatchGet, PartnerById, StoreOfPartner};
use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, OrNotFound, Output, PartnerPath, Reply, Request, Route, route,
};
use domain::{Actor, Partner, Role, StoreLink, Version};
use schemars::JsonSchema;
use serde::Serialize;

/// Shows a partner.
pub struct GetPartner;

/// A partner and its account at a store.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartnerWithStore {
    /// The partner.
    #[serde(flatten)]
    partner: Partner,
    /// Whose orders fill its pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<StoreLink>,
}

impl Output for PartnerWithStore {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.partner.metadata.version)
    }
}

impl Operation for GetPartner {
    const NAME: &str = "get-partner";
    const ABOUT: &str = "Shows a partner, and the account at a store that is linked to it.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = PartnerWithStore;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<PartnerWithStore>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let partner = path.partner_id;
        actor.authorize_partner(partner)?;
        let (partner, store) = (PartnerById(partner), StoreOfPartner(partner));
        let mut wanted = BatchGet::new();
        wanted.add(&partner);
        wanted.add(&store);
        let found = context.table.fetch(wanted, true).await?;
        let partner = found.get(&partner).or_not_found()?;
        Ok(Reply::ok(PartnerWithStore { partner, store: found.get(&store)? }))
    }
}
