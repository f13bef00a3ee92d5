//! Traces of a person that indexes find by its e-mail and by its records.

use std::collections::BTreeSet;

use api_runtime::table::{
    AccessIn, AccessOfPartner, BatchGet, ConcernedParty, ContactHistory, CustomerById, EntitlementsOf,
    GranteeMention, MemberById, PreferenceOf, RequestById, RequestsOfPartner, RequestsTo, ServiceRequestOf,
    ServiceRequestsOf, StaffBySubject, SubscriptionsOf, UpdateOf, UpdatesBy, UpdatesByStaff,
};
use api_runtime::{Context, Failure};
use domain::erasure::RecordIds;
use domain::service_request::{NotificationPreference, Person, ServiceRequestUpdate};
use domain::subscription::SubscriptionContact;
use domain::{
    Access, AccessRequest, Customer, CustomerId, Email, Entitlement, Event, Member, MemberId, OrganizationId,
    Owner, PartnerId, PersonRef, ServiceRequest, StaffRecord, Subscription, Timestamp,
};
use futures_util::future::try_join_all;

use super::{is_before, is_unrecorded};

/// Items about a person that indexes find, as consistent reads show them. The others are in
/// [`ListedTraces`](super::listed::ListedTraces).
#[derive(Debug)]
pub struct Traces {
    /// E-mail of the person.
    pub email: Email,
    /// Time until which what has the e-mail belongs to the person.
    pub until: Timestamp,
    /// Customer records, also removed ones.
    pub customers: Vec<Customer>,
    /// Member records, also removed ones.
    pub members: Vec<Member>,
    /// Records of the vendor's staff.
    pub staff: Vec<StaffRecord>,
    /// Histories as a contact of subscriptions.
    pub histories: Vec<ContactHistory>,
    /// Notification preferences.
    pub preferences: Vec<NotificationPreference>,
    /// Mentions by grants that name no member.
    pub mentions: Vec<GranteeMention>,
    /// Access of partners of which the person is a member, or whose grants name the person.
    pub access: Vec<Access>,
    /// Access requests that name the person.
    pub requests: Vec<AccessRequest>,
    /// Service requests that the person submitted, or is a contact of.
    pub service_requests: Vec<ServiceRequest>,
    /// Updates of service requests that the person wrote.
    pub updates: Vec<ServiceRequestUpdate>,
    /// Entitlements of the person's own.
    pub entitlements: Vec<Entitlement>,
    /// Subscriptions of which the person is, or was, a contact.
    pub subscriptions: Vec<Subscription>,
}

