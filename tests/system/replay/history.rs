//! The whole history, as an operator reads it.

use std::collections::BTreeMap;

use serde_json::Value;
use system::World;

/// An event as the API shows it.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: String,
    pub time: String,
    pub kind: String,
    pub data: Value,
    pub partner: Option<String>,
    pub organization: Option<String>,
    pub version: Option<u64>,
}

impl Event {
    fn of(shown: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            id: text(&shown["id"]).unwrap(),
            time: text(&shown["time"]).unwrap(),
            kind: text(&shown["type"]).unwrap(),
            data: shown["data"].clone(),
            partner: text(&shown["partner"]["id"]),
            organization: text(&shown["organization"]["id"]),
            version: shown["version"].as_u64(),
        }
    }

    /// Returns a text of its data; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.data[name].as_str().unwrap_or_default()
    }

    /// Returns a number of its data.
    pub fn number(&self, name: &str) -> i64 {
        self.data[name].as_i64().unwrap_or_else(|| panic!("no number `{name}` in {self:?}"))
    }

    /// Returns the id of its partner; empty if it has none.
    pub fn partner(&self) -> &str {
        self.partner.as_deref().unwrap_or_default()
    }

    /// Returns the id of its organization; empty if it has none.
    pub fn organization(&self) -> &str {
        self.organization.as_deref().unwrap_or_default()
    }
}

/// Returns the items of all pages of a list, as an operator sees them.
pub async fn pages(world: &World, path: &str) -> Vec<Value> {
    let (mut items, mut token) = (Vec::new(), String::new());
    let separator = if path.contains('?') { '&' } else { '?' };
    loop {
        let page =
            world.get(&format!("{path}{separator}pageSize=100{token}")).by("operator").send().await.ok();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => return items,
        }
    }
}

/// Returns all events by id: those of the vendor, of every partner and of every organization, each once.
pub async fn whole_history(world: &World) -> Vec<Event> {
    let mut logs = vec!["/v1/history?order=asc".to_owned()];
    for list in ["/v1/partners", "/v1/organizations"] {
        let mut parties = pages(world, list).await;
        parties.extend(pages(world, &format!("{list}?state=deactivated")).await);
        logs.extend(
            parties.iter().map(|one| format!("{list}/{}/history?order=asc", one["id"].as_str().unwrap())),
        );
    }
    let mut events = BTreeMap::new();
    for log in logs {
        let of_log = pages(world, &log).await;
        let ids: Vec<_> = of_log.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{log} is not in the order of its ids");
        for (id, event) in ids.into_iter().zip(of_log) {
            if let Some(other) = events.insert(id, event.clone()) {
                assert_eq!(other, event, "two logs show an event differently");
            }
        }
    }
    events.values().map(Event::of).collect()
}

/// Returns a number that differs for two times of the same month as their milliseconds do.
pub fn moment(time: &str) -> i64 {
    let numbers: Vec<i64> =
        time.split(|one: char| !one.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let [year, month, day, hour, minute, second, millis] = numbers[..] else { panic!("{time} is no time") };
    ((((year * 12 + month) * 31 + day) * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + millis
}
