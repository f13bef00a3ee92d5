//! `get-partner`

use api_runtime::table::{BatchGet, PartnerById, StoreOfPartner};
use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, Output, PartnerPath, Reply, Request, Route, route,
};
use domain::{Actor, Partner, Role, StoreLink, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::visible;

/// Returns a partner and its linked store account.
pub struct GetPartner;

/// A partner, and its account at a store.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartnerWithStore {
    /// Partner that was read.
    #[serde(flatten)]
    partner: Partner,
    /// Account at a store whose orders fill the partner's license pools. Absent if none is linked.
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
    const SUMMARY: &str = "Get a partner";
    const DESCRIPTION: &str = "Operators and agents may read every partner, partner members their own; for \
        everyone else it does not exist (404). `store` is the account at a store that is linked to the \
        partner, if any.";
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
        let partner = visible(actor, found.get(&partner)?)?;
        Ok(Reply::ok(PartnerWithStore { partner, store: found.get(&store)? }))
    }
}
