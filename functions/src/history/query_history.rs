//! `query-history`

use aws::context::List;
use aws::http::body::Empty;
use aws::operation::{Access, Method};
use aws::table::Wanted;
use aws::table::pattern::{History, OrganizationById, PartnerById};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use deserr::{Deserr, ValuePointerRef};
use domain::event::{Author, EventType};
use domain::fault::Invalid;
use domain::{
    Actor, Event, EventId, EventKind, Faults, Home, LicenseTypeCode, Name, OrganizationId, PartnerId, Role,
    Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shows who did what, when.
pub struct QueryHistory;

/// Whose log.
#[derive(Debug, Clone, Copy, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct Owner {
    /// A partner's.
    #[deserr(default)]
    partner_id: Option<PartnerId>,
    /// An organization's.
    #[deserr(default)]
    organization_id: Option<OrganizationId>,
}

impl Owner {
    /// No route has both ids in its path; without any the log is the vendor's own.
    fn home(self) -> Home {
        match (self.partner_id, self.organization_id) {
            (Some(partner), _) => Home::Partner(partner),
            (None, Some(organization)) => Home::Organization(organization),
            (None, None) => Home::Vendor,
        }
    }
}

/// Which part of it.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields, validate = span -> Faults)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// From this instant on.
    #[deserr(default)]
    from: Option<Timestamp>,
    /// Before this instant.
    #[deserr(default)]
    to: Option<Timestamp>,
    /// Only events of this type.
    #[deserr(rename = "type", default)]
    #[schemars(rename = "type")]
    event_type: Option<EventType>,
    /// Only events about this license type.
    #[deserr(default)]
    license_type: Option<LicenseTypeCode>,
    /// Newest first (`desc`) or oldest first (`asc`).
    #[deserr(default)]
    #[schemars(default)]
    order: Direction,
}

/// In which order.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Oldest first.
    Asc,
    /// Newest first.
    #[default]
    Desc,
}

fn span(filter: Filter, location: ValuePointerRef<'_>) -> Result<Filter, Faults> {
    match (filter.from, filter.to) {
        (Some(from), Some(to)) if from >= to => {
            let invalid = Invalid::new("empty-span", format!("must be after `from`, which is `{from}`"));
            Err(Faults::invalid(location.push_key("to"), invalid))
        }
        _ => Ok(filter),
    }
}

/// An event with the names its parties have now.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEvent {
    /// Its id, which sorts by time.
    id: EventId,
    /// When.
    time: Timestamp,
    /// Who.
    actor: Author,
    /// What.
    #[serde(flatten)]
    kind: EventKind,
    /// The partner it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partner: Option<Party<PartnerId>>,
    /// The organization it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<Party<OrganizationId>>,
}

/// A party, and what it is called now.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Party<I> {
    /// Its id.
    id: I,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
}

impl Operation for QueryHistory {
    const NAME: &str = "query-history";
    const ABOUT: &str = "Shows who did what, when: newest first, of any span of time.";
    const ROUTES: &[Route] = &[
        Route {
            method: Method::Get,
            path: "/v1/partners/{partnerId}/history",
            access: Access::Roles(&[Role::Operator, Role::Agent, Role::PartnerMember]),
            owner: Some("partner"),
        },
        Route {
            method: Method::Get,
            path: "/v1/organizations/{organizationId}/history",
            access: Access::Roles(&[Role::Operator, Role::Agent, Role::ContactManager]),
            owner: Some("organization"),
        },
        Route {
            method: Method::Get,
            path: "/v1/history",
            access: Access::Roles(&[Role::Operator]),
            owner: Some("vendor"),
        },
    ];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Owner;
    type Query = Filter;
    type Body = Empty;
    type Output = List<HistoryEvent>;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<List<HistoryEvent>>, Failure> {
        let (of, filter) = (input.path.home(), &input.query);
        match of {
            Home::Partner(partner) => actor.reach_partner(partner)?,
            Home::Organization(organization) => actor.reach_organization(organization)?,
            // The route is for operators only.
            Home::Vendor => {}
        }
        let history = History {
            of,
            from: filter.from,
            to: filter.to,
            event_type: filter.event_type,
            license_type: filter.license_type.clone(),
        };
        let page = context.page(&history, filter.order == Direction::Asc).await?;
        let items = name_parties(context, page.items).await?;
        Ok(Answer::ok(List { items, next_page_token: page.next_page_token }))
    }
}

async fn name_parties(context: &Context<'_>, events: Vec<Event>) -> Result<Vec<HistoryEvent>, Failure> {
    let mut wanted = Wanted::new();
    for event in &events {
        event.happening.partner_id.iter().for_each(|partner| wanted.add(&PartnerById(*partner)));
        event.happening.organization_id.iter().for_each(|id| wanted.add(&OrganizationById(*id)));
    }
    let found = context.table.fetch(wanted, false).await?;
    let named = |event: Event| {
        let partner = match event.happening.partner_id {
            Some(id) => Some(Party { id, name: found.get(&PartnerById(id))?.map(|partner| partner.name) }),
            None => None,
        };
        let organization = match event.happening.organization_id {
            Some(id) => Some(Party { id, name: found.get(&OrganizationById(id))?.map(|party| party.name) }),
            None => None,
        };
        let Event { id, time, actor, happening } = event;
        Ok(HistoryEvent { id, time, actor, kind: happening.kind, partner, organization })
    };
    events.into_iter().map(named).collect()
}
