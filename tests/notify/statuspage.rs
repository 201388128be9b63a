//! A public page: one incident however often something is sent, updated from then on.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::support::http::{Answer, Asked};

/// A page that keeps its incidents, and loses its first answer when told to.
fn page(incidents: &Arc<Mutex<Vec<Value>>>) -> Server {
    let incidents = Arc::clone(incidents);
    Server::answering(move |asked| answer(asked, &mut incidents.lock().unwrap()))
}

fn answer(asked: &Asked, incidents: &mut Vec<Value>) -> Answer {
    assert!(asked.headers.contains(&"authorization: OAuth hunter2-secret-key".to_owned()));
    let mut line = asked.line.split(' ');
    let (method, path) = (line.next().unwrap(), line.next().unwrap());
    let path = path.strip_prefix("/v1/pages/kctbh9vrtdwd/incidents").unwrap();
    let given = || serde_json::from_str::<Value>(&asked.body).unwrap()["incident"].clone();
    let ok = |value: &Value| ("200 OK", String::new(), value.to_string());
    match (method, path) {
        ("POST", "") => {
            let mut incident = given();
            incident["id"] = format!("inc{}", incidents.len()).into();
            incidents.push(incident.clone());
            ("201 Created", String::new(), incident.to_string())
        }
        ("GET", "/unresolved") => ok(&json!(incidents)),
        (method, path) => {
            let id = path.strip_prefix('/').unwrap();
            let found = incidents.iter_mut().find(|incident| incident["id"] == id);
            let Some(incident) = found else { return ("404 None", String::new(), "{}".into()) };
            if method == "PATCH" {
                for (name, value) in given().as_object().unwrap() {
                    incident[name] = value.clone();
                }
            }
            ok(incident)
        }
    }
}

fn post(server: &Server, effect: &NotifyEffect) -> String {
    let channels = channels(server, "");
    let output = send(effect, &channels.last().unwrap().1);
    assert_eq!(output.ending, Ending::Done, "{output:?}");
    output.facts["reference"].as_str().unwrap().to_owned()
}

#[test]
fn an_incident_is_made_once_and_updated() {
    let incidents = Arc::default();
    let server = page(&incidents);
    let reference = post(&server, &message());
    assert_eq!(reference, "inc0");
    let mut update = message();
    update.id = "20261122-1000-p2c/70".to_owned();
    update.message = "Bookings work again.".to_owned();
    update.reference = Some(reference);
    update.post = Some(Post { status: Some(PostStatus::Resolved), ..Post::default() });
    assert_eq!(post(&server, &update), "inc0");
    let incidents = incidents.lock().unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0]["status"], "resolved");
    assert_eq!(incidents[0]["body"], "Bookings work again.");
    assert_eq!(incidents[0]["name"], "Bookings fail");
}

#[test]
fn what_may_have_arrived_is_looked_for_before_it_is_posted_again() {
    let incidents = Arc::default();
    let server = page(&incidents);
    let again = NotifyEffect { again: Again::Perhaps, ..message() };
    // It had not arrived: it is posted.
    assert_eq!(post(&server, &again), "inc0");
    // It had: nothing is posted.
    assert_eq!(post(&server, &again), "inc0");
    // Another message of the same run updates the incident that the lost answer would have named.
    let other = NotifyEffect { id: "20261122-1000-p2c/70".to_owned(), ..again.clone() };
    assert_eq!(post(&server, &other), "inc0");
    // Somebody else's incident is none of ours.
    let mut foreign = again;
    foreign.about.run = "20261122-1100-abc".to_owned();
    assert_eq!(post(&server, &foreign), "inc1");
    let methods: Vec<String> =
        server.asked().iter().map(|asked| asked.line.split(' ').next().unwrap().into()).collect();
    assert_eq!(methods, ["GET", "POST", "GET", "GET", "PATCH", "GET", "POST"]);
}
