//! What an operation has at hand: the table, the time, new ids, and what the call says about how it wants
//! to be done.

use std::sync::Arc;

use domain::{
    At, DeploymentKey, Event, Fault, Faults, Id, Ids, Period, Problem, Stage, Timestamp, Version, event,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::token;
use crate::operation::{Answer, Failure, Of, Output};
use crate::table::{Change, Committed, Cut, Entity, Error, Key, Listing, Refusal, Remembered, Table};

/// How long the first answer to a call with an idempotency key is remembered.
const REMEMBERED: Period = Period::days(30);

/// What a function instance has from its start to its end.
pub struct Environment {
    /// The table.
    pub table: Table,
    /// What secrets and page tokens are derived from.
    pub key: DeploymentKey,
    /// What tells the time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What gives ids.
    pub ids: Ids,
    /// What our own claims in a token begin with.
    pub claim_prefix: String,
}

/// What one attempt at a call has.
pub struct Context<'a> {
    /// The table.
    pub table: &'a Table,
    /// What secrets are derived from.
    pub key: &'a DeploymentKey,
    /// The time of everything in this attempt.
    pub now: Timestamp,
    pub(crate) ids: &'a Ids,
    pub(crate) claim_prefix: &'a str,
    pub(crate) wishes: Wishes,
}

/// How a call wants to be done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    pub(crate) author: Option<event::Author>,
    pub(crate) validate_only: bool,
    pub(crate) if_match: Option<IfMatch>,
    pub(crate) remember: Option<Remember>,
    pub(crate) page: PageWish,
}

/// Where this call's answer is remembered, and what tells an equal call from another.
#[derive(Debug, Clone)]
pub(crate) struct Remember {
    pub(crate) at: Key,
    pub(crate) request: String,
}

/// Which page of a list is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageWish {
    pub(crate) size: usize,
    pub(crate) token: Option<String>,
    /// What the token must have been made for.
    pub(crate) bound_to: String,
}

/// The version a caller means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMatch {
    Any,
    Version(Version),
}

/// A page of a list.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Given as `pageToken`, brings the next page. Without it there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

impl<T> Output for List<T> where
    T: Serialize + serde::de::DeserializeOwned + JsonSchema + Send + Sync + 'static
{
}

