//! The demo world: partners (one of them new and without a store link), a store, license types, organizations,
//! customers, orders, products, entitlements and subscriptions. The operations themselves create it, with a clock and
//! ids of its own, so that it is the same wherever and whenever it is loaded. Loading it is idempotent.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Ids, Period, Timestamp};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::gateway::{Gateway, Request};
use crate::issuer::Issuer;
use crate::{Error, Shared};

/// Time at which the demo world begins. Each call that creates it is made one minute after the previous one.
pub const BEGIN: &str = "2026-01-05T09:00:00Z";

/// Time at which the demo world is complete; the clock of its canonical calls is stopped here.
pub const COMPLETE: &str = "2026-01-05T10:00:00Z";

const MINUTE: Period = Period::minutes(1);

struct Maker {
    gateway: Gateway,
    clock: Arc<Clock>,
    issuer: Arc<Issuer>,
    step: u32,
}

/// Creates the demo world. Returns its ids, and a token for each of its people.
pub async fn load(shared: &Shared) -> Result<Value, Error> {
    let clock = Arc::new(Clock::stopped(BEGIN.parse::<Timestamp>()?));
    let gateway = shared.gateway_at(clock.clone(), Ids::counted_from(1));
    let ids = Maker { gateway, clock, issuer: shared.issuer.clone(), step: 0 }.make().await?;
    let mut tokens = serde_json::Map::new();
    for (name, person) in people(&ids) {
        let token = shared.issuer.token(&serde_json::from_value(person)?, shared.clock.now());
        tokens.insert(name.to_owned(), token.into());
    }
    Ok(json!({ "ids": ids, "tokens": tokens }))
}

/// Returns the ids of the demo world, which never change.
pub fn ids() -> Value {
    serde_json::from_str(include_str!("demo.json")).unwrap_or_default()
}

/// Returns the people of the demo world, by role, each in the form that `/_local/token` takes.
pub fn people(ids: &Value) -> Vec<(&'static str, Value)> {
    let id = |name: &str| ids.get(name).cloned().unwrap_or_default();
    let person = |sub: &str, domain: &str, role: &str, org: Option<Value>, manager: bool| {
        let mut person = json!({ "sub": sub, "email": format!("{sub}@{domain}"), "role": role });
        if let (Value::Object(map), Some(org)) = (&mut person, org) {
            map.insert("org".to_owned(), org);
            map.insert("manager".to_owned(), manager.into());
        }
        person
    };
    vec![
        ("operator", person("olivia", "vendor.example", "operator", None, false)),
        ("agent", person("amir", "vendor.example", "agent", None, false)),
        ("partnerAdmin", person("aiko", "miyako.example", "partner", Some(id("partner")), true)),
        ("partnerMember", person("ren", "miyako.example", "partner", Some(id("partner")), false)),
        ("contactManager", person("yuki", "yamada.example", "customer", Some(id("yamada")), true)),
        ("customer", person("sora", "yamada.example", "customer", Some(id("yamada")), false)),
        ("otherPartnerAdmin", person("deniz", "anadolu.example", "partner", Some(id("otherPartner")), true)),
        ("otherPartnerMember", person("emre", "anadolu.example", "partner", Some(id("otherPartner")), false)),
        ("newPartnerAdmin", person("hana", "sakura.example", "partner", Some(id("newPartner")), true)),
        ("otherContactManager", person("elif", "bogazici.example", "customer", Some(id("bogazici")), true)),
        ("otherCustomer", person("can", "bogazici.example", "customer", Some(id("bogazici")), false)),
    ]
}

