//! Random histories of access, checked against a model of the rules that is independent of the implementation.

use domain::Timestamp;
use fastrand::Rng;
use serde_json::{Value, json};
use system::{Reply, World, strength};

use super::set_time;

const LEVELS: [&str; 6] = ["cc", "look", "update", "create", "service-admin", "full-admin"];
const NAMES: [&str; 2] = ["ada", "bob"];
/// Number of steps in each history.
const STEPS: usize = 6;
const DAY: u64 = 86_400_000;

/// Grantee: all members (`None`), or one member: the index of its name, and which of the members added under
/// that name it is, counted from 1.
type Grantee = Option<(usize, u32)>;

#[derive(Clone)]
struct Given {
    id: String,
    whom: Grantee,
    level: usize,
    until: u64,
    over: bool,
    /// Length with which it was given.
    length: u64,
    auto: bool,
    /// Whether it was requested: then it names a member, and is extended only for that one.
    requested: bool,
}

impl Given {
    fn extends_at(&self) -> u64 {
        self.until - (30 * DAY).min(self.length / 2)
    }
}

#[derive(Clone)]
struct Asked {
    id: String,
    whom: Grantee,
    level: usize,
    until: u64,
    lapses: u64,
}

/// Members of the partner, which all histories of a world share.
struct People {
    ids: [Option<String>; 2],
    added: [u32; 2],
    disabled: [bool; 2],
}

impl People {
    fn is_active(&self, name: usize) -> bool {
        self.ids[name].is_some() && !self.disabled[name]
    }
}

/// The rules of access, and their state: the time, the grants and the pending requests.
struct Model {
    now: u64,
    granted: Vec<Given>,
    requests: Vec<Asked>,
}

impl Model {
    fn level(&self, people: &People, name: usize) -> Option<usize> {
        people.is_active(name).then_some(())?;
        let lasting = |granted: &&Given| !granted.over && self.now < granted.until;
        let own = |granted: &&Given| granted.whom == Some((name, people.added[name]));
        let found = self.granted.iter().filter(lasting).rfind(own);
        let of_all = || self.granted.iter().filter(lasting).rfind(|granted| granted.whom.is_none());
        found.or_else(of_all).map(|granted| granted.level)
    }

    fn grant(&mut self, new: Given) {
        let now = self.now;
        let same = |granted: &&mut Given| granted.whom.map(|one| one.0) == new.whom.map(|one| one.0);
        for granted in self.granted.iter_mut().filter(same) {
            granted.over |= now < granted.until;
        }
        self.granted.push(new);
    }

    /// The scheduled job runs.
    fn tick(&mut self, people: &People) {
        let now = self.now;
        for granted in self.granted.iter_mut().filter(|granted| !granted.over && now < granted.until) {
            let gone =
                |(name, added): (usize, u32)| people.ids[name].is_none() || people.added[name] != added;
            if granted.auto && now >= granted.extends_at() {
                match granted.requested && granted.whom.is_some_and(gone) {
                    true => granted.auto = false,
                    false => granted.until += granted.length,
                }
            }
        }
    }
}

struct Run<'a> {
    world: &'a World,
    partner: String,
    organization: String,
    manager: String,
    request: String,
    random: &'a mut Rng,
}

fn millis(time: &str) -> u64 {
    time.parse::<Timestamp>().unwrap().unix_millis()
}

fn text(millis: u64) -> String {
    Timestamp::from_unix_millis(millis).to_string()
}

