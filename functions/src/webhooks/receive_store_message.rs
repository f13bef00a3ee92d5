//! `receive-store-message`: verifies a store's message and hands it to the module of its type. The signature is the
//! sender's only authority.

use api_runtime::http::body::strict_json;
use api_runtime::http::caller::Delivery;
use api_runtime::table::idempotency::{refused_message_key, reused_message_id_key};
use api_runtime::table::{Key, RefusalMark};
use api_runtime::{
    Answer, Change, Context, Failure, Method, Nothing, Operation, Raw, Reply, Request, Route, RouteAuth,
};
use deserr::Deserr;
use domain::deactivation::{DEACTIVATED_ORGANIZATION, DEACTIVATED_PARTNER};
use domain::event::{WebhookIgnored, WebhookRefused};
use domain::fault::{Validated, collect};
use domain::fulfillment::faults;
use domain::unicode::sanitize;
use domain::{
    ErrorKind, Fault, FaultPointer, Faults, LicenseType, NewEvent, Pool, Problem, ProblemKind, ReportedTime,
    Timestamp,
};
use schemars::JsonSchema;

use super::{
    MessageData, Receipt, SourcePath, WebhookMessage, buyer, order_cancelled, order_changed, order_placed,
    site_migrated, subscription_renewed, subscription_resumed, subscription_suspended,
    subscription_transferred, subscription_usage,
};
use crate::orders::update::TOO_MANY_TYPES;
use crate::party::UNKNOWN_PARTNER;

/// Receives a signed message from a store.
pub struct ReceiveStoreMessage;

/// Part that all messages have in common. Unknown fields are no faults, because stores may send more than is read.
#[derive(Debug, Deserr)]
#[deserr(error = Faults)]
struct MessageType {
    #[deserr(rename = "type")]
    message_type: String,
}

/// Message of a store. Its `type` determines its `data`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum StoreMessage {
    /// `order.placed`: the store sold licenses or subscriptions.
    Placed(WebhookMessage<order_placed::OrderPlacedData>),
    /// `order.changed`: the store changed the quantities or plans of an order.
    Changed(WebhookMessage<order_changed::OrderChangedData>),
    /// `order.cancelled`: the store cancelled an order.
    Cancelled(WebhookMessage<order_cancelled::OrderCancelledData>),
    /// `subscription.renewed`: the store extended a subscription.
    Renewed(WebhookMessage<subscription_renewed::SubscriptionRenewedData>),
    /// `subscription.transferred`: another partner or account pays for a subscription.
    Transferred(WebhookMessage<subscription_transferred::SubscriptionTransferredData>),
    /// `subscription.usage`: the store reports the number of active users of a subscription.
    Used(WebhookMessage<subscription_usage::SubscriptionUsageData>),
    /// `subscription.suspended`: the store suspended a subscription.
    Suspended(WebhookMessage<subscription_suspended::SubscriptionSuspendedData>),
    /// `subscription.resumed`: the store ended the suspension of a subscription.
    Resumed(WebhookMessage<subscription_resumed::SubscriptionResumedData>),
    /// `site.migrated`: a subscription was moved to a site on the new platform.
    Migrated(WebhookMessage<site_migrated::SiteMigratedData>),
}

const INVALID_MESSAGE: &str = "invalid-message";

