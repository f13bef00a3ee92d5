//! `set-up-subscription`

use api_runtime::table::{BatchGet, SiteByUrl};
use api_runtime::{Answer, Change, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::{Deserr, IntoValue};
use domain::event::SubscriptionSetUp;
use domain::fault::wrong_kind;
use domain::subscription::{SetUpTarget, WholeOrganization};
use domain::{Actor, ErrorKind, Faults, Metadata, Name, ParseError, Role, Site, SiteUrl, Subscription};
use schemars::JsonSchema;

use super::{NOT_A_CONTACT, SubscriptionPath, SubscriptionView, create_site, read};

/// Records where a subscription is used.
pub struct SetUpSubscription;

/// The place where a subscription is to be used.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct SetUpSubscriptionBody {
    /// Place where the subscription is used: a site, or the whole organization.
    site: TargetChoice,
}

/// Place where a subscription is used: exactly one of these.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase")]
enum TargetChoice {
    /// Address of an existing site of the organization, at most 500 characters.
    Existing(SiteUrl),
    /// A new site, which is created in the organization.
    New(NewSite),
    /// The value `true`: the whole organization.
    Organization(WholeOrganization),
}

/// A new site.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
struct NewSite {
    /// Address of the site: `https://` or `http://`, a host and optionally a path, at most 500 characters. Unique in
    /// the organization.
    url: SiteUrl,
    /// Name of the site, 1 to 200 characters. Optional.
    #[deserr(default)]
    name: Option<Name>,
}

impl Deserr<Faults> for TargetChoice {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let sent: serde_json::Value = value.into();
        let Some(fields) = sent.as_object() else {
            return Err(wrong_kind(sent.into_value(), &[deserr::ValueKind::Map], location));
        };
        let mut fields = fields.iter();
        let (Some((name, value)), None) = (fields.next(), fields.next()) else {
            let detail = "must have exactly one of `existing`, `new` and `organization`";
            return Err(Faults::invalid(location, ParseError::new("ambiguous", detail)));
        };
        let (value, location) = (value.clone().into_value(), location.push_key(name));
        match name.as_str() {
            "existing" => SiteUrl::deserialize_from_value(value, location).map(Self::Existing),
            "new" => NewSite::deserialize_from_value(value, location).map(Self::New),
            "organization" => {
                WholeOrganization::deserialize_from_value(value, location).map(Self::Organization)
            }
            _ => {
                let detail = "is not known; it must be `existing`, `new` or `organization`";
                Err(Faults::invalid(location, ParseError::new("unknown-field", detail)))
            }
        }
    }
}

const UNKNOWN_SITE: ErrorKind =
    ErrorKind::rule("unknown-site", "the organization has no site with this address: set up a `new` one");
const SITE_EXISTS: ErrorKind = ErrorKind::state(
    "site-exists",
    "the organization already has a site with this address: name it as `existing`",
);
const ALREADY_SET_UP: ErrorKind =
    ErrorKind::state("already-set-up", "the subscription is already set up elsewhere");

impl Operation for SetUpSubscription {
    const NAME: &str = "set-up-subscription";
    const SUMMARY: &str = "Set up a subscription on a site or organization-wide";
    const DESCRIPTION: &str = "Only customers who are contacts of the subscription may set it up. They do so \
        once: on an existing site of the organization, on a new site (recorded as `site.created`), or for the \
        whole organization. The set-up cannot be moved (409 `already-set-up`), except by a message of the \
        store. Idempotent: a repeat with the same place changes nothing. A deactivated subscription cannot \
        be set up. Records `subscription.set-up`.";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}/set-up",
        &[Role::Customer],
    )];
    const ERRORS: &[ErrorKind] =
        &[NOT_A_CONTACT, UNKNOWN_SITE, SITE_EXISTS, ALREADY_SET_UP, Subscription::DEACTIVATED];

    type Caller = Actor;
    type Path = SubscriptionPath;
    type Query = Nothing;
    type Body = Json<SetUpSubscriptionBody>;
    type Output = SubscriptionView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<SubscriptionView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let Json(SetUpSubscriptionBody { site }) = body;
        let url = match site {
            TargetChoice::Existing(url) | TargetChoice::New(NewSite { url, .. }) => Some(url),
            TargetChoice::Organization(_) => None,
        };
        let by_url = url.map(|url| SiteByUrl(path.organization_id, url.clone()));
        let also = |wanted: &mut BatchGet| by_url.iter().for_each(|by_url| wanted.add(by_url));
        let (before, viewer, found) = read(context, actor, path, also).await?;
        let mut change = Change::new();
        viewer.require_contact(&mut change, &before)?;
        let known = by_url.as_ref().map(|by_url| found.get(by_url)).transpose()?.flatten();
        let known = known.map(|known| known.owner_id()).transpose()?;
        let seen = before.metadata.version;

        let set_up_target = match (site, known) {
            (TargetChoice::Organization(whole), _) => SetUpTarget::Organization { organization: *whole },
            (TargetChoice::Existing(url), Some(site_id)) => SetUpTarget::Site { site_id, url: url.clone() },
            (TargetChoice::Existing(_), None) => {
                change.reject(&UNKNOWN_SITE, &[&"site", &"existing"]);
                SetUpTarget::Organization { organization: WholeOrganization }
            }
            (TargetChoice::New(new), known) => {
                let site = Site {
                    id: known.unwrap_or_else(|| context.id()),
                    organization_id: before.organization_id,
                    url: new.url.clone(),
                    name: new.name.clone(),
                    metadata: Metadata::new(context.now),
                };
                let set_up_target = SetUpTarget::Site { site_id: site.id, url: site.url.clone() };
                match known {
                    // A repeat of the call that created this site succeeds.
                    Some(_) if before.set_up_target.as_ref() == Some(&set_up_target) => {}
                    Some(_) => change.reject(&SITE_EXISTS, &[&"site", &"new", &"url"]),
                    None => create_site(&mut change, &site)?,
                }
                set_up_target
            }
        };
        if before.set_up_target.as_ref() == Some(&set_up_target) {
            change.confirm(&before, seen, context.if_match())?;
            let shown = viewer.narrow_and_show(context, &before).await?;
            return context.commit(change, Answer::ok(shown)).await;
        }
        if before.deactivation.is_some() {
            change.reject(&Subscription::DEACTIVATED, &[]);
        } else if before.set_up_target.is_some() {
            change.reject(&ALREADY_SET_UP, &[&"site"]);
        }
        let site_id = set_up_target.site().map(|(id, _)| id);
        let (set_up_target, set_up_at, metadata) =
            (Some(set_up_target), Some(context.now), before.metadata.next(context.now));
        let after = Subscription { set_up_target, set_up_at, metadata, ..before };
        change.replace(&after, seen, context.if_match())?;
        change.record(after.event(SubscriptionSetUp { subscription_id: after.id, site_id }));
        let shown = viewer.narrow_and_show(context, &after).await?;
        context.commit(change, Answer::ok(shown)).await
    }
}