impl Run<'_> {
    fn token(&self, email: &str, role: &str, org: &str, manager: bool) -> String {
        let person = json!({"sub": email, "email": email, "role": role, "org": org, "manager": manager});
        self.world.token_of(person)
    }

    async fn call(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Reply {
        let call = self.world.call(method, path).token(token);
        if let Some(body) = body { call.json(body).send().await } else { call.send().await }
    }

    async fn manager(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let token = self.token(&self.manager, "customer", &self.organization, true);
        self.call(method, path, &token, body).await
    }

    async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let token = self.token("admin@model.example", "partner", &self.partner, true);
        self.call(method, path, &token, body).await
    }

    /// Returns the grantee and the level as a request body states them.
    fn whom(&self, whom: Option<usize>, level: usize) -> Value {
        match whom {
            None => json!({"organizationLevel": LEVELS[level]}),
            Some(name) => {
                json!({"individuals": [{"email": format!("{}@model.example", NAMES[name]), "level": LEVELS[level]}]})
            }
        }
    }

    async fn step(&mut self, model: &mut Model, people: &mut People) {
        let whom = (self.random.u8(..3) > 0).then(|| self.random.usize(..2));
        let known = whom.is_none_or(|name| people.is_active(name));
        let (level, lasts) = (self.random.usize(..6), 1 + self.random.u64(..40) * DAY);
        let until = model.now + lasts;
        let mut body = self.whom(whom, level);
        body["expiresAt"] = text(until).into();
        let whom = whom.map(|name| (name, people.added[name]));
        match self.random.u8(..15) {
            0..2 => {
                body["contactManagerEmail"] = self.manager.as_str().into();
                let path = format!("/v1/partners/{}/access-requests", self.partner);
                let reply = self.admin("POST", &path, Some(body)).await;
                assert_eq!(reply.status, if known { 201 } else { 422 }, "{}", reply.body);
                if known {
                    let id = reply.body["id"].as_str().unwrap().to_owned();
                    let lapses = millis(reply.body["lapsesAt"].as_str().unwrap());
                    model.requests.push(Asked { id, whom, level, until, lapses });
                }
            }
            2..4 => {
                body["partnerId"] = self.partner.as_str().into();
                let auto = self.random.bool();
                body["autoExtend"] = auto.into();
                let path = format!("/v1/organizations/{}/access", self.organization);
                let reply = self.manager("POST", &path, Some(body)).await;
                assert_eq!(reply.status, 201, "{}", reply.body);
                let grants = reply.body["grants"].as_array().unwrap();
                let id = grants.last().unwrap()["id"].as_str().unwrap().to_owned();
                // If no member has the name, the grant is bound to the next one added.
                let whom = whom.map(|(name, added)| (name, added + u32::from(people.ids[name].is_none())));
                let length = until - model.now;
                model.grant(Given { id, whom, level, until, over: false, length, auto, requested: false });
            }
            4..7 if !model.requests.is_empty() => {
                let request = model.requests.remove(self.random.usize(..model.requests.len()));
                let path = format!("/v1/access-requests/{}", request.id);
                let lapsed = model.now >= request.lapses;
                match self.random.u8(..5) {
                    0 => {
                        let reply = self.admin("POST", &format!("{path}/cancel"), None).await;
                        assert_eq!(reply.status, if lapsed { 409 } else { 200 }, "{}", reply.body);
                    }
                    1 => {
                        let reply = self.manager("POST", &format!("{path}/decline"), Some(json!({}))).await;
                        assert_eq!(reply.status, if lapsed { 409 } else { 200 }, "{}", reply.body);
                    }
                    _ => {
                        let level = self.random.usize(..=request.level);
                        let less = self.whom(request.whom.map(|one| one.0), level);
                        let reply = self.manager("POST", &format!("{path}/approve"), Some(less)).await;
                        let same = |(name, added): (usize, u32)| {
                            people.ids[name].is_some() && people.added[name] == added
                        };
                        let gone = !request.whom.is_none_or(same);
                        let expected = match (lapsed, gone) {
                            (true, _) => 409,
                            (_, true) => 422,
                            _ => 200,
                        };
                        assert_eq!(reply.status, expected, "{}", reply.body);
                        if expected == 200 {
                            let path = format!("/v1/organizations/{}/access", self.organization);
                            let found = self.manager("GET", &path, None).await.ok();
                            let grants = found["items"][0]["grants"].as_array().unwrap();
                            let id = grants.last().unwrap()["id"].as_str().unwrap().to_owned();
                            model.grant(Given {
                                id,
                                whom: request.whom,
                                level,
                                until: request.until,
                                over: false,
                                length: request.until - model.now,
                                auto: false,
                                requested: true,
                            });
                        }
                    }
                }
            }
            7 if !model.granted.is_empty() => {
                let chosen = self.random.usize(..model.granted.len());
                let granted = &mut model.granted[chosen];
                let lasting = !granted.over && model.now < granted.until;
                let path =
                    format!("/v1/organizations/{}/access/{}/{}", self.organization, self.partner, granted.id);
                granted.over |= lasting;
                let reply = match self.random.bool() {
                    true => self.manager("DELETE", &path, None).await,
                    false => self.admin("POST", &format!("{path}/relinquish"), None).await,
                };
                // A grant that has ended may have ended in the same way; the repeat is then idempotent (200).
                let expected: &[u16] = if lasting { &[200] } else { &[200, 404, 409] };
                assert!(expected.contains(&reply.status), "{}", reply.body);
            }
            8 => {
                let name = self.random.usize(..2);
                let path = format!("/v1/partners/{}/members", self.partner);
                match people.ids[name].take() {
                    Some(id) => {
                        people.disabled[name] = false;
                        self.admin("DELETE", &format!("{path}/{id}"), None).await.ok();
                    }
                    None => {
                        let body =
                            json!({"email": format!("{}@model.example", NAMES[name]), "name": NAMES[name]});
                        let made = self.admin("POST", &path, Some(body)).await.ok();
                        people.ids[name] = Some(made["id"].as_str().unwrap().to_owned());
                        people.added[name] += 1;
                    }
                }
            }
            9 => {
                self.world.post("/_local/tick").send().await.ok();
                model.tick(people);
            }
            10 if !model.granted.is_empty() => {
                let chosen = self.random.usize(..model.granted.len());
                let (granted, auto) = (&mut model.granted[chosen], self.random.u8(..3) > 0);
                let lasting = !granted.over && model.now < granted.until;
                let path =
                    format!("/v1/organizations/{}/access/{}/{}", self.organization, self.partner, granted.id);
                let reply = self.manager("PATCH", &path, Some(json!({"autoExtend": auto}))).await;
                let expected: &[u16] = if lasting { &[200] } else { &[404, 409] };
                assert!(expected.contains(&reply.status), "{}", reply.body);
                if lasting {
                    granted.auto = auto;
                }
            }
            11 => {
                let name = self.random.usize(..2);
                if let Some(id) = &people.ids[name] {
                    let verb = if self.random.bool() { "disable" } else { "enable" };
                    people.disabled[name] = verb == "disable";
                    let path = format!("/v1/partners/{}/members/{id}/{verb}", self.partner);
                    self.admin("POST", &path, None).await.ok();
                }
            }
            _ => {
                let lasting = model.granted.iter().filter(|granted| !granted.over);
                let ends = lasting.flat_map(|granted| [granted.until, granted.extends_at()]);
                let ends: Vec<u64> =
                    ends.flat_map(|end| [end - 1, end, end + 1]).filter(|at| *at > model.now).collect();
                model.now = match ends.is_empty() || self.random.u8(..3) == 0 {
                    true => model.now + self.random.u64(1..10 * DAY),
                    false => ends[self.random.usize(..ends.len())],
                };
                set_time(self.world, &text(model.now)).await;
            }
        }
    }

    /// Compares the system's answers about one member with the model.
    async fn check(&mut self, model: &Model, people: &People, name: usize) {
        let expected = model.level(people, name);
        let email = format!("{}@model.example", NAMES[name]);
        let path = format!(
            "/v1/organizations/{}/access/resolve?partnerId={}&email={}",
            self.organization,
            self.partner,
            email.replace('@', "%40")
        );
        // The operator asks, because an organization learns nothing about the members of a
        // partner that has no approved request.
        let resolved = self.world.get(&path).by("operator").send().await.ok();
        let at = text(model.now);
        assert_eq!(resolved["level"].as_str(), expected.map(|level| LEVELS[level]), "{at} {resolved}");
        let token = self.token(&email, "partner", &self.partner, false);
        let requests = format!("/v1/organizations/{}/service-requests", self.organization);
        let sees = expected.is_some_and(|level| level >= 1);
        match self.random.u8(..3) {
            0 => {
                let seen = self.call("GET", &format!("{requests}/{}", self.request), &token, None).await;
                assert_eq!(seen.status, if sees { 200 } else { 404 }, "{at} {resolved}");
            }
            1 => {
                let listed = format!("/v1/service-requests?organizationId={}", self.organization);
                let listed = self.call("GET", &listed, &token, None).await;
                let shown = listed.body["items"].as_array().map(Vec::len);
                assert_eq!(shown, expected.map(|_| usize::from(sees)), "{at} {resolved}");
            }
            _ => {
                let (kind, least) = if self.random.bool() { ("question", 3) } else { ("configuration", 4) };
                let body = json!({"subject": "s", "description": "d", "kind": kind});
                let path = format!("{requests}?validateOnly=true");
                let tried = self.call("POST", &path, &token, Some(body)).await;
                let status = match expected {
                    Some(level) if level >= least => 200,
                    Some(_) => 403,
                    None => 404,
                };
                assert_eq!(tried.status, status, "{at} {resolved} {}", tried.body);
            }
        }
    }
}