impl Operation for ReceiveStoreMessage {
    const NAME: &str = "receive-store-message";
    const SUMMARY: &str = "Receive a store's signed message";
    const DESCRIPTION: &str = "Webhook sources call this without a token: each message carries a Standard \
        Webhooks signature. A message has at most 256 KB, at most 10 signatures, and a timestamp within 5 \
        minutes of the current time. Idempotent per `webhook-id`: a message takes effect once, and further \
        deliveries get the first answer; another message under the same id is refused. A refused message \
        (422) is recorded once as `webhook.refused` and judged again at its next delivery, also if it was \
        corrected. A message that changes nothing is answered `ignored` with its reason. Orders credit the \
        buying partner's pools (`license.credited`) and \
        create subscriptions (`subscription.ordered`); an order for an account that is not linked to a \
        partner is parked (202, `order.parked`) for up to 180 days. Later messages change or cancel orders, \
        without withdrawing assigned licenses, and renew, transfer, suspend, resume, migrate or report \
        usage of subscriptions. Messages of unknown types have no effect and are recorded as `webhook.ignored`.";
    const ROUTES: &[Route] = &[Route::open_to(RouteAuth::Signature, Method::Post, "/v1/webhooks/{sourceId}")];
    const DEFERS: bool = true;
    const USES_KEY: bool = true;
    const ERRORS: &[ErrorKind] = &[
        ErrorKind::rule(
            INVALID_MESSAGE,
            "the message has faults, listed in `errors`: mend them and send it again",
        ),
        ReportedTime::IN_FUTURE,
        Failure::WEBHOOK_ID_REUSED,
        buyer::NOT_ALLOWED,
        buyer::NO_ACCOUNT,
        UNKNOWN_PARTNER,
        DEACTIVATED_PARTNER,
        DEACTIVATED_ORGANIZATION,
        LicenseType::UNKNOWN,
        TOO_MANY_TYPES,
        Pool::OVERFLOW,
        faults::UNKNOWN_PRODUCT,
        faults::ARCHIVED_PRODUCT,
        faults::UNKNOWN_ORGANIZATION,
        faults::UNKNOWN_SUBSCRIPTION,
        faults::EXTERNAL_ID_TAKEN,
        faults::LINKED_TO_DEACTIVATED,
        faults::TOO_MANY_LINKS,
        faults::OTHER_ORGANIZATION,
        faults::LINES_DIFFER,
        subscription_transferred::UNKNOWN_ACCOUNT,
    ];

    type Caller = Delivery;
    type Path = SourcePath;
    type Query = Nothing;
    type Body = Raw<StoreMessage>;
    type Output = Receipt;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Receipt>, Failure> {
        let Request { context, caller: delivery, body, .. } = request;
        let judged = match dispatch(context, delivery, &body.0).await {
            Err(Failure::Problem(problem)) if !is_reused(&problem) => {
                let at = refused_message_key(delivery.source.id, &delivery.id);
                record_refusal(context, delivery, problem, at).await
            }
            judged => judged,
        };
        match judged {
            // The answer that is stored under the id is that of the other message.
            Err(Failure::Problem(problem)) if is_reused(&problem) => {
                let at = reused_message_id_key(delivery.source.id, &delivery.id);
                record_refusal(&context.detached(), delivery, problem, at).await
            }
            judged => judged,
        }
    }
}

async fn dispatch(
    context: &Context<'_>,
    delivery: &Delivery,
    body: &[u8],
) -> Result<Reply<Receipt>, Failure> {
    let (message, mut faults) = strict_json(body).map_err(malformed)?;
    let typed: Option<MessageType> = collect(&mut faults, deserr::deserialize(message.clone()));
    let Some(MessageType { message_type }) = typed else { return Err(malformed(faults).into()) };
    match message_type.as_str() {
        order_placed::OrderPlacedData::TYPE => {
            let (Validated(placed), _) = read(context, message, faults)?;
            order_placed::apply(context, delivery, placed).await
        }
        order_changed::OrderChangedData::TYPE => {
            let (Validated(changed), _) = read(context, message, faults)?;
            order_changed::apply(context, delivery, changed).await
        }
        order_cancelled::OrderCancelledData::TYPE => {
            let (cancelled, occurred_at) = read(context, message, faults)?;
            order_cancelled::apply(context, delivery, cancelled, occurred_at).await
        }
        subscription_renewed::SubscriptionRenewedData::TYPE => {
            let (renewed, occurred_at) = read(context, message, faults)?;
            subscription_renewed::apply(context, delivery, renewed, occurred_at).await
        }
        subscription_transferred::SubscriptionTransferredData::TYPE => {
            let (Validated(transferred), occurred_at) = read(context, message, faults)?;
            subscription_transferred::apply(context, delivery, transferred, occurred_at).await
        }
        subscription_usage::SubscriptionUsageData::TYPE => {
            let (Validated(used), _) = read(context, message, faults)?;
            subscription_usage::apply(context, delivery, used).await
        }
        subscription_suspended::SubscriptionSuspendedData::TYPE => {
            let (suspended, occurred_at) = read(context, message, faults)?;
            subscription_suspended::apply(context, delivery, suspended, occurred_at).await
        }
        subscription_resumed::SubscriptionResumedData::TYPE => {
            let (resumed, occurred_at) = read(context, message, faults)?;
            subscription_resumed::apply(context, delivery, resumed, occurred_at).await
        }
        site_migrated::SiteMigratedData::TYPE => {
            let (migrated, occurred_at) = read(context, message, faults)?;
            site_migrated::apply(context, delivery, migrated, occurred_at).await
        }
        // A `type` that is given twice is ambiguous, so the message is malformed instead of ignored.
        _ if faults.0.iter().any(|fault| fault.at == FaultPointer::pointer(&[&"type"])) => {
            Err(malformed(faults).into())
        }
        _ => ignore(context, delivery, &message_type).await,
    }
}

