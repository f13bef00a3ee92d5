//! What an operation has at hand: the table, the time, new ids, and what the call says about how it wants
//! to be done.

use std::sync::Arc;

use domain::{
    At, Author, DeploymentKey, Event, Fault, Id, Ids, Period, Problem, Reason, Stage, Stamp, Timestamp,
    Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::token;
use crate::operation::{Answer, Failure, Output};
use crate::table::{
    Change, Committed, Cut, Entity, Error, IdempotencyRecord, ImportRun, Key, Listing, Refusal, Table, key,
};

/// Longer than a call may last, and than clocks differ: who begins an import is at it for at most so long.
const LEASE: Period = Period::minutes(1);

/// What a page of large items has as JSON at most, but for its last one: the answer of a function, in which JSON is a text
/// once more, has 6 MB (AWS, 2026).
const MOST_BYTES: usize = 1024 * 1024;

/// After so long it is told of an import that was cut off that nobody has gone on with it.
const GIVEN_UP: Period = Period::minutes(60);

/// What a function instance has from its start to its end.
pub struct Environment {
    /// The table.
    pub table: Table,
    /// What secrets and page tokens are derived from; none where nothing is.
    pub key: Option<DeploymentKey>,
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
    pub(crate) key: Option<&'a DeploymentKey>,
    /// The time of everything in this attempt.
    pub now: Timestamp,
    pub(crate) clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
    pub(crate) ids: &'a Ids,
    pub(crate) claim_prefix: &'a str,
    pub(crate) options: CallOptions,
}

/// What a call's headers and query ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallOptions {
    /// What tells this call from every other, also from its repeats.
    pub(crate) id: String,
    pub(crate) author: Option<Author>,
    pub(crate) validate_only: bool,
    pub(crate) if_match: Option<IfMatch>,
    pub(crate) idempotency: Option<IdempotencySlot>,
    pub(crate) page: PageRequest,
}

/// Where this call's answer is kept for its repeats.
#[derive(Debug, Clone)]
pub(crate) struct IdempotencySlot {
    pub(crate) at: Key,
    /// What tells an equal call from another.
    pub(crate) request: String,
    /// Whether it is kept for good.
    pub(crate) for_good: bool,
}

/// Which page of a list is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageRequest {
    pub(crate) size: usize,
    /// The position that the page token holds.
    pub(crate) after: Option<String>,
    /// What tokens of this list are made for.
    pub(crate) bound_to: String,
}

/// The version a caller means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMatch {
    Any,
    Version(Version),
}

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Given as `pageToken`, brings the next page. Without it there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

impl<T: Serialize + JsonSchema + Send + Sync + 'static> Output for List<T> {}

impl Environment {
    /// What one attempt has, begun now.
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            table: &self.table,
            key: self.key.as_ref(),
            now: (self.clock)(),
            clock: &*self.clock,
            ids: &self.ids,
            claim_prefix: &self.claim_prefix,
            options: CallOptions::default(),
        }
    }
}