impl Maker {
    async fn make(&mut self) -> Result<Value, Error> {
        let partner =
            self.create("/v1/partners", json!({"name": "Miyako Security", "externalId": "P-1001"})).await?;
        let other =
            self.create("/v1/partners", json!({"name": "Anadolu Güvenlik", "externalId": "P-1002"})).await?;
        for (code, name, term) in [
            ("edge-storage-1y", "Edge storage recording, 1 year", "P1Y"),
            ("edge-storage-5y", "Edge storage recording, 5 years", "P5Y"),
            ("camera-direct-1y", "Camera direct recording, 1 year", "P1Y"),
            ("camera-direct-5y", "Camera direct recording, 5 years", "P5Y"),
        ] {
            self.operate("POST", "/v1/license-types", json!({"code": code, "name": name, "term": term}))
                .await?;
        }
        let made = self.operate("POST", "/v1/webhook-sources", json!({"name": "Edge Store"})).await?;
        let source = text(&made, "id")?;
        let secret = text(&made, "secret")?;
        for (partner, account) in [(&partner, "ec-4711"), (&other, "ec-4712")] {
            let link = json!({"sourceId": source, "account": account});
            self.operate("PUT", &format!("/v1/partners/{partner}/store"), link).await?;
        }
        let mut organization = async |name: &str, partner: &str, external: &str| {
            let body = json!({"name": name, "partnerId": partner, "externalId": external});
            self.create("/v1/organizations", body).await
        };
        let yamada = organization("株式会社ヤマダ電機", &partner, "C-1").await?;
        let sol = organization("Panadería El Sol, S.A.", &partner, "C-2").await?;
        let harbour = organization("Harbour Hotels Ltd", &partner, "C-3").await?;
        let bogazici = organization("Boğaziçi Otel A.Ş.", &other, "C-4").await?;
        let istanbul = organization("İSTANBUL Lojistik A.Ş.", &other, "C-5").await?;
        let body = json!({"name": "Nakano Clinic", "externalId": "C-6"});
        let nakano = self.create("/v1/organizations", body).await?;

        let line = |sku: &str, quantity: u64| json!({"kind": "license", "sku": sku, "quantity": quantity});
        let lines = json!([line("edge-storage-1y", 100), line("camera-direct-1y", 40)]);
        self.order(&source, &secret, "SO-1000", "ec-4711", lines).await?;
        self.order(&source, &secret, "SO-2000", "ec-4712", json!([line("edge-storage-1y", 10)])).await?;
        let body = json!({"email": "ren@miyako.example", "name": "Ren Mori", "admin": false});
        let ren = self.create(&format!("/v1/partners/{partner}/members"), body).await?;
        let new =
            self.create("/v1/partners", json!({"name": "Sakura Systems", "externalId": "P-1003"})).await?;

        // No partner is linked to these accounts yet.
        let lines = || json!([line("edge-storage-1y", 30)]);
        self.order(&source, &secret, "SO-3000", "ec-4713", lines()).await?;
        let parked = self.order(&source, &secret, "SO-3001", "ec-4714", lines()).await?;
        let parked = parked.get("order").map(|order| text(order, "id")).transpose()?;

        let mut products = Vec::new();
        for (name, code) in [("Edge Recorder", "ER-1"), ("Video Wall", "VW-1"), ("Door Station", "DS-1")] {
            let made = self.create("/v1/products", json!({"name": name, "code": code})).await?;
            products.push(made);
        }

        let select = |options: &[&str]| json!({"name": "SELECT", "options": options});
        let fields = json!({"detailFields": [
            {"name": "Region", "type": select(&["AU", "EU", "US"]), "configuration": {"position": 1}},
            {"name": "Support level", "type": select(&["Bronze", "Silver", "Gold"]), "configuration": {"position": 2}},
            {"name": "Seats", "type": {"name": "NUMBER"}, "configuration": {"position": 3}},
            {"name": "Renewal contact", "type": {"name": "EMAIL"}},
            {"name": "Internal note", "type": {"name": "TEXT"}, "viewers": ["operator", "agent"]},
        ]});
        let made = self.operate("POST", "/v1/detail-fields", fields).await?;
        let field = made.pointer("/detailFields/0").map(|field| text(field, "id")).transpose()?;

        let customers = format!("/v1/organizations/{yamada}/customers");
        let yuki = json!({"email": "yuki@yamada.example", "name": "Yuki Yamada", "manager": true});
        self.create(&customers, yuki).await?;
        let sora = json!({"email": "sora@yamada.example", "name": "Sora Sato", "externalId": "Y-2"});
        let sora = self.create(&customers, sora).await?;

        let [recorder, video_wall, door] = products.as_slice() else { return Err("three products".into()) };
        let owned = |product: &str, external: &str| json!({"productId": product, "externalId": external});
        let mut gold = owned(recorder, "CRM-1001");
        if let Value::Object(map) = &mut gold {
            let details = json!({
                "Region": {"values": ["EU"]}, "Support level": {"values": ["Gold"]}, "Seats": {"values": [25]},
                "Internal note": {"values": ["Renewed by phone"]},
            });
            map.insert("details".to_owned(), details);
        }
        let path = format!("/v1/organizations/{yamada}/entitlements");
        let entitlement = self.operate("POST", &path, gold).await?;
        let path = format!("/v1/customers/{sora}/entitlements");
        let own = self.create(&path, owned(door, "CRM-1002")).await?;
        let path = format!("/v1/organizations/{bogazici}/entitlements");
        let foreign = self.create(&path, owned(video_wall, "CRM-1003")).await?;

        let body = json!({"email": "aiko@miyako.example", "name": "Aiko Tanaka", "admin": true});
        let aiko = self.create(&format!("/v1/partners/{partner}/members"), body).await?;
        let token = self.token("partnerMember", &json!({"partner": partner}))?;
        let body =
            json!({"organizationId": yamada, "lines": [{"licenseType": "edge-storage-1y", "quantity": 5}]});
        let path = format!("/v1/partners/{partner}/license-assignments");
        let assigned = self.call("POST", &path, &token, body, Vec::new()).await?;
        let body = json!({"email": "deniz@anadolu.example", "name": "Deniz Kaya", "admin": true});
        self.create(&format!("/v1/partners/{other}/members"), body).await?;

        let known =
            json!({"partner": partner, "otherPartner": other, "yamada": yamada, "bogazici": bogazici});
        let by_aiko = self.token("partnerAdmin", &known)?;
        let by_yuki = self.token("contactManager", &known)?;
        let ask = format!("/v1/partners/{partner}/access-requests");
        let wish = |level: &str, of: Option<&str>| {
            let mut wish =
                json!({"contactManagerEmail": "yuki@yamada.example", "expiresAt": "2027-01-05T09:00:00Z"});
            let whom = match of {
                Some(of) => {
                    ("individuals", json!([{"email": format!("{of}@miyako.example"), "level": level}]))
                }
                None => ("organizationLevel", level.into()),
            };
            wish.as_object_mut().map(|wish| wish.insert(whom.0.to_owned(), whom.1));
            wish
        };
        let mut asked = Vec::new();
        for (level, of) in
            [("create", None), ("service-admin", Some("aiko")), ("full-admin", None), ("cc", Some("aiko"))]
        {
            let made = self.call("POST", &ask, &by_aiko, wish(level, of), Vec::new()).await?;
            asked.push(text(&made, "id")?);
        }
        let [first, request, declined, cancelled] = asked.as_slice() else {
            return Err("four requests".into());
        };
        let approve = format!("/v1/access-requests/{first}/approve");
        self.call("POST", &approve, &by_yuki, json!({}), Vec::new()).await?;
        let give = format!("/v1/organizations/{yamada}/access");
        let single = json!({"partnerId": partner, "expiresAt": "2026-07-05T09:00:00Z",
            "individuals": [{"email": "ren@miyako.example", "level": "look"}]});
        let given = self.call("POST", &give, &by_yuki, single, Vec::new()).await?;
        let grant = |number: usize| {
            given.pointer(&format!("/grants/{number}")).map(|grant| text(grant, "id")).transpose()
        };
        let elif = json!({"email": "elif@bogazici.example", "name": "Elif Demir", "manager": true});
        self.create(&format!("/v1/organizations/{bogazici}/customers"), elif).await?;
        let by_elif = self.token("otherContactManager", &known)?;
        let brief = json!({"partnerId": other, "expiresAt": "2026-01-06T09:00:00Z", "organizationLevel": "full-admin"});
        let give = format!("/v1/organizations/{bogazici}/access");
        self.call("POST", &give, &by_elif, brief, Vec::new()).await?;
        let by_sora = self.token("customer", &known)?;
        let silent = json!({"subject": "A recorder is silent", "kind": "incident",
            "description": "The recorder in Ginza has not answered since this morning."});
        let submit = format!("/v1/organizations/{yamada}/service-requests");
        let service_request = self.call("POST", &submit, &by_sora, silent, Vec::new()).await?;
        let haruto = json!({"email": "haruto@yamada.example", "name": "Haruto Ono", "manager": true});
        let haruto = self.create(&customers, haruto).await?;
        let can = json!({"email": "can@bogazici.example", "name": "Can Aydın"});
        let can = self.create(&format!("/v1/organizations/{bogazici}/customers"), can).await?;
        let kept = json!({"subject": "How long are recordings kept?", "kind": "question",
            "description": "A guest asks for a recording of last month."});
        let submit = format!("/v1/organizations/{bogazici}/service-requests");
        let asked = self.call("POST", &submit, &by_elif, kept, Vec::new()).await?;
        let asked = text(&asked, "id")?;
        let contact = format!("{submit}/{asked}/contacts/can@bogazici.example");
        self.call("PUT", &contact, &by_elif, json!({"role": "additional"}), Vec::new()).await?;

        let sold = |kind: &str, sku: &str, external: &str, organization: &str, more: Value| {
            let mut line = json!({"kind": kind, "sku": sku, "plan": "Standard", "quantity": 10, "term": "P5Y",
                "startsAt": "2026-01-05T09:00:00Z", "organization": {"externalId": organization},
                "externalId": external});
            if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
                line.extend(more);
            }
            line
        };
        let sora_too = json!({"email": "sora@yamada.example", "name": "Sora Sato"});
        let yuki_too = json!({"email": "yuki@yamada.example", "name": "Yuki Yamada"});
        let lines = json!([
            sold("subscription", "ER-1", "S-1", "C-1", json!({"contacts": [sora_too, yuki_too]})),
            sold("subscription", "VW-1", "S-2", "C-1", json!({"linkedTo": [0], "contacts": [sora_too]})),
            sold("collection", "DS-1", "S-3", "C-1", json!({"linkedTo": [0]})),
            sold("app", "DS-1", "S-4", "C-1", json!({"parents": [0, 1]})),
        ]);
        let ordered = self.order(&source, &secret, "SO-4000", "ec-4711", lines).await?;
        let subscription = |order: &Value, number: usize| {
            let one = order.pointer(&format!("/order/subscriptions/{number}"));
            one.map(|one| text(one, "subscriptionId")).transpose()
        };
        let wall = subscription(&ordered, 1)?.unwrap_or_default();
        let set_up = format!("/v1/organizations/{yamada}/subscriptions/{wall}/set-up");
        let site = json!({"site": {"new": {"url": "https://yamada.example/wall", "name": "Ginza"}}});
        let set_up = self.call("POST", &set_up, &by_sora, site, Vec::new()).await?;
        let site = set_up.pointer("/site").map(|site| text(site, "siteId")).transpose()?;
        let can_too = json!({"email": "can@bogazici.example", "name": "Can Aydın"});
        let lines = json!([sold("subscription", "ER-1", "S-5", "C-4", json!({"contacts": [can_too]}))]);
        let other_order = self.order(&source, &secret, "SO-4001", "ec-4712", lines).await?;
        let body = json!({"email": "hana@sakura.example", "name": "Hana Abe", "admin": true});
        self.create(&format!("/v1/partners/{new}/members"), body).await?;
        let body = json!({"email": "emre@anadolu.example", "name": "Emre Demir", "admin": false});
        let emre = self.create(&format!("/v1/partners/{other}/members"), body).await?;