/// Parses a message of a known type, and reports all of its faults together. Returns its data and its time. A message
/// that is well-formed but reports a time in the future is refused.
fn read<D: Deserr<Faults> + MessageData>(
    context: &Context<'_>,
    message: serde_json::Value,
    mut faults: Faults,
) -> Result<(D, Timestamp), Problem> {
    let message: Option<WebhookMessage<D>> = collect(&mut faults, deserr::deserialize(message));
    let Some(WebhookMessage { timestamp, data, .. }) = message.filter(|_| faults.0.is_empty()) else {
        return Err(malformed(faults));
    };
    let timestamp = timestamp.instant(context.now);
    let occurred_at = data.occurred_at().map(|time| time.instant(context.now));
    let in_data = occurred_at.and_then(Result::err).map(|why| why.at(&[&"data", &"occurredAt"]));
    match (timestamp, in_data) {
        (Ok(timestamp), None) => Ok((data, timestamp)),
        (timestamp, in_data) => {
            let in_message = timestamp.err().map(|why| why.at(&[&"timestamp"]));
            Err(Problem::of(ProblemKind::Rule, in_message.into_iter().chain(in_data).collect()))
        }
    }
}

async fn ignore(context: &Context<'_>, delivery: &Delivery, named: &str) -> Result<Reply<Receipt>, Failure> {
    let message_type = sanitize(named, 100);
    let mut change = Change::new();
    change.record(NewEvent::of_vendor(WebhookIgnored {
        source_id: delivery.source.id,
        webhook_id: delivery.id.clone(),
        message_type: message_type.clone(),
    }));
    context.commit(change, Answer::ok(Receipt::Ignored { message_type, reason: None })).await
}

/// Reports the faults of a message as broken rules (422), not as a malformed request (400), because its sender is
/// known.
pub(super) fn malformed(faults: Faults) -> Problem {
    Problem::listing(ProblemKind::Rule, INVALID_MESSAGE, faults)
}

/// Returns whether a message was refused because another one took effect under its id.
fn is_reused(problem: &Problem) -> bool {
    problem.code == Failure::WEBHOOK_ID_REUSED.code
}

/// Records in the vendor's log, once per mark, why the message was refused. The message is judged again at its next
/// delivery.
async fn record_refusal(
    context: &Context<'_>,
    delivery: &Delivery,
    problem: Problem,
    at: Key,
) -> Result<Reply<Receipt>, Failure> {
    /// Maximum number of faults that fit an event.
    const KEPT: usize = 50;
    // The pointer of a fault may contain names that the message itself chose, so it is cleaned and shortened.
    let tamed = |fault: &Fault| match &fault.at {
        FaultPointer::Pointer(at) => Fault { at: FaultPointer::Pointer(sanitize(at, 300)), ..fault.clone() },
        _ => fault.clone(),
    };
    let errors: Vec<Fault> = problem.faults.iter().take(KEPT).map(tamed).collect();
    let mark = RefusalMark { at, expires_at: context.answer_expires_at() };
    let refused = WebhookRefused { source_id: delivery.source.id, webhook_id: delivery.id.clone(), errors };
    context.refuse(problem, &mark, NewEvent::of_vendor(refused)).await
}