impl Run<'_> {
    /// Deactivates the organization and restores it. In between nobody sees anything of it; afterwards no grant is back.
    async fn offboard(&mut self, model: &mut Model, people: &People) {
        let (organization, request) = (&self.organization, &self.request);
        let path = format!("/v1/organizations/{organization}");
        let solved = json!({"status": "solved"});
        let updates = format!("{path}/service-requests/{request}/updates");
        self.world.post(&updates).by("agent").json(solved).send().await.ok();
        self.world.post(&format!("{path}/deactivate")).by("operator").key(organization).send().await.ok();
        let mut tokens = vec![self.token(&self.manager, "customer", organization, true)];
        tokens.extend(
            NAMES.map(|name| self.token(&format!("{name}@model.example"), "partner", &self.partner, false)),
        );
        for token in tokens {
            for path in
                [path.clone(), format!("{path}/service-requests/{request}"), format!("{path}/subscriptions")]
            {
                let seen = self.call("GET", &path, &token, None).await;
                assert_eq!(seen.status, 404, "{path} {}", seen.body);
            }
        }
        let restored = format!("{organization}-restored");
        self.world.post(&format!("{path}/restore")).by("operator").key(&restored).send().await.ok();
        model.granted.iter_mut().for_each(|granted| granted.over = true);
        for name in 0..NAMES.len() {
            self.check(model, people, name).await;
        }
    }
}

