//! Writes many entitlements, subscriptions and names of organizations to the table directly, without the API.

use std::collections::BTreeSet;

use api_runtime::table::item::{Item, from_item, to_item};
use api_runtime::table::{
    DirectoryEntry, EntitlementReservation, NamePart, NameScope, UnspelledName, directory_entry_key,
};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::{
    Details, Entitlement, EntitlementName, EntitlementNumber, Ids, Metadata, Name, OrganizationId, Owner,
    PartnerId, Subscription, SubscriptionId,
};

use crate::World;

impl World {
    /// Writes items to the table as they are.
    pub async fn put_all(&self, items: impl Iterator<Item = Item>) {
        let put = |item: Item| {
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        let requests: Vec<_> = items.map(put).collect();
        for batch in requests.chunks(25) {
            let request = self.client.batch_write_item().request_items(&self.table, batch.to_vec());
            request.send().await.unwrap();
        }
    }

    /// Puts organizations with these names into a partner's directory.
    pub async fn stock_directory(&self, partner: &str, names: impl IntoIterator<Item = String>) {
        let partner: PartnerId = self.id(partner).parse().unwrap();
        let scope = NameScope::Directory(partner);
        let (ids, now) = (Ids::counted_from(7_000_000), self.now());
        let mut spellings = BTreeSet::new();
        let mut items = Vec::new();
        for name in names {
            let (organization, name): (OrganizationId, Name) = (ids.next(now), name.parse().unwrap());
            items.extend(NamePart::all(scope, organization, &name).iter().map(|part| to_item(part).unwrap()));
            spellings.extend(UnspelledName::new(scope, organization, &name, now).spellings().unwrap());
            let at = directory_entry_key(partner, organization);
            items.push(to_item(&DirectoryEntry { at, name }).unwrap());
        }
        let spellings = spellings.iter().map(|spelling| to_item(spelling).unwrap());
        self.put_all(items.into_iter().chain(spellings)).await;
    }

    /// Creates `count` subscriptions of Harbour Hotels, copied from one of the demo world, each linked to the previous
    /// one.
    pub async fn chain(&self, count: usize) -> Vec<String> {
        let at = [
            ("pk", format!("ORG#{}", self.id("yamada"))),
            ("sk", format!("SUBSCRIPTION#{}", self.id("subscription"))),
        ];
        let at = at.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
        let like =
            self.client.get_item().table_name(&self.table).set_key(Some(at.into())).send().await.unwrap();
        let like: Subscription = from_item(like.item.unwrap()).unwrap();
        let (ids, now) = (Ids::counted_from(6_000_000), self.now());
        let chain: Vec<SubscriptionId> = (0..count).map(|_| ids.next(now)).collect();
        let organization_id = self.id("harbour").parse().unwrap();
        let items = chain.iter().enumerate().flat_map(|(place, id)| {
            let next = [place.wrapping_sub(1), place + 1].map(|other| chain.get(other).copied());
            let linked = next.into_iter().flatten().collect();
            let (parents, apps) = Default::default();
            let one = Subscription {
                id: *id,
                organization_id,
                linked,
                parents,
                apps,
                external_id: None,
                ..like.clone()
            };
            [to_item(&one).unwrap(), to_item(&one.new_entitlement()).unwrap()]
        });
        self.put_all(items).await;
        chain.iter().map(ToString::to_string).collect()
    }

    /// Creates `count` entitlements of an organization of the demo world, with the external ids `X-0`, `X-1` and so on.
    pub async fn stock(&self, count: u64) -> Vec<Entitlement> {
        let (ids, now) = (Ids::counted_from(5_000_000), self.now());
        let (sol, product) = (self.id("sol").parse().unwrap(), self.id("product").parse().unwrap());
        let entitlement = |number: u64| {
            let id = ids.next(now);
            Entitlement {
                id,
                number: EntitlementNumber::of(id),
                owner: Owner::Organization(sol),
                product_id: product,
                external_id: Some(format!("X-{number}").parse().unwrap()),
                subscription_id: None,
                starts_at: None,
                ends_at: None,
                ended_at: None,
                suspended_at: None,
                followed_at: None,
                details: Details::default(),
                details_changed: None,
                metadata: Metadata::new(now),
            }
        };
        let stock: Vec<_> = (0..count).map(entitlement).collect();
        let items = stock.iter().flat_map(|one| {
            let external_id = one.external_id.clone().map(EntitlementName::ExternalId);
            let names = [external_id.unwrap(), EntitlementName::Number(one.number.clone())];
            let reserved = names.map(|name| to_item(&EntitlementReservation::of(one, &name)).unwrap());
            std::iter::once(to_item(one).unwrap()).chain(reserved)
        });
        self.put_all(items).await;
        stock
    }
}

/// Returns names of organizations in several scripts. A few words are frequent, and about a fifth as many as there are
/// names are not.
pub fn names(count: usize) -> impl Iterator<Item = String> {
    const SYLLABLES: [&str; 16] = [
        "bal", "cor", "den", "fim", "gar", "hul", "jun", "kel", "lom", "mar", "nop", "pra", "rus", "sil",
        "tam", "vu",
    ];
    const KANA: [&str; 12] =
        ["アサ", "イセ", "ウタ", "エビ", "オカ", "カミ", "キノ", "クラ", "ケヤ", "コマ", "サワ", "シロ"];
    const TRADES: [&str; 8] = [
        "Logistics GmbH",
        "Foods Ltd",
        "Textiles S.A.",
        "Security AG",
        "Systems Inc.",
        "Optik",
        "Verlag",
        "Media A.Ş.",
    ];
    (0..count).map(|number| {
        let pick = |from: &'static [&'static str], by: usize| from[number / by % from.len()];
        let syllables = if number < 20_480 { &[5, 80, 1_280][..] } else { &[5, 80, 1_280, 20_480] };
        let latin: String = syllables.iter().map(|by| pick(&SYLLABLES, *by)).collect();
        match number % 5 {
            0 => format!("{}{}商事", pick(&KANA, 5), pick(&KANA, 60)),
            1 => format!("{} {latin}", pick(&["Hotel", "Clinic", "Garage"], 3)),
            _ => format!("{latin} {}", pick(&TRADES, 7)),
        }
    })
}

/// Returns an import table with `count` rows for these entitlements: two fields each, with values that depend on
/// `round`.
pub fn sheet(count: u64, round: u64) -> String {
    let levels = ["Bronze", "Silver", "Gold"];
    let row = |number: u64| {
        let level = levels[usize::try_from((number + round) % 3).unwrap()];
        format!("X-{number},{level},{}\n", number + round)
    };
    "entitlement,Support level,Seats\n".to_owned() + &(0..count).map(row).collect::<String>()
}