impl Context<'_> {
    /// A new id.
    pub fn id<T: Id>(&self) -> T {
        self.ids.next(self.now)
    }

    /// Whether a version is the one the caller means, if it means one.
    pub fn if_match(&self) -> Option<impl Fn(Version) -> bool + Send + Sync + use<>> {
        self.wishes.if_match.map(|wish| {
            move |version| match wish {
                IfMatch::Any => true,
                IfMatch::Version(meant) => meant == version,
            }
        })
    }

    /// Reads the page the caller wants.
    ///
    /// # Errors
    ///
    /// 400 when its page token was not made for this caller and query.
    pub async fn page<L: Listing>(&self, listing: &L, ascending: bool) -> Result<List<L::Entity>, Failure> {
        let PageWish { size, token, bound_to } = &self.wishes.page;
        let after = token.as_ref().map(|token| {
            token::open(self.key, bound_to, token).ok_or_else(|| {
                let detail = "was not given out for this caller and query";
                let fault = Fault::new(At::parameter("pageToken"), "invalid-page-token", detail);
                Problem::shape(Faults(vec![fault]))
            })
        });
        let cut = Cut { size: *size, ascending, after: after.transpose()? };
        let page = self.table.page(listing, &cut).await?;
        let next_page_token = page.next.map(|position| token::seal(self.key, bound_to, &position));
        Ok(List { items: page.items, next_page_token })
    }

    /// Makes a change, its events and the memory of its answer one transaction. With `validateOnly` only
    /// the change's conditions are asked.
    ///
    /// # Errors
    ///
    /// What the conditions that do not hold say, in this order: there is no such thing, the key was used
    /// for something else, the version is another, it is so already, the state, the rules.
    pub async fn commit<O: Output>(
        &self,
        change: Change<O>,
        answer: Answer<O>,
    ) -> Result<Answer<O>, Failure> {
        if self.wishes.validate_only {
            return match self.table.preview(&change).await? {
                Committed::Done => Ok(Answer { status: 200, location: None, of: Of::Trial, ..answer }),
                Committed::Refused { refusals, .. } => settle(refusals),
            };
        }
        let events = self.events(&change)?;
        let remembered = self.remembered(&answer)?;
        let remember = remembered.as_ref().map(|remembered| (remembered, self.now));
        match self.table.commit(change, &events, remember).await? {
            Committed::Done => Ok(answer),
            Committed::Refused { refusals, earlier } => {
                if refusals.iter().any(|refusal| matches!(refusal, Refusal::NotFound)) {
                    return Err(Problem::not_found().into());
                }
                match (earlier, remembered) {
                    (Some(earlier), Some(mine)) => replay(earlier, &mine),
                    _ => settle(refusals),
                }
            }
        }
    }

    fn events<O>(&self, change: &Change<O>) -> Result<Vec<Event>, Error> {
        let author = || {
            let author = self.wishes.author.clone();
            author.ok_or_else(|| Error::Internal("a change without an author".to_owned()))
        };
        let event = |happening: &domain::Happening| {
            Ok(Event { id: self.id(), time: self.now, actor: author()?, happening: happening.clone() })
        };
        change.happenings().iter().map(event).collect()
    }

    fn remembered<O: Output>(&self, answer: &Answer<O>) -> Result<Option<Remembered>, Error> {
        let Some(Remember { at, request }) = self.wishes.remember.clone() else {
            return Ok(None);
        };
        let body = serde_json::to_string(&answer.body).map_err(|error| Error::Internal(error.to_string()))?;
        let expires_at = self.now.after(REMEMBERED);
        let (status, location) = (answer.status, answer.location.clone());
        Ok(Some(Remembered { at, request, status, location, body, expires_at }))
    }

    /// Remembers once per message and 30 days that something happened to it, beside any effect. A repeat
    /// writes nothing.
    ///
    /// # Errors
    ///
    /// When it could not be written.
    pub async fn record_once<E: Entity>(
        &self,
        mark: &E,
        happening: domain::Happening,
    ) -> Result<(), Failure> {
        let mut change: Change<()> = Change::new();
        change.create_once(mark, |_| Refusal::Already(()))?;
        change.record(happening);
        let events = self.events(&change)?;
        self.table.commit(change, &events, None).await?;
        Ok(())
    }

    /// When what is remembered now may be forgotten.
    pub fn forget_at(&self) -> Timestamp {
        self.now.after(REMEMBERED)
    }
}

fn replay<O: Output>(earlier: Remembered, mine: &Remembered) -> Result<Answer<O>, Failure> {
    if earlier.request != mine.request {
        let detail = "this key was used for another request";
        let fault = Fault::new(At::parameter("Idempotency-Key"), "idempotency-key-reused", detail);
        return Err(Problem::of(Stage::Rule, vec![fault]).into());
    }
    let body = serde_json::from_str(&earlier.body).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Answer { status: earlier.status, location: earlier.location, body, of: Of::EarlierCall })
}

fn settle<O>(refusals: Vec<Refusal<O>>) -> Result<Answer<O>, Failure> {
    let (mut state, mut rules, mut already, mut other_version) = (Vec::new(), Vec::new(), None, false);
    for refusal in refusals {
        match refusal {
            Refusal::NotFound => return Err(Problem::not_found().into()),
            Refusal::OtherVersion => other_version = true,
            Refusal::State(fault) => state.push(fault),
            Refusal::Rule(fault) => rules.push(fault),
            Refusal::Already(answer) => already = Some(answer),
            // If nothing else says why, that is an error below.
            Refusal::AlreadyToo | Refusal::Impossible => {}
        }
    }
    if other_version {
        let fault =
            Fault::new(At::parameter("If-Match"), "version-mismatch", "the object is of another version");
        return Err(Problem::of(Stage::Precondition, vec![fault]).into());
    }
    if let Some(answer) = already {
        return Ok(Answer::ok(answer));
    }
    if !state.is_empty() {
        return Err(Problem::of(Stage::State, state).into());
    }
    if !rules.is_empty() {
        return Err(Problem::of(Stage::Rule, rules).into());
    }
    Err(Error::Internal("a condition failed and nothing says why".to_owned()).into())
}
