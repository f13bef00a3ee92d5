//! A working day of Ren, a member of Miyako Security, with three customers.

use serde_json::{Value, json};
use system::World;

use super::{PATH, contact, grant_ren, listed_ids};
use crate::access::set_time;

/// Opens a service request for an organization as Ren.
async fn submit(world: &World, organization: &str, more: Value) -> Value {
    let mut body = json!({"subject": "Cameras are dark", "description": "All of them.", "kind": "incident"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = format!("/v1/organizations/{organization}/service-requests");
    world.post(&path).by("partnerMember").json(body).send().await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn member_day_across_three_customers_follows_each_access_change() {
    let world = World::demo().await;
    // Before work, two customers have granted Ren access, one of them only until noon.
    grant_ren(&world, "look").await;
    for (organization, level, expiry) in
        [("bogazici", "create", "2026-12-31T00:00:00Z"), ("yamada", "create", "2026-01-06T12:00:00Z")]
    {
        let by = if organization == "yamada" { "contactManager" } else { "otherContactManager" };
        let body = json!({"partnerId": "{partner}", "expiresAt": expiry,
            "individuals": [{"email": "ren@miyako.example", "level": level}]});
        let path = format!("/v1/organizations/{{{organization}}}/access");
        world.post(&path).by(by).json(body).send().await.ok();
    }

    set_time(&world, "2026-01-06T08:00:00Z").await;
    let options = world.get("/v1/me/submit-options").by("partnerMember").send().await.ok();
    let names: Vec<_> =
        options["items"].as_array().unwrap().iter().map(|one| &one["organization"]["id"]).collect();
    let mut expected = [world.id("yamada"), world.id("bogazici")];
    expected.sort_unstable();
    assert_eq!(names, expected);

    // Ren opens a service request for both: for Yamada as the primary contact with its own time zone, for the
    // other with that customer's contact manager as the primary contact.
    let one = submit(&world, "{yamada}", json!({"timeZone": "Asia/Tokyo"})).await;
    let elif = json!({"primaryContact": "elif@bogazici.example", "kind": "question"});
    let other = submit(&world, "{bogazici}", elif).await;
    assert_eq!(one["primaryContact"]["email"], "ren@miyako.example");
    assert_eq!(other["primaryContact"]["email"], "elif@bogazici.example");
    let (one, other) = (one["id"].as_str().unwrap().to_owned(), other["id"].as_str().unwrap().to_owned());

    // A third customer grants only `cc`, and adds Ren to one of the service requests that it opened itself.
    let operator = |path: &str, body: Value| world.post(path).by("operator").json(body);
    let harbour = "/v1/organizations/{harbour}";
    let mia = json!({"email": "mia@harbour.example", "name": "Mia Fischer", "manager": true});
    operator(&format!("{harbour}/customers"), mia).send().await.ok();
    let mia = json!({"sub": "mia", "email": "mia@harbour.example", "role": "customer", "org": world.id("harbour"), "manager": true});
    let mia = world.token_of(mia);
    let given = json!({"partnerId": "{partner}", "expiresAt": "2026-12-31T00:00:00Z",
        "individuals": [{"email": "ren@miyako.example", "level": "cc"}]});
    world.post(&format!("{harbour}/access")).token(&mia).json(given).send().await.ok();
    let mut asked = Vec::new();
    for _ in 0..2 {
        let body = json!({"subject": "The gate stays shut", "description": "Since six.", "kind": "incident"});
        let made =
            world.post(&format!("{harbour}/service-requests")).token(&mia).json(body).send().await.ok();
        asked.push(made["id"].as_str().unwrap().to_owned());
    }
    let third = format!("{harbour}/service-requests/{}", asked[0]);
    world.get(&third).by("partnerMember").assert_rejected(404, "not-found").await;
    let add = format!("{third}/contacts/ren@miyako.example");
    world.put(&add).token(&mia).json(json!({"role": "additional"})).send().await.ok();
    world.get(&third).by("partnerMember").send().await.ok();
    let kept = format!("{harbour}/service-requests/{}", asked[1]);
    world.get(&kept).by("partnerMember").assert_rejected(404, "not-found").await;
    let say = world.post(&format!("{third}/updates")).by("partnerMember").json(json!({"text": "On my way."}));
    say.assert_rejected(403, "access-level-too-low").await;

    // Ren lists all three, newest first, and filters them by kind, organization and submitter.
    let all = [asked[0].clone(), other.clone(), one.clone()];
    assert_eq!(listed_ids(&world, "partnerMember", "").await, all);
    assert_eq!(
        listed_ids(&world, "partnerMember", "kind=incident&pageSize=1").await,
        [all[0].clone(), one.clone()]
    );
    assert_eq!(
        listed_ids(&world, "partnerMember", "organizationId={bogazici}&submittedBy=ren@miyako.example").await,
        [other]
    );

    // The vendor answers, and Ren follows it on the dashboard.
    set_time(&world, "2026-01-06T09:30:00Z").await;
    let update = |who: &str, body: Value| world.post(&format!("{PATH}/{one}/updates")).by(who).json(body);
    update("agent", json!({"text": "Is the recorder on?", "status": "waiting"})).send().await.ok();
    update("partnerMember", json!({"text": "It was not.", "status": "solved"})).send().await.ok();
    let dashboard = "/v1/organizations/{yamada}/dashboard";
    let shown = world.get(dashboard).by("partnerMember").send().await.ok();
    // Sora's service request of the day before is still open. The medians are an hour and a half, rounded down
    // by less than an eighth.
    assert_eq!((&shown["open"], &shown["solved"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&shown["medianToFirstAnswer"], &shown["medianToSolution"]),
        (&json!("PT1H28M"), &json!("PT1H28M"))
    );
    let preference = "/v1/organizations/{yamada}/notification-preferences";
    world.put(preference).by("partnerMember").json(json!({"onSubmitted": true})).send().await.ok();

    // Ren's grant expires exactly at noon. Access then remains only through the grant to all of Miyako, which
    // is revoked just before.
    set_time(&world, "2026-01-06T11:59:59.999Z").await;
    submit(&world, "{yamada}", json!({})).await;
    let path = "/v1/organizations/{yamada}/access/{partner}/{grantOfAll}";
    world.delete(path).by("contactManager").send().await.ok();
    update("partnerMember", json!({"text": "Still there."})).send().await.ok();
    set_time(&world, "2026-01-06T12:00:00Z").await;
    update("partnerMember", json!({"text": "Still there?"})).assert_rejected(404, "not-found").await;
    for path in [
        format!("{PATH}/{one}"),
        format!("{PATH}/{one}/updates"),
        dashboard.to_owned(),
        preference.to_owned(),
    ] {
        world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    }
    assert_eq!(listed_ids(&world, "partnerMember", "").await, all[..2], "the others' are as they were");
    let seen = world.get(&format!("{PATH}/{one}")).by("customer").send().await.ok();
    assert_eq!(seen["formerContacts"], json!(["ren@miyako.example"]));
    // A customer takes over as the primary contact.
    contact(&world, "customer", &one, "haruto@yamada.example", "primary").send().await.ok();

    // In the evening Yamada grants `look` again: Ren's notification preference and contact role are restored.
    grant_ren(&world, "look").await;
    assert_eq!(world.get(preference).by("partnerMember").send().await.ok()["onSubmitted"], true);
    let seen = world.get(&format!("{PATH}/{one}")).by("partnerMember").send().await.ok();
    assert_eq!((&seen["formerContacts"], &seen["effectiveTimeZone"]), (&json!([]), &json!("UTC")));
    let said = update("partnerMember", json!({"text": "Back."}));
    said.assert_rejected(403, "access-level-too-low").await;
}
