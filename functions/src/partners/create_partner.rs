//! `create-partner`

use api_runtime::table::{NameScope, Reservation};
use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::event::PartnerCreated;
use domain::{Actor, ErrorKind, ExternalId, Faults, Metadata, Name, NewEvent, Partner, Role};
use schemars::JsonSchema;

/// Creates a partner.
pub struct CreatePartner;

const TAKEN: ErrorKind = ErrorKind::state("external-id-taken", "another partner has this external id");

/// Request body: the partner to create.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePartnerBody {
    /// Display name: 1 to 200 characters.
    name: Name,
    /// The vendor's own id for the partner: 1 to 100 characters, unique among partners. If absent, it has none.
    #[deserr(default)]
    external_id: Option<ExternalId>,
}

impl Operation for CreatePartner {
    const NAME: &str = "create-partner";
    const SUMMARY: &str = "Create a partner";
    const DESCRIPTION: &str = "Only operators may call it. An `externalId` that another partner has is \
        refused (409 `external-id-taken`). A partner can be neither changed nor deleted. Records \
        `partner.created`.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/partners", &[Role::Operator])];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[TAKEN];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Json<CreatePartnerBody>;
    type Output = Partner;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Partner>, Failure> {
        let Request { context, body, .. } = request;
        let Json(CreatePartnerBody { name, external_id }) = body;
        let partner = Partner {
            id: context.id(),
            name: name.clone(),
            external_id: external_id.clone(),
            deactivated_at: None,
            metadata: Metadata::new(context.now),
        };

        let mut change = Change::new();
        change.create(&partner)?;
        change.index_name(NameScope::Partners, partner.id, name, context.now)?;
        if let Some(external_id) = external_id {
            let reservation = Reservation::partner_external_id(external_id, partner.id);
            change
                .create_or_reject(&reservation, |_| ConditionFailure::rejected(&TAKEN, &[&"externalId"]))?;
        }
        let created = PartnerCreated { name: name.clone(), external_id: external_id.clone() };
        change.record(NewEvent::of_partner(created, partner.id).about(partner.metadata));

        let location = format!("/v1/partners/{}", partner.id);
        context.commit(change, Answer::created(location, partner)).await
    }
}
