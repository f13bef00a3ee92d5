//! Calls after a random run that leave an event of each type that a random run rarely leaves.

use serde_json::{Value, json};
use system::Reply;

use super::history::pages;
use super::runs::{Run, text};

impl Run<'_> {
    /// Makes the rare calls, of which each succeeds.
    pub async fn play_rare(&self) {
        self.change_each_of_the_catalog().await;
        self.change_people().await;
        self.remove_member_with_grants().await;
        self.end_grants().await;
        self.sell_and_change().await;
        self.sell_ignored_line().await;
        self.close_parked_orders().await;
        self.end_and_restore_parties().await;
    }

    async fn done(&self, who: &str, (method, path): (&str, &str), body: Value) -> Value {
        let call = self.world.call(method, path).by(who);
        let call = if method == "POST" { call.key(&self.next()) } else { call };
        let call = if body.is_null() { call } else { call.json(body) };
        call.send().await.ok()
    }

    /// A partner with access and a link to a store, and an organization in its directory, are deactivated and restored.
    async fn end_and_restore_parties(&self) {
        let partner = self.done("operator", ("POST", "/v1/partners"), json!({"name": "Rare"})).await;
        let id = text(&partner["id"]);
        let partner = format!("/v1/partners/{id}");
        let link = json!({"sourceId": "{source}", "account": "ec-ended"});
        self.done("operator", ("PUT", &format!("{partner}/store")), link).await;
        let member = json!({"email": "rare@rare.example", "name": "Rare"});
        self.done("operator", ("POST", &format!("{partner}/members")), member).await;
        let grant = json!({"partnerId": id, "organizationLevel": "look", "expiresAt": self.in_days(20)});
        self.done("contactManager", ("POST", "/v1/organizations/{yamada}/access"), grant).await;
        let organization = json!({"name": "Rare", "partnerId": id});
        let organization = self.done("operator", ("POST", "/v1/organizations"), organization).await;
        let organization = format!("/v1/organizations/{}", text(&organization["id"]));
        for verb in ["deactivate", "restore"] {
            for party in [&partner, &organization] {
                self.done("operator", ("POST", &format!("{party}/{verb}")), Value::Null).await;
            }
        }
    }

    async fn change_each_of_the_catalog(&self) {
        for (list, new) in [
            ("/v1/products", json!({"name": "Rare", "code": "rare"})),
            ("/v1/detail-fields", json!({"detailFields": [{"name": "Rare", "type": {"name": "TEXT"}}]})),
        ] {
            let made = self.done("operator", ("POST", list), new).await;
            let made = if made["detailFields"].is_array() { made["detailFields"][0].clone() } else { made };
            let path = format!("{list}/{}", text(&made["id"]));
            for change in [json!({"name": "Rarer"}), json!({"archived": true}), json!({"archived": false})] {
                self.done("operator", ("PATCH", &path), change).await;
            }
        }
        let source = self.done("operator", ("POST", "/v1/webhook-sources"), json!({"name": "Rare"})).await;
        for verb in ["rotate-secret", "disable"] {
            let path = format!("/v1/webhook-sources/{}/{verb}", text(&source["id"]));
            self.done("operator", ("POST", &path), Value::Null).await;
        }
        let new = json!({"code": "rare-1y", "name": "Rare", "term": "P1Y"});
        self.done("operator", ("POST", "/v1/license-types"), new).await;
        let zone = json!({"timeZone": "America/Lima"});
        self.done("operator", ("PATCH", "/v1/organizations/{sol}"), zone).await;
    }

    async fn change_people(&self) {
        for (email, is_removed) in [("rare0@replay.example", false), ("rare1@replay.example", true)] {
            let new = json!({"email": email, "name": "Rare"});
            let customer =
                self.done("operator", ("POST", "/v1/organizations/{harbour}/customers"), new).await;
            let path = format!("/v1/customers/{}", text(&customer["id"]));
            self.done("operator", ("PATCH", &path), json!({"name": "Rarer"})).await;
            self.done("operator", ("PATCH", &path), json!({"manager": true})).await;
            for verb in ["disable", "enable"].into_iter().filter(|_| is_removed) {
                self.done("operator", ("POST", &format!("{path}/{verb}")), Value::Null).await;
            }
            if is_removed {
                let sol = json!({"organizationId": self.world.id("sol")});
                for place in [json!({"organizationId": null}), sol] {
                    self.done("operator", ("POST", &format!("{path}/move")), place).await;
                }
                self.done("operator", ("DELETE", &path), Value::Null).await;
            }
        }
        self.done("newPartnerAdmin", ("PATCH", "/v1/me"), json!({"language": "ja"})).await;
        for method in ["PUT", "DELETE"] {
            let path = "/v1/partners/{otherPartner}/organizations/{harbour}";
            self.world.call(method, path).by("operator").send().await.ok();
        }
        let owned = json!({"productId": "{videoWall}", "endsAt": "2035-01-01T00:00:00Z"});
        let path = "/v1/organizations/{sol}/entitlements";
        let entitlement = self.done("operator", ("POST", path), owned).await;
        let path = format!("{path}/{}", text(&entitlement["id"]));
        self.done("operator", ("PATCH", &path), json!({"endsAt": "2036-01-01T00:00:00Z"})).await;
        let details = json!({"details": {"Seats": {"values": [7]}}});
        self.done("operator", ("PATCH", &format!("{path}/details")), details).await;
        self.done("operator", ("POST", &format!("{path}/end")), Value::Null).await;
    }

    /// Returns a token.
    fn customer(&self, email: &str, organization: &str, manager: bool) -> String {
        let organization = self.world.id(organization);
        self.world.token_of(
            json!({"sub": email, "email": email, "role": "customer", "org": organization, "manager": manager}),
        )
    }

    fn manager_of_harbour(&self) -> String {
        self.customer("mona@harbour.example", "harbour", true)
    }

    async fn grant_in_harbour(&self, people: std::ops::Range<u32>, expires_at: &str) -> Value {
        let people =
            people.map(|number| json!({"email": format!("w{number}@sakura.example"), "level": "look"}));
        let body = json!({
            "partnerId": "{newPartner}", "expiresAt": expires_at, "individuals": people.collect::<Vec<_>>(),
        });
        let call = self.world.post("/v1/organizations/{harbour}/access").token(&self.manager_of_harbour());
        call.key(&self.next()).json(body).send().await.ok()
    }

    /// 100 grants are in force, one of them of a member who was removed and makes room for another one.
    async fn remove_member_with_grants(&self) {
        let (members, email) = ("/v1/partners/{newPartner}/members", "m@sakura.example");
        let member = self.done("operator", ("POST", members), json!({"email": email, "name": "M"})).await;
        let end = self.in_days(400);
        let body = json!({
            "individuals": [{"email": email, "level": "look"}], "expiresAt": end,
            "contactManagerEmail": "mona@harbour.example",
        });
        let path = "/v1/partners/{newPartner}/access-requests";
        let request = self.done("newPartnerAdmin", ("POST", path), body).await;
        let path = format!("/v1/access-requests/{}/approve", text(&request["id"]));
        let approve = self.world.post(&path).token(&self.manager_of_harbour()).key(&self.next());
        approve.json(json!({"autoExtend": true})).send().await.ok();
        for first in [0, 20, 40, 60, 80] {
            self.grant_in_harbour(first..(first + 20).min(99), &end).await;
        }
        let path = format!("{members}/{}", text(&member["id"]));
        self.done("operator", ("DELETE", &path), Value::Null).await;
        self.grant_in_harbour(99..100, &end).await;
    }

    /// One grant each is replaced, extended, changed, relinquished, revoked and expires.
    async fn end_grants(&self) {
        let end = self.in_days(20);
        let path = "/v1/organizations/{yamada}/access";
        let body = |auto_extend: bool, level: &str| {
            json!({
                "partnerId": "{newPartner}", "organizationLevel": level, "expiresAt": end, "autoExtend": auto_extend,
            })
        };
        for level in ["look", "create"] {
            self.done("contactManager", ("POST", path), body(true, level)).await;
        }
        self.advance("P12D").await;
        let active = |grants: &Value| -> String {
            let mut grants = grants["grants"].as_array().unwrap().iter();
            let active = |grant: &&Value| grant["state"] == "active" && grant["individual"].is_null();
            text(&grants.find(active).unwrap()["id"])
        };
        let of_partner = self.done("contactManager", ("POST", path), body(false, "look")).await;
        let path = format!("{path}/{{newPartner}}/{}", active(&of_partner));
        self.done("contactManager", ("PATCH", &path), json!({"autoExtend": true})).await;
        self.done("newPartnerAdmin", ("POST", &format!("{path}/relinquish")), Value::Null).await;
        let of_partner = self
            .done("contactManager", ("POST", "/v1/organizations/{yamada}/access"), body(false, "look"))
            .await;
        let path = format!("/v1/organizations/{{yamada}}/access/{{newPartner}}/{}", active(&of_partner));
        self.done("contactManager", ("DELETE", &path), Value::Null).await;
        for verb in ["decline", "cancel", ""] {
            let body = json!({
                "organizationLevel": "look", "expiresAt": self.in_days(3), "contactManagerEmail": "yuki@yamada.example",
            });
            let path = "/v1/partners/{newPartner}/access-requests";
            let request = self.done("newPartnerAdmin", ("POST", path), body).await;
            let path = format!("/v1/access-requests/{}/{verb}", text(&request["id"]));
            match verb {
                "decline" => drop(self.done("contactManager", ("POST", &path), json!({})).await),
                "cancel" => drop(self.done("newPartnerAdmin", ("POST", &path), Value::Null).await),
                // It lapses.
                _ => {}
            }
        }
        self.advance("P20D").await;
    }

    fn in_days(&self, days: u64) -> String {
        self.world.now().after(domain::Period::days(u16::try_from(days).unwrap())).to_string()
    }

    async fn say(&self, kind: &str, data: Value) -> Reply {
        let body = json!({"type": kind, "timestamp": self.world.now(), "data": data});
        self.world.message(self.world.id("secret"), &self.next(), &body).send().await
    }

    /// Sells licenses and a subscription, and changes them in every way.
    async fn sell_and_change(&self) {
        let now = self.world.now();
        let lines = |licenses: u64, seats: u64| {
            json!([
                {"kind": "license", "sku": "edge-storage-1y", "quantity": licenses},
                {"kind": "subscription", "sku": "ER-1", "quantity": seats, "startsAt": now, "term": "P1Y",
                 "organization": {"externalId": "C-1"}, "externalId": "rare",
                 "contacts": [{"email": "rare@replay.example", "name": "Rare"}]},
            ])
        };
        let order = json!({"orderId": "rare", "storeAccount": "ec-4711", "lines": lines(500, 1)});
        let body = json!({"type": "order.placed", "timestamp": now, "data": order});
        let placed = self.send_order("rare", "rare", body).await.ok();
        let id = text(&placed["order"]["subscriptions"][0]["subscriptionId"]);
        let threshold = json!({"threshold": 480});
        let path = "/v1/partners/{partner}/license-pools/edge-storage-1y/threshold";
        self.done("operator", ("PUT", path), threshold).await;
        let pools = self.world.get("/v1/partners/{partner}/license-pools").by("operator").send().await.ok();
        let pool =
            pools["items"].as_array().unwrap().iter().find(|pool| pool["licenseType"] == "edge-storage-1y");
        let quantity = pool.unwrap()["available"].as_u64().unwrap() - 479;
        self.done("operator", ("PUT", "/v1/partners/{partner}/organizations/{yamada}"), Value::Null).await;
        let body = json!({
            "organizationId": "{yamada}", "lines": [{"licenseType": "edge-storage-1y", "quantity": quantity}],
        });
        self.done("partnerMember", ("POST", "/v1/partners/{partner}/license-assignments"), body).await;
        let changed = json!({"orderId": "rare", "sequence": 1, "lines": lines(400, 2)});
        self.say("order.changed", changed).await.ok();
        let it = || json!({"id": id});
        self.say("subscription.suspended", json!({"subscription": it()})).await.ok();
        self.advance("PT1M").await;
        self.say("subscription.resumed", json!({"subscription": it()})).await.ok();
        let usage = json!({"subscription": it(), "sequence": 1, "activeUsers": 1});
        self.say("subscription.usage", usage).await.ok();
        self.say("subscription.transferred", json!({"subscription": it(), "storeAccount": "ec-4712"}))
            .await
            .ok();
        let path = format!("/v1/organizations/{{yamada}}/subscriptions/{id}");
        for method in ["PUT", "DELETE"] {
            let path = format!("{path}/contacts/{}", self.world.id("haruto"));
            self.world.call(method, &path).by("operator").send().await.ok();
        }
        let contact = self.customer("rare@replay.example", "yamada", false);
        let set_up = self.world.post(&format!("{path}/set-up")).token(&contact).key(&self.next());
        set_up.json(json!({"site": {"organization": true}})).send().await.ok();
        self.advance("PT1M").await;
        let moved = json!({"subscription": it(), "url": "https://rare.example"});
        self.say("site.migrated", moved).await.ok();
        self.say("order.cancelled", json!({"orderId": "rare"})).await.ok();
        self.advance("PT1M").await;
        let renewed = json!({"subscription": it(), "endsAt": "2040-01-01T00:00:00Z"});
        self.say("subscription.renewed", renewed).await.ok();
        self.done("operator", ("POST", &format!("{path}/deactivate")), json!({"reason": "Rare."})).await;
        self.say("order.changed", json!({"orderId": "rare", "sequence": 2, "lines": lines(400, 3)}))
            .await
            .ok();
    }

    /// Sells a line that is linked to another partner's subscription, which is found when the order is no longer parked.
    async fn sell_ignored_line(&self) {
        let partner = self.done("operator", ("POST", "/v1/partners"), json!({"name": "Rare"})).await;
        let path = format!("/v1/partners/{}", text(&partner["id"]));
        self.done("operator", ("PUT", &format!("{path}/organizations/{{yamada}}")), Value::Null).await;
        let now = self.world.now();
        let line = |linked: Value| {
            json!({
                "kind": "subscription", "sku": "ER-1", "quantity": 1, "startsAt": now, "term": "P1Y",
                "organization": {"externalId": "C-1"}, "linkedTo": linked,
            })
        };
        let lines = json!([line(json!([self.world.id("subscription")])), line(json!([]))]);
        let order = json!({"orderId": "ignored", "storeAccount": "ec-rare", "lines": lines});
        let body = json!({"type": "order.placed", "timestamp": now, "data": order});
        self.send_order("ignored", "ignored", body).await.ok();
        let account = json!({"sourceId": "{source}", "account": "ec-rare"});
        self.done("operator", ("PUT", &format!("{path}/store")), account).await;
        self.advance("PT10M").await;
    }

    /// Of two orders whose account is never linked, one is discarded, and the other one lapses.
    async fn close_parked_orders(&self) {
        for order in ["discarded", "lapsed"] {
            let lines = json!([{"kind": "license", "sku": "edge-storage-1y", "quantity": 1}]);
            let data = json!({"orderId": order, "storeAccount": "ec-never", "lines": lines});
            let body = json!({"type": "order.placed", "timestamp": self.world.now(), "data": data});
            self.send_order(order, order, body).await.ok();
        }
        let parked = pages(self.world, "/v1/parked-orders").await;
        let order = parked.iter().find(|order| order["orderId"] == "discarded").unwrap();
        let path = format!("/v1/parked-orders/{}/discard", text(&order["id"]));
        self.done("operator", ("POST", &path), Value::Null).await;
        // It ends nearly everything, so that some runs do without.
        if self.seed % 2 == 1 {
            self.advance("P190D").await;
        }
    }
}