async fn play(seeds: strength::Seeds) {
    let world = World::demo().await;
    let operator = async |path: &str, body: Value| -> Value {
        world.post(path).by("operator").json(body).send().await.ok()
    };
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let partner = id(&operator("/v1/partners", json!({"name": "Model"})).await);
    let members = format!("/v1/partners/{partner}/members");
    let body = json!({"email": "admin@model.example", "name": "Admin", "admin": true});
    operator(&members, body).await;
    let mut people = People { ids: [None, None], added: [0, 0], disabled: [false, false] };
    let mut now = world.now().unix_millis();
    for seed in seeds {
        let mut random = Rng::with_seed(seed);
        let organization = id(&operator("/v1/organizations", json!({"name": "Model"})).await);
        let manager = format!("m{seed}@customer.example");
        let body = json!({"email": manager, "name": "M", "manager": true});
        operator(&format!("/v1/organizations/{organization}/customers"), body).await;
        let request = String::new();
        let mut play = Run {
            world: &world,
            partner: partner.clone(),
            organization,
            manager,
            request,
            random: &mut random,
        };
        let body = json!({"subject": "s", "description": "d", "kind": "question"});
        let path = format!("/v1/organizations/{}/service-requests", play.organization);
        play.request = id(&play.manager("POST", &path, Some(body)).await.ok());
        let mut model = Model { now, granted: Vec::new(), requests: Vec::new() };
        for _ in 0..STEPS {
            play.step(&mut model, &mut people).await;
            let name = play.random.usize(..2);
            play.check(&model, &people, name).await;
        }
        for request in std::mem::take(&mut model.requests) {
            let path = format!("/v1/access-requests/{}/cancel", request.id);
            play.admin("POST", &path, None).await;
        }
        if seed % 10 == 0 {
            play.offboard(&mut model, &people).await;
        }
        now = model.now;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_match_the_model() {
    strength::side_by_side(400, 2000, play).await;
}