        let closing = self.create("/v1/partners", json!({"name": "Hoshi Systems"})).await?;
        let closed = self.create("/v1/partners", json!({"name": "Ege Bilişim"})).await?;
        self.operate("POST", &format!("/v1/partners/{closed}/deactivate"), json!({})).await?;
        let leaving = self.create("/v1/organizations", json!({"name": "Minato Prints"})).await?;
        let left = self.create("/v1/organizations", json!({"name": "Kordon Cafe"})).await?;
        self.operate("POST", &format!("/v1/organizations/{left}/deactivate"), json!({})).await?;

        // The first write of an operator or agent stores its record.
        let by_agent = self.token("agent", &Value::Null)?;
        self.call_now("PATCH", "/v1/me", &by_agent, json!({}), Vec::new()).await?;

        let mut ids = json!({
            "subscription": subscription(&ordered, 0)?, "wallSubscription": wall, "collection": subscription(&ordered, 2)?,
            "app": subscription(&ordered, 3)?, "otherSubscription": subscription(&other_order, 0)?, "site": site,
            "aiko": aiko, "ren": ren, "accessRequest": request, "toDecline": declined, "toCancel": cancelled,
            "haruto": haruto, "can": can, "otherServiceRequest": asked, "serviceRequest": text(&service_request, "id")?, "grantOfAll": grant(0)?, "grantOfRen": grant(1)?,
            "entitlement": text(&entitlement, "id")?, "number": text(&entitlement, "number")?,
            "ownEntitlement": own, "otherEntitlement": foreign,
            "partner": partner, "otherPartner": other, "newPartner": new, "source": source, "secret": secret,
            "yamada": yamada, "sol": sol, "harbour": harbour, "nakano": nakano,
            "bogazici": bogazici, "istanbul": istanbul, "assignment": text(&assigned, "id")?,
            "parkedOrder": parked, "product": recorder, "videoWall": video_wall,
            "field": field, "sora": sora, "emre": emre,
        });
        if let Value::Object(ids) = &mut ids {
            let parties = [("closingPartner", closing), ("closedPartner", closed)];
            let organizations = [("closingOrganization", leaving), ("closedOrganization", left)];
            let named = parties.into_iter().chain(organizations);
            ids.extend(named.map(|(name, id)| (name.to_owned(), Value::from(id))));
        }
        Ok(ids)
    }

    fn token(&self, name: &str, ids: &Value) -> Result<String, Error> {
        let person = people(ids).into_iter().find(|(known, _)| *known == name).map(|(_, person)| person);
        Ok(self.issuer.token(&serde_json::from_value(person.unwrap_or_default())?, self.clock.now()))
    }

    async fn create(&mut self, path: &str, body: Value) -> Result<String, Error> {
        text(&self.operate("POST", path, body).await?, "id")
    }

    async fn operate(&mut self, method: &str, path: &str, body: Value) -> Result<Value, Error> {
        let operator = self.token("operator", &Value::Null)?;
        self.call(method, path, &operator, body, Vec::new()).await
    }

    async fn order(
        &mut self,
        source: &str,
        secret: &str,
        order: &str,
        account: &str,
        lines: Value,
    ) -> Result<Value, Error> {
        let now = self.clock.now();
        let body = json!({
            "type": "order.placed",
            "timestamp": now,
            "data": {"orderId": order, "storeAccount": account, "lines": lines},
        });
        let id = format!("msg_{order}");
        // The call is made one minute later, and its signature must have that time.
        let at = now.after(MINUTE);
        let headers = sign(secret, &id, at, body.to_string().as_bytes())?;
        self.call("POST", &format!("/v1/webhooks/{source}"), "", body, headers).await
    }

    async fn call(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: Value,
        headers: Vec<(String, String)>,
    ) -> Result<Value, Error> {
        self.step += 1;
        self.clock.advance(MINUTE);
        self.call_now(method, path, token, body, headers).await
    }

    /// Makes a call at the time of the previous one.
    async fn call_now(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Value,
        mut headers: Vec<(String, String)>,
    ) -> Result<Value, Error> {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        headers.push(("idempotency-key".to_owned(), format!("demo-{}", self.step)));
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        let (method, path) = (method.to_owned(), path.to_owned());
        let request =
            Request { method, path, headers, body: body.to_string().into_bytes(), ..Request::default() };
        let response = self.gateway.answer(request).await;
        let answered: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        match response.status {
            200..=202 => Ok(answered),
            status => Err(format!("the demo world could not be made: {status} {answered}").into()),
        }
    }
}

fn text(object: &Value, name: &str) -> Result<String, Error> {
    let text = object.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("an answer has no `{name}`").into())
}

/// Returns the headers with which the owner of a secret signs a message (Standard Webhooks).
pub fn sign(secret: &str, id: &str, at: Timestamp, body: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let sent = at.unix_seconds().to_string();
    let content = [id.as_bytes(), b".", sent.as_bytes(), b".", body].concat();
    Ok(vec![
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-signature".to_owned(), signature(secret, &content)?),
        ("webhook-timestamp".to_owned(), sent),
    ])
}

/// Returns a proof that an account belongs to a partner, signed by the owner of a secret and valid until `expiry` (Unix
/// seconds).
pub fn prove(secret: &str, partner: &str, account: &str, expiry: u64) -> Result<String, Error> {
    let content = format!("link.{partner}.{account}.{expiry}");
    Ok(format!("{expiry}.{}", signature(secret, content.as_bytes())?))
}

fn signature(secret: &str, content: &[u8]) -> Result<String, Error> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret))?;
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    Ok(format!("v1,{}", STANDARD.encode(ring::hmac::sign(&key, content))))
}
