//! Spellings of e-mails and names: on every route, all spellings of an e-mail identify one person, and names
//! that look the same are the same name.

use serde_json::{Value, json};
use system::World;

/// Characters that are invisible or reverse the text: hyphens, joiners, fillers, marks,
/// isolates, blanks, selectors, tags.
const INVISIBLE: [char; 13] = [
    '\u{ad}',
    '\u{34f}',
    '\u{115f}',
    '\u{1160}',
    '\u{200b}',
    '\u{202e}',
    '\u{2060}',
    '\u{2066}',
    '\u{2800}',
    '\u{3164}',
    '\u{feff}',
    '\u{e0041}',
    '\u{e01ff}',
];

#[tokio::test(flavor = "multi_thread")]
async fn email_spellings_identify_one_customer() {
    let world = World::demo().await;
    let create = |email: &str| {
        let body = json!({"email": email, "name": "Jörg", "manager": true});
        world.post("/v1/organizations/{yamada}/customers").by("operator").json(body)
    };
    let made = create("Jörg@yamada.example").send().await.ok();
    assert_eq!(made["email"], "Jörg@yamada.example", "shown as it was given first");
    for same in ["JÖRG@yamada.example", "jo\u{308}rg@YAMADA.example", "JO\u{308}RG@yamada.example"] {
        create(same).assert_rejected(409, "email-taken").await;
        let found =
            world.get(&format!("/v1/customers?email={}", encoded(same))).by("agent").send().await.ok();
        assert_eq!(found["items"][0]["id"], made["id"], "{same}");
    }
    // A contact manager may approve a request that is addressed to another spelling of their e-mail.
    let wish = json!({"contactManagerEmail": "jörg@yamada.example", "expiresAt": "2027-01-01T00:00:00Z", "organizationLevel": "cc"});
    let asked =
        world.post("/v1/partners/{partner}/access-requests").by("partnerAdmin").json(wish).send().await.ok();
    let claims = json!({"sub": "j", "email": "JO\u{308}RG@Yamada.example", "role": "customer", "org": world.id("yamada"), "manager": true});
    let token = world.token_of(claims);
    let received = world.get("/v1/me/access-requests").token(&token).send().await.ok();
    assert_eq!(received["items"][0]["id"], asked["id"]);
    let path = format!("/v1/access-requests/{}/approve", asked["id"].as_str().unwrap());
    world.post(&path).token(&token).json(json!({})).send().await.ok();

    let mut bad: Vec<String> = INVISIBLE.iter().map(|c| format!("a{c}b@yamada.example")).collect();
    bad.extend(["a..b", ".a", "a.", &"a".repeat(65)].map(|local| format!("{local}@yamada.example")));
    for email in bad {
        let refused = create(&email).assert_rejected(400, "invalid-request").await;
        assert_eq!(refused.faults(), [("/email".to_owned(), "invalid-email".to_owned())], "{email:?}");
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The loop over routes proves each kind of name and identifier. The loop over characters proves, on the first
/// route only, that each of them is refused.
#[tokio::test(flavor = "multi_thread")]
async fn name_with_an_invisible_character_is_refused() {
    let world = World::demo().await;
    let field = |name: &str| json!({"name": name, "type": {"name": "TEXT"}});
    type Body = fn(&str) -> Value;
    let kinds: [(&str, &str, Body); 5] = [
        ("/v1/detail-fields", "/name", field),
        ("/v1/products", "/name", |name| json!({"name": name})),
        ("/v1/products", "/code", |code| json!({"name": "Gate", "code": code})),
        ("/v1/partners", "/externalId", |id| json!({"name": "P", "externalId": id})),
        (
            "/v1/detail-fields",
            "/type/options/0",
            |label| json!({"name": "Choice", "type": {"name": "SELECT", "options": [label]}}),
        ),
    ];
    for (index, (path, pointer, body)) in kinds.iter().enumerate() {
        for c in &INVISIBLE[..if index == 0 { INVISIBLE.len() } else { 1 }] {
            for text in [format!("Reg{c}ion"), c.to_string()] {
                let refused = world
                    .post(path)
                    .by("operator")
                    .json(body(&text))
                    .assert_rejected(400, "invalid-request")
                    .await;
                assert_eq!(
                    refused.faults(),
                    [((*pointer).to_owned(), "control-character".to_owned())],
                    "{text:?}"
                );
            }
        }
    }
    for shaped in ["\u{200d}", "\u{fe0f}\u{200c}"] {
        let refused = world
            .post("/v1/detail-fields")
            .by("operator")
            .json(field(shaped))
            .assert_rejected(400, "invalid-request")
            .await;
        assert_eq!(refused.faults(), [("/name".to_owned(), "no-visible-character".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn canonically_equal_names_are_the_same() {
    let world = World::demo().await;
    let (composed, decomposed) = ("Büro", "Bu\u{308}ro");
    let options = json!({"name": "SELECT", "options": [composed]});
    let field = json!({"name": composed, "type": options});
    let fields = |body: Value| world.post("/v1/detail-fields").by("operator").json(body);
    fields(field.clone()).send().await.ok();
    // Characters that only choose a glyph or join letters do not make a different name.
    for same in [decomposed, "Bü\u{fe0f}ro", "BÜ\u{200d}RO"] {
        let mut again = field.clone();
        again["name"] = same.into();
        let refused = fields(again).send().await;
        assert_eq!(refused.status, 409, "{same:?}: {}", refused.body);
    }
    // Field and option are found under another spelling in details, in a CSV header and in a filter.
    let path = "/v1/organizations/{yamada}/entitlements/{entitlement}/details";
    let details = json!({"details": {decomposed: {"values": [decomposed]}}});
    let changed = world.patch(path).by("agent").json(details).send().await.ok();
    assert_eq!(changed["details"][composed]["values"], json!([composed]));
    let csv = format!("entitlement,{decomposed}\n{{number}},{decomposed}\n");
    let csv = world.fill(&csv);
    let import = |csv: &str| {
        world
            .post("/v1/entitlement-details/import")
            .by("operator")
            .header("content-type", "text/csv")
            .bytes(csv.as_bytes())
    };
    assert_eq!(import(&csv).send().await.ok()["unchanged"], 1);
    let twice = format!("entitlement,{composed},{decomposed}\nE-1,a,b\n");
    let refused = import(&twice).assert_rejected(400, "invalid-request").await;
    assert_eq!(refused.faults()[0].1, "duplicate-column");
    let query =
        format!("organizationId={{yamada}}&field={}&value={}", encoded(decomposed), encoded(decomposed));
    let found = world.get(&format!("/v1/entitlements?{query}")).by("agent").send().await.ok();
    assert_eq!(found["items"][0]["id"], world.id("entitlement"));
    // External ids and URLs in another spelling are the same, too.
    let partner =
        |id: &str| world.post("/v1/partners").by("operator").json(json!({"name": "P", "externalId": id}));
    partner(composed).send().await.ok();
    partner(decomposed).assert_rejected(409, "external-id-taken").await;
    let site = |url: &str| {
        let path = "/v1/organizations/{yamada}/subscriptions/{subscription}/set-up";
        world.post(path).by("customer").json(json!({"site": {"new": {"url": url}}}))
    };
    let first = site("https://yamada.example/b\u{fc}ro").send().await.ok();
    let again = site("https://yamada.example/bu\u{308}ro").send().await.ok();
    assert_eq!(again["site"], first["site"]);
}

/// Values are found, and entitlements are named, by every canonically equal spelling.
#[tokio::test(flavor = "multi_thread")]
async fn canonically_equal_values_and_external_ids_are_the_same() {
    let world = World::demo().await;
    let (composed, decomposed) = ("B\u{fc}ro", "Bu\u{308}ro");
    let field = |name: &str, kind: &str| {
        world.post("/v1/detail-fields").by("operator").json(json!({"name": name, "type": {"name": kind}}))
    };
    field(composed, "TEXT").send().await.ok();
    field("Manual", "URL").send().await.ok();
    let address = |name: &str| format!("https://yamada.example/{name}");
    let path = "/v1/organizations/{yamada}/entitlements/{entitlement}/details";
    let details = json!({decomposed: {"values": [decomposed]}, "Manual": {"values": [address(decomposed)]}});
    let changed = world.patch(path).by("agent").json(json!({"details": details})).send().await.ok();
    assert_eq!(changed["details"][composed]["values"], json!([composed]));
    assert_eq!(changed["details"]["Manual"]["values"], json!([address(composed)]));
    for spelling in [composed, decomposed] {
        for (field, value) in [(spelling, spelling.to_owned()), ("Manual", address(spelling))] {
            let query =
                format!("organizationId={{yamada}}&field={}&value={}", encoded(field), encoded(&value));
            let found = world.get(&format!("/v1/entitlements?{query}")).by("agent").send().await.ok();
            let ids: Vec<_> = found["items"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
            assert_eq!(ids, [world.id("entitlement")], "{value:?}");
        }
    }

    let create = |external_id: &str| {
        let body = json!({"productId": "{product}", "externalId": external_id});
        world.post("/v1/organizations/{yamada}/entitlements").by("operator").json(body)
    };
    assert_eq!(create(decomposed).send().await.ok()["externalId"], composed);
    create(composed).assert_rejected(409, "entitlement-external-id-taken").await;
    let import =
        |rows: Value| world.post("/v1/entitlement-details/import").by("operator").json(json!({"rows": rows}));
    let row = |entitlement: &str, seats: u64| json!({"entitlement": entitlement, "details": {"Seats": {"values": [seats]}}});
    for (seats, spelling) in [(1, composed), (2, decomposed)] {
        let report = import(json!([row(spelling, seats)])).send().await.ok();
        assert_eq!(report["applied"], 1, "{report}");
    }
    let report = import(json!([row(composed, 3), row(decomposed, 4)])).send().await.ok();
    let codes: Vec<_> =
        report["failures"].as_array().unwrap().iter().map(|failure| &failure["code"]).collect();
    assert_eq!(codes, ["duplicate-row", "duplicate-row"]);
    let twice = json!({composed: {"values": ["a"]}, decomposed: {"values": ["b"]}});
    let report = import(json!([{"entitlement": "{number}", "details": twice}])).send().await.ok();
    assert_eq!(report["failures"][0]["code"], "duplicate-field", "{report}");
}

/// The type of an unknown store message is recorded without the characters that could deceive a reader.
#[tokio::test(flavor = "multi_thread")]
async fn ignored_message_type_is_stored_without_invisible_characters() {
    let world = World::demo().await;
    let body = json!({"type": "order\u{202e}.\u{200b}odd\u{e0041}\u{0}", "data": {}});
    let receipt = world.message(world.id("secret"), "m1", &body).send().await.ok();
    assert_eq!(receipt["messageType"], "order.odd");
    let path = "/v1/history?type=webhook.ignored";
    let told = world.get(path).by("operator").send().await.ok();
    assert_eq!(told["items"][0]["data"]["messageType"], "order.odd");
}