impl Traces {
    /// Reads the traces of the person who had an e-mail until a time; `known` are records that are known already.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn of(
        context: &Context<'_>,
        email: &Email,
        until: Timestamp,
        known: &RecordIds,
    ) -> Result<Self, Failure> {
        let mut traces = Box::pin(Self::records(context, email, until, known)).await?;
        let (access, requests) = Box::pin(traces.find_access(context)).await?;
        (traces.access, traces.requests) = (access, requests);
        let (service_requests, updates, entitlements, subscriptions, preferences) = tokio::try_join!(
            Box::pin(traces.find_service_requests(context)),
            Box::pin(traces.find_updates(context)),
            Box::pin(traces.find_entitlements(context)),
            Box::pin(traces.find_subscriptions(context)),
            Box::pin(traces.find_preferences(context)),
        )?;
        traces.preferences.extend(preferences);
        Ok(Self { service_requests, updates, entitlements, subscriptions, ..traces })
    }

    async fn records(
        context: &Context<'_>,
        email: &Email,
        until: Timestamp,
        known: &RecordIds,
    ) -> Result<Self, Failure> {
        let mut wanted = BatchGet::new();
        known.customer_ids.iter().for_each(|id| wanted.add(&CustomerById(*id)));
        known.member_ids.iter().for_each(|id| wanted.add(&MemberById(*id)));
        known.staff_subjects.iter().for_each(|subject| wanted.add(&StaffBySubject(subject.clone())));
        let (mut items, found) =
            tokio::try_join!(context.table.items_with_email(email), context.table.fetch(wanted, true))?;
        let is_new = |id: &CustomerId| !known.customer_ids.contains(id);
        items.customers.retain(|one| is_new(&one.id) && is_before(one.metadata.created_at, until));
        let is_new = |id: &MemberId| !known.member_ids.contains(id);
        items.members.retain(|one| is_new(&one.id) && is_before(one.metadata.created_at, until));
        let is_new = |subject: &String| !known.staff_subjects.contains(subject);
        items.staff.retain(|one| is_new(&one.subject) && is_before(one.metadata.created_at, until));
        items.preferences.retain(|one| is_before(one.metadata.created_at, until));
        for id in &known.customer_ids {
            items.customers.extend(found.get(&CustomerById(*id))?);
        }
        for id in &known.member_ids {
            items.members.extend(found.get(&MemberById(*id))?);
        }
        for subject in &known.staff_subjects {
            items.staff.extend(found.get(&StaffBySubject(subject.clone()))?);
        }
        Ok(Self {
            email: email.clone(),
            until,
            customers: items.customers,
            members: items.members,
            staff: items.staff,
            histories: items.histories,
            preferences: items.preferences,
            mentions: items.mentions,
            access: Vec::new(),
            requests: Vec::new(),
            service_requests: Vec::new(),
            updates: Vec::new(),
            entitlements: Vec::new(),
            subscriptions: Vec::new(),
        })
    }

    /// Returns the ids of the records.
    pub fn record_ids(&self) -> RecordIds {
        RecordIds {
            customer_ids: self.customers.iter().map(|one| one.id).collect(),
            member_ids: self.member_ids(),
            staff_subjects: self.staff.iter().map(|one| one.subject.clone()).collect(),
        }
    }

    /// Returns the ids of the member records.
    pub fn member_ids(&self) -> BTreeSet<MemberId> {
        self.members.iter().map(|one| one.id).collect()
    }

    /// Returns the person as service requests name it: by each record, and by the e-mail.
    fn people(&self) -> Vec<Person> {
        let customers = self.customers.iter().map(|one| Person::Customer { customer_id: one.id });
        let members =
            self.members.iter().map(|one| Person::Member { partner_id: one.partner_id, member_id: one.id });
        let unrecorded = Person::Unrecorded { email: self.email.clone() };
        customers.chain(members).chain([unrecorded]).collect()
    }

    /// Returns whether a person of something that was made at `time` is this one.
    pub fn is(&self, person: &Person, time: Timestamp) -> bool {
        match person {
            Person::Customer { customer_id } => self.customers.iter().any(|one| one.id == *customer_id),
            Person::Member { member_id, .. } => self.members.iter().any(|one| one.id == *member_id),
            Person::Unrecorded { .. } => is_unrecorded(person, &self.email) && is_before(time, self.until),
        }
    }

    /// Returns whether the person wrote an update of a service request.
    fn wrote(&self, update: &ServiceRequestUpdate) -> bool {
        match (&update.by.person, &update.by.subject) {
            (Some(person), _) => self.is(person, update.created_at),
            (None, Some(subject)) => self.staff.iter().any(|one| one.subject == *subject),
            (None, None) => false,
        }
    }

    /// Returns whether the person caused an event, by one of its records.
    pub fn is_author(&self, event: &Event) -> bool {
        match event.actor.person() {
            Some(PersonRef::Customer(id)) => self.customers.iter().any(|one| one.id == id),
            Some(PersonRef::Member(id)) => self.members.iter().any(|one| one.id == id),
            Some(PersonRef::Staff(subject)) => self.staff.iter().any(|one| one.subject == subject),
            None => false,
        }
    }

    /// Returns whether a contact of a subscription is the person.
    pub fn is_contact(&self, contact: &SubscriptionContact) -> bool {
        let record = contact.customer_id();
        self.customers.iter().any(|customer| record == Some(customer.id))
            || contact.email_in_order() == Some(&self.email) && is_before(contact.since, self.until)
    }

    /// Returns the ids of the records that are not erased yet.
    pub fn unerased(&self) -> RecordIds {
        RecordIds {
            customer_ids: self
                .customers
                .iter()
                .filter(|one| one.erased_at.is_none())
                .map(|one| one.id)
                .collect(),
            member_ids: self.members.iter().filter(|one| one.erased_at.is_none()).map(|one| one.id).collect(),
            staff_subjects: self
                .staff
                .iter()
                .filter(|one| one.erased_at.is_none())
                .map(|one| one.subject.clone())
                .collect(),
        }
    }

    /// Returns the organizations that may have the person as a customer, or as a contact of subscriptions.
    pub fn organizations(&self) -> BTreeSet<OrganizationId> {
        let of_customers = self.customers.iter().filter_map(|one| one.organization_id);
        self.histories.iter().map(|one| one.organization_id).chain(of_customers).collect()
    }

    /// Returns the partners of which the person is, or was, a member.
    pub fn partners(&self) -> BTreeSet<PartnerId> {
        self.members.iter().map(|one| one.partner_id).collect()
    }

    async fn find_access(&self, context: &Context<'_>) -> Result<(Vec<Access>, Vec<AccessRequest>), Failure> {
        let (table, partners, members) = (context.table, self.partners(), self.member_ids());
        let addressed = RequestsTo(self.email.clone());
        let (access, addressed, submitted) = tokio::try_join!(
            try_join_all(
                partners.iter().map(|one| async { table.list(&AccessOfPartner(*one), false).await })
            ),
            table.list(&addressed, false),
            try_join_all(
                partners.iter().map(|one| async { table.list(&RequestsOfPartner(*one), false).await })
            ),
        )?;
        let requests: Vec<AccessRequest> = addressed
            .into_iter()
            .chain(submitted.into_iter().flatten())
            .filter(|one| one.names(&self.email, &members, self.until))
            .collect();
        let approved = requests.iter().filter_map(|one| Some((one.organization_id?, one.partner_id)));
        let of_partners = access.iter().flatten().map(|one| (one.organization_id, one.partner_id));
        let mentioned = self.mentions.iter().map(|one| (one.organization_id, one.partner_id));
        let places: BTreeSet<(OrganizationId, PartnerId)> =
            of_partners.chain(approved).chain(mentioned).collect();
        let ids: BTreeSet<_> = requests.iter().map(|one| one.id).collect();
        let mut wanted = BatchGet::new();
        places.iter().for_each(|(organization, partner)| wanted.add(&AccessIn(*organization, *partner)));
        ids.iter().for_each(|id| wanted.add(&RequestById(*id)));
        let found = table.fetch(wanted, true).await?;
        let (mut access, mut requests) = (Vec::new(), Vec::new());
        for (organization, partner) in places {
            access.extend(found.get(&AccessIn(organization, partner))?);
        }
        for id in ids {
            requests.extend(found.get(&RequestById(id))?);
        }
        Ok((access, requests))
    }

    async fn find_service_requests(&self, context: &Context<'_>) -> Result<Vec<ServiceRequest>, Failure> {
        let people = self.people();
        let parties = people.iter().cloned().map(ConcernedParty::Person);
        let parties = parties.chain(self.partners().into_iter().map(ConcernedParty::Partner));
        let lists = parties.map(|party| async {
            let is_of_partner = matches!(party, ConcernedParty::Partner(_));
            let pattern = ServiceRequestsOf { party, organization: None, from: None, to: None };
            let mut listed = context.table.list(&pattern, false).await?;
            let is_own = |by: &Option<Person>| by.as_ref().is_some_and(|by| people.contains(by));
            listed.retain(|one| !is_of_partner || is_own(&one.submitted_by));
            Ok::<_, Failure>(listed)
        });
        let mut places = BTreeSet::new();
        for listed in try_join_all(lists).await?.into_iter().flatten() {
            places.insert((listed.organization_id, listed.service_request()?));
        }
        let mut wanted = BatchGet::new();
        places.iter().for_each(|(organization, id)| wanted.add(&ServiceRequestOf(*organization, *id)));
        let found = context.table.fetch(wanted, true).await?;
        let mut requests = Vec::new();
        for (organization, id) in places {
            requests.extend(found.get(&ServiceRequestOf(organization, id))?);
        }
        requests.retain(|one: &ServiceRequest| {
            let is = |person: &Person| self.is(person, one.metadata.created_at);
            is(&one.submitted_by) || one.contacts().any(|(_, contact)| is(contact))
        });
        Ok(requests)
    }

    async fn find_updates(&self, context: &Context<'_>) -> Result<Vec<ServiceRequestUpdate>, Failure> {
        let lists = self.people().into_iter().map(UpdatesBy);
        let lists = lists.map(|pattern| async move { context.table.list(&pattern, false).await });
        let of_staff = self.staff.iter().map(|one| UpdatesByStaff(one.subject.clone()));
        let of_staff = of_staff.map(|pattern| async move { context.table.list(&pattern, false).await });
        let (of_people, of_staff) = tokio::try_join!(try_join_all(lists), try_join_all(of_staff))?;
        let listed: Vec<ServiceRequestUpdate> = of_people.into_iter().chain(of_staff).flatten().collect();
        let mut wanted = BatchGet::new();
        listed.iter().for_each(|one| wanted.add(&UpdateOf(one.service_request_id, one.number)));
        let found = context.table.fetch(wanted, true).await?;
        let mut updates = Vec::new();
        for one in listed {
            updates.extend(found.get(&UpdateOf(one.service_request_id, one.number))?);
        }
        updates.retain(|one| self.wrote(one));
        Ok(updates)
    }

    async fn find_entitlements(&self, context: &Context<'_>) -> Result<Vec<Entitlement>, Failure> {
        let lists = self.customers.iter().map(|one| EntitlementsOf(Owner::Customer(one.id)));
        let lists = lists.map(|pattern| async move { context.table.list(&pattern, true).await });
        Ok(try_join_all(lists).await?.into_iter().flatten().collect())
    }

    async fn find_subscriptions(&self, context: &Context<'_>) -> Result<Vec<Subscription>, Failure> {
        let lists = self.organizations().into_iter().map(SubscriptionsOf);
        let lists = lists.map(|pattern| async move { context.table.list(&pattern, true).await });
        let mut all: Vec<Subscription> = try_join_all(lists).await?.into_iter().flatten().collect();
        all.retain(|one| one.contacts.iter().any(|contact| self.is_contact(contact)));
        Ok(all)
    }

    /// Finds the preferences of the records: of a customer in its organization, of a member where its partner has, or had,
    /// access.
    async fn find_preferences(&self, context: &Context<'_>) -> Result<Vec<NotificationPreference>, Failure> {
        let mut places: Vec<PreferenceOf> = Vec::new();
        for one in &self.customers {
            let person = Person::Customer { customer_id: one.id };
            places.extend(one.organization_id.map(|organization| PreferenceOf(organization, person)));
        }
        for one in &self.members {
            let person = Person::Member { partner_id: one.partner_id, member_id: one.id };
            let access = self.access.iter().filter(|access| access.partner_id == one.partner_id);
            places.extend(access.map(|access| PreferenceOf(access.organization_id, person.clone())));
        }
        let mut wanted = BatchGet::new();
        places.iter().for_each(|place| wanted.add(place));
        let found = context.table.fetch(wanted, true).await?;
        let mut preferences = Vec::new();
        for place in places {
            preferences.extend(found.get(&place)?);
        }
        Ok(preferences)
    }
}