impl Context<'_> {
    /// The same for what a call sets going beside its own object, begun now: the call's key, its `If-Match` and the
    /// like do not concern that.
    pub fn aside(&self) -> Context<'_> {
        let options = CallOptions { author: self.options.author.clone(), ..CallOptions::default() };
        Context { options, now: (self.clock)(), ..*self }
    }

    /// The same for what a call does after it has taken its time.
    pub fn again(&self) -> Context<'_> {
        Context { options: self.options.clone(), now: (self.clock)(), ..*self }
    }

    /// The deployment's key, from which secrets and page tokens are derived.
    ///
    /// # Errors
    ///
    /// When the operation does not say that it uses it (`Operation::USES_KEY`).
    pub fn key(&self) -> Result<&DeploymentKey, Error> {
        self.key.ok_or_else(|| Error::Internal("this function has no deployment key".to_owned()))
    }

    /// A new id.
    pub fn id<T: Id>(&self) -> T {
        self.ids.next(self.now)
    }

    /// Whether a version is the one the caller means, if it means one.
    pub fn if_match(&self) -> Option<impl Fn(Version) -> bool + Send + Sync + use<>> {
        self.options.if_match.map(|wish| {
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
    /// [`Failure::Table`].
    pub async fn page<L: Listing>(&self, listing: &L, ascending: bool) -> Result<List<L::Entity>, Failure> {
        let page = self.table.page(listing, &self.cut(ascending), None).await?;
        Ok(self.list(page.items, page.next))
    }

    /// Reads the page the caller wants, with the items as they are now; an index cannot.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn page_as_is<L: Listing>(
        &self,
        listing: &L,
        ascending: bool,
    ) -> Result<List<L::Entity>, Failure> {
        let cut = Cut { consistent: true, ..self.cut(ascending) };
        let page = self.table.page(listing, &cut, None).await?;
        Ok(self.list(page.items, page.next))
    }

    /// Reads the page the caller wants of those items that are `wanted`: it may be short, and even empty, and go on.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn page_of_wanted<L: Listing>(
        &self,
        listing: &L,
        ascending: bool,
        wanted: impl Fn(&L::Entity) -> bool + Sync,
    ) -> Result<List<L::Entity>, Failure> {
        let page = self.table.page(listing, &self.cut(ascending), Some(&wanted)).await?;
        Ok(self.list(page.items, page.next))
    }

    /// The page the caller wants of all items there are, each at a position of its own, by which it sorts them.
    pub fn page_of_all<T>(&self, mut all: Vec<(String, T)>) -> List<T> {
        let PageRequest { size, after, .. } = &self.options.page;
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut rest = all.into_iter().skip_while(|(position, _)| Some(position) <= after.as_ref());
        let (positions, items): (Vec<_>, Vec<_>) = rest.by_ref().take(*size).unzip();
        let next = rest.next().and(positions.into_iter().next_back());
        self.list(items, next)
    }

    /// Which part of a listing the page is that the caller wants.
    pub fn cut(&self, ascending: bool) -> Cut {
        let PageRequest { size, after, .. } = &self.options.page;
        Cut { size: *size, ascending, after: after.clone(), consistent: false }
    }

    /// A page, after which the next one begins at the position `next`.
    pub fn list<T>(&self, items: Vec<T>, next: Option<String>) -> List<T> {
        let bound_to = &self.options.page.bound_to;
        let seal = |position: String| token::seal(self.key?, bound_to, &position);
        List { items, next_page_token: next.and_then(seal) }
    }

    /// A page of items that may be large, each at its position: it ends where they have a megabyte as JSON.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn list_of_large<T: Serialize>(
        &self,
        items: impl IntoIterator<Item = (String, T)>,
        next: Option<String>,
    ) -> Result<List<T>, Error> {
        let (mut some, mut bytes) = (Vec::new(), 0_usize);
        let mut items = items.into_iter().peekable();
        while let Some((position, item)) = items.next() {
            let json = serde_json::to_vec(&item).map_err(|error| Error::Internal(error.to_string()))?;
            bytes = bytes.saturating_add(json.len());
            some.push(item);
            if bytes > MOST_BYTES && items.peek().is_some() {
                return Ok(self.list(some, Some(position)));
            }
        }
        Ok(self.list(some, next))
    }

    /// Makes a change, its events and the record of its answer one transaction. With `validateOnly` only
    /// the change's conditions are asked.
    ///
    /// # Errors
    ///
    /// What the conditions that do not hold say, in this order: there is no such thing; the call took effect
    /// before, or its key was used for another; the version is another; it is so already; state; rules.
    pub async fn commit<O: Output>(
        &self,
        mut change: Change<O>,
        answer: Answer<O>,
    ) -> Result<Answer<O>, Failure> {
        let mut refusals = change.take_known();
        if self.options.validate_only || !refusals.is_empty() {
            if let Some(slot) = self.options.idempotency.as_ref().filter(|_| !self.options.validate_only) {
                change.require_first(slot.at.clone(), self.now);
            }
            if let Committed::Refused(more) = self.table.preview(&change).await? {
                refusals.extend(more);
            }
            return match refusals.is_empty() {
                true => Ok(Answer { status: 200, location: None, trial: true, ..answer }),
                false => self.settle(refusals),
            };
        }
        if let Some(record) = self.record(&answer)? {
            change.remember(&record, self.now)?;
        }
        let events = self.events(&change)?;
        match self.table.commit(change, &events).await? {
            Committed::Done => Ok(answer),
            Committed::Refused(refusals) => {
                let answer = self.settle(refusals)?;
                self.keep(&answer).await?;
                Ok(answer)
            }
        }
    }

    /// Begins what takes more than one transaction with the first of them, unless the call took effect before: its answer is
    /// kept with the last one.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`].
    pub async fn begin<O: Output>(&self, mut change: Change<O>) -> Result<(), Failure> {
        if let Some(slot) = &self.options.idempotency {
            change.require_first(slot.at.clone(), self.now);
        }
        let events = self.events(&change)?;
        match self.table.commit(change, &events).await? {
            Committed::Done => Ok(()),
            Committed::Refused(refusals) => self.settle(refusals).map(|_| ()),
        }
    }

    /// Commits the end of what was begun by earlier transactions. If another request has taken the call's key meanwhile, that
    /// stands, and this answer is not kept for repeats: what it is about is done all the same.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`].
    pub async fn conclude<O: Output + Clone>(
        &self,
        end: impl Fn() -> Result<Change<O>, Failure>,
        answer: Answer<O>,
    ) -> Result<Answer<O>, Failure> {
        match self.commit(end()?, answer.clone()).await {
            Err(failure) if failure.is_key_reused() => self.aside().commit(end()?, answer).await,
            ended => ended,
        }
    }

    /// Keeps the answer of a call that had nothing left to do, so that its repeats get the same.
    async fn keep<O: Output>(&self, answer: &Answer<O>) -> Result<(), Failure> {
        let Some(record) = self.record(answer)? else { return Ok(()) };
        let mut change: Change<()> = Change::new();
        change.remember(&record, self.now)?;
        match self.table.commit(change, &[]).await? {
            Committed::Done => Ok(()),
            Committed::Refused(refusals) => self.settle(refusals).map(|_| ()),
        }
    }

    /// Whether a call is only tried.
    pub fn is_trial(&self) -> bool {
        self.options.validate_only
    }

    /// Begins an import of so many rows, or goes on with the one that an earlier call under this key was cut off from.
    ///
    /// # Errors
    ///
    /// The answer of that call if it came to its end; 409 while somebody is at it; 422 if it was another request.
    pub async fn begin_import(&self, rows: usize) -> Result<ImportRun, Failure> {
        const STILL_RUNNING: Reason = ImportRun::STILL_RUNNING;
        let (slot, import_id) = (self.options.idempotency.as_ref(), self.id());
        let wanted = ImportRun {
            // Another attempt within this call goes on, too, though no key tells of it.
            at: key::import(slot.map(|slot| &slot.at), &self.options.id),
            import_id,
            request: slot.map(|slot| slot.request.clone()),
            call: self.options.id.clone(),
            lease_ends_at: self.now.after(LEASE),
            writing: false,
            author: self.author()?,
            rows: u64::try_from(rows).unwrap_or(u64::MAX),
            due_at: Some(self.now.after(GIVEN_UP)),
            stamp: Stamp::new(self.now),
        };
        let mut change = Change::new();
        if let Some(slot) = slot {
            change.require_first(slot.at.clone(), self.now);
        }
        change.create_once(&wanted, Refusal::Already)?;
        let refusals = match self.table.commit(change, &[]).await? {
            Committed::Done => return Ok(wanted),
            Committed::Refused(refusals) => refusals,
        };
        // What has begun goes on, also if another request has taken its key meanwhile.
        let is_this = |refusal: &Refusal<ImportRun>| match refusal {
            Refusal::Already(run) if run.request == wanted.request => Some(run.clone()),
            _ => None,
        };
        let begun = match refusals.iter().find_map(is_this) {
            Some(begun) => begun,
            None => return self.settle(refusals).and_then(|_| Err(reused())),
        };
        if begun.call == wanted.call {
            return Ok(begun);
        }
        if begun.lease_ends_at > self.now {
            return Err(Problem::new(STILL_RUNNING.stage, STILL_RUNNING.code, STILL_RUNNING.about).into());
        }
        let seen = begun.stamp.version;
        let ImportRun { lease_ends_at, call, due_at, .. } = wanted;
        let mine = ImportRun { lease_ends_at, call, due_at, stamp: begun.stamp.next(self.now), ..begun };
        let mut change: Change<()> = Change::new();
        change.replace(&mine, seen, None::<fn(Version) -> bool>)?;
        match self.table.commit(change, &[]).await? {
            Committed::Done => Ok(mine),
            Committed::Refused(refusals) => self.settle(refusals).map(|_| mine),
        }
    }

    /// Lets whoever repeats the call go on with an import at once.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`]; then they wait until nobody can be at it any more.
    pub async fn leave_import(&self, run: &ImportRun) -> Result<(), Failure> {
        let left = ImportRun { lease_ends_at: self.now, stamp: run.stamp.next(self.now), ..run.clone() };
        let mut change: Change<()> = Change::new();
        change.replace(&left, run.stamp.version, None::<fn(Version) -> bool>)?;
        self.aside().commit(change, Answer::ok(())).await.map(drop)
    }

    fn author(&self) -> Result<Author, Error> {
        let author = self.options.author.clone();
        author.ok_or_else(|| Error::Internal("a change without an author".to_owned()))
    }

    /// Leaves an event, once per `mark`, that this call is refused, and refuses it; unless the call took
    /// effect before: then that answer stands.
    ///
    /// # Errors
    ///
    /// Always: the problem, or the earlier answer.
    pub async fn refuse<O, E: Entity>(
        &self,
        problem: Problem,
        mark: &E,
        happening: domain::Happening,
    ) -> Result<Answer<O>, Failure> {
        let mut change: Change<()> = Change::new();
        if let Some(slot) = &self.options.idempotency {
            change.require_first(slot.at.clone(), self.now);
        }
        change.create_once(mark, |_| Refusal::Already(()))?;
        change.record(happening);
        let events = self.events(&change)?;
        if let Committed::Refused(refusals) = self.table.commit(change, &events).await? {
            self.settle(refusals)?;
        }
        Err(problem.into())
    }

    fn events<O: 'static>(&self, change: &Change<O>) -> Result<Vec<Event>, Error> {
        let event = |happening: &domain::Happening| {
            Ok(Event { id: self.id(), time: self.now, actor: self.author()?, happening: happening.clone() })
        };
        change.happenings().iter().map(event).collect()
    }

    fn record<O: Output>(&self, answer: &Answer<O>) -> Result<Option<IdempotencyRecord>, Error> {
        let Some(IdempotencySlot { at, request, for_good }) = self.options.idempotency.clone() else {
            return Ok(None);
        };
        let body = answer.written()?;
        let expires_at = (!for_good).then(|| self.forget_at());
        let (status, location, version) = (answer.status, answer.location.clone(), answer.body.version());
        Ok(Some(IdempotencyRecord { at, request, status, location, version, body, expires_at }))
    }

    /// When what is kept for repeats may be forgotten.
    pub fn forget_at(&self) -> Timestamp {
        self.now.after(IdempotencyRecord::KEPT)
    }

    /// What follows from the conditions that do not hold.
    fn settle<O>(&self, refusals: Vec<Refusal<O>>) -> Result<Answer<O>, Failure> {
        let (mut before, mut outdated, mut other_version, mut already) = (None, false, false, None);
        let (mut state, mut rules) = (Vec::new(), Vec::new());
        for refusal in refusals {
            match refusal {
                Refusal::NotFound => return Err(Problem::not_found().into()),
                Refusal::Before(record) => before = Some(record),
                Refusal::Outdated => outdated = true,
                Refusal::OtherVersion => other_version = true,
                Refusal::Already(answer) => already = Some(answer),
                Refusal::Because(Stage::State, fault) => state.push(fault),
                Refusal::Because(_, fault) => rules.push(fault),
                // If nothing else says why, that is an error below.
                Refusal::AlreadyToo | Refusal::Impossible => {}
            }
        }
        let asked = self.options.idempotency.as_ref().map(|slot| &slot.request);
        if let Some(record) = before {
            return Err(match Some(&record.request) == asked {
                true => Failure::Before(Box::new(record)),
                false => reused(),
            });
        }
        if outdated {
            return Err(Error::Contended("outdated".to_owned()).into());
        }
        if other_version {
            return Err(problem(
                "If-Match",
                Stage::Precondition,
                "version-mismatch",
                "the object is of another version",
            ));
        }
        if let Some(answer) = already {
            return Ok(Answer::ok(answer));
        }
        if !state.is_empty() {
            state.extend(rules);
            return Err(Problem::of(Stage::State, state).into());
        }
        if !rules.is_empty() {
            return Err(Problem::of(Stage::Rule, rules).into());
        }
        Err(Error::Internal("a condition failed and nothing says why".to_owned()).into())
    }
}

fn reused() -> Failure {
    problem("Idempotency-Key", Stage::Rule, Failure::KEY_REUSED, "was used for another request")
}

fn problem(header: &str, stage: Stage, code: &str, detail: &str) -> Failure {
    Problem::of(stage, vec![Fault::new(At::parameter(header), code, detail)]).into()
}
