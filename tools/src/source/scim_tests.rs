use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use custody_controls::record::{EmploymentStatus, Record as _};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;

const TOKEN: &str = "tok-planted";

fn registry(files: &[(&str, Value)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "people",
        "roster_snapshots",
        "role_assignments",
        "prior_attestations",
    ] {
        std::fs::write(folder.path().join(format!("{name}.json")), "[]").unwrap();
    }
    for (name, records) in files {
        std::fs::write(
            folder.path().join(format!("{name}.json")),
            records.to_string(),
        )
        .unwrap();
    }
    folder
}

fn settings(server: &MockServer, registry: &Path) -> ScimSettings {
    ScimSettings {
        base_url: format!("{}/scim/v2", server.uri()),
        bearer: Credential::Secret(SecretString::from(TOKEN)),
        registry: registry.to_owned(),
        filter: None,
        person_id: PersonId::UserName,
        deactivated: Deactivated::Separated,
        page_size: 2,
        timeout: Duration::from_secs(5),
        roster: None,
    }
}

async fn read(settings: ScimSettings) -> Result<SourceEvidence, SourceError> {
    let as_of = Instant::parse("2026-12-15T09:00:00Z").unwrap();
    let reading = move || Scim::new(settings).read(SourceSystem::Identity, as_of);
    tokio::task::spawn_blocking(reading).await.unwrap()
}

async fn faults(settings: ScimSettings) -> Vec<String> {
    let error = read(settings).await.unwrap_err();
    let faults = error.faults.as_slice().iter();
    let faults: Vec<String> = faults.map(ToString::to_string).collect();
    assert!(
        faults.iter().all(|fault| !fault.contains("planted")),
        "{faults:?}"
    );
    faults
}

fn scim(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "application/scim+json")
}

fn user(id: &str, user_name: &str, active: bool) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": id, "userName": user_name,
        "displayName": format!("Name of {user_name}"), "active": active,
        "emails": [{"value": "home@example.org"}, {"value": format!("{user_name}@corp.example"), "primary": true}],
        "meta": {"version": "W/\"1\""}})
}

fn list(total: usize, resources: &[Value]) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total, "itemsPerPage": resources.len(), "Resources": resources})
}

/// A server that gives `users` with at most `largest` to a page, whatever is asked for.
async fn serving(users: Vec<Value>, largest: usize) -> MockServer {
    let server = MockServer::start().await;
    let answer = move |request: &Request| {
        let asked = |name: &str| {
            let pairs = request.url.query_pairs();
            let mut pairs = pairs.filter(|(key, _)| key == name);
            pairs
                .next()
                .map_or(1, |(_, value)| value.parse::<usize>().unwrap())
        };
        let page = users
            .iter()
            .skip(asked("startIndex") - 1)
            .take(asked("count").min(largest));
        scim(&list(users.len(), &page.cloned().collect::<Vec<_>>()))
    };
    Mock::given(method("GET"))
        .and(path("/scim/v2/Users"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn people_come_page_by_page_over_the_registry_and_the_server_sees_only_gets() {
    let users = vec![
        user("u1", "anwosu", true),
        user("u2", "bkowal", false),
        user("u3", "cnew", true),
    ];
    let server = serving(users, 1).await;
    let folder = registry(&[(
        "people",
        json!([
            {"id": "p-nwosu", "name": "old", "email": "old@example.org", "aliases": ["anwosu", "op-11"],
             "status": "active", "training": [{"course": "key-custodian", "acknowledged_at": "2026-02-10T09:12:00Z"}],
             "observed_at": "2026-01-01T00:00:00Z"},
            {"id": "p-gone", "name": "Gone", "email": "gone@example.org", "aliases": [], "status": "active", "training": []},
        ]),
    )]);
    let evidence = read(settings(&server, folder.path())).await.unwrap();
    let people = &evidence.tables.people;
    let all: Vec<(&str, &str, EmploymentStatus)> = people
        .iter()
        .map(|(_, person)| (person.id(), person.name.as_str(), person.status))
        .collect();
    assert_eq!(
        all,
        [
            ("bkowal", "Name of bkowal", EmploymentStatus::Separated),
            ("cnew", "Name of cnew", EmploymentStatus::Active),
            // Nobody whom the server does not know keeps custody by the registry's word.
            ("p-gone", "Gone", EmploymentStatus::Separated),
            ("p-nwosu", "Name of anwosu", EmploymentStatus::Active),
        ]
    );
    let nwosu = people.get(people.find("p-nwosu").unwrap()).unwrap();
    let aliases: Vec<&str> = nwosu.aliases.iter().map(|alias| alias.as_str()).collect();
    assert_eq!(aliases, ["anwosu", "op-11", "u1"]);
    assert_eq!(nwosu.email.as_str(), "anwosu@corp.example");
    assert_eq!((nwosu.training.len(), nwosu.observed_at), (1, None));
    assert_eq!(
        evidence.warnings,
        [
            "source `identity`: person `p-gone` of the registry has no account on the server, and counts as separated"
        ]
    );
    let requests = server.received_requests().await.unwrap();
    // Three pages, and the first two again.
    assert_eq!(requests.len(), 5);
    assert!(
        requests
            .iter()
            .all(|request| request.method.as_str() == "GET")
    );
    assert!(
        requests
            .iter()
            .all(|r| r.headers["authorization"] == format!("Bearer {TOKEN}").as_str())
    );
}

#[tokio::test]
async fn a_server_that_ignores_count_is_read_too_and_an_empty_one() {
    let server = MockServer::start().await;
    let all: Vec<Value> = (0..7)
        .map(|n| user(&format!("u{n}"), &format!("n{n}"), true))
        .collect();
    let whole = scim(&list(7, &all));
    Mock::given(method("GET"))
        .respond_with(whole)
        .mount(&server)
        .await;
    let folder = registry(&[]);
    let evidence = read(settings(&server, folder.path())).await.unwrap();
    assert_eq!(evidence.tables.people.len(), 7);
    let server = MockServer::start().await;
    let none = scim(&json!({"totalResults": 0}));
    Mock::given(method("GET"))
        .respond_with(none)
        .mount(&server)
        .await;
    let evidence = read(settings(&server, folder.path())).await.unwrap();
    assert_eq!(evidence.tables.people.len(), 0);
}

#[tokio::test]
async fn lists_that_never_hold_still_end_as_a_fault() {
    let again = |page: Value| move |_: &Request| scim(&page);
    let one = [user("u1", "a", true)];
    let cases: [(Value, &str); 3] = [
        (list(5, &one), "it lists a resource twice"),
        (list(5, &[]), "it lists fewer resources than its total"),
        (list(0, &one), "it lists more resources than its total"),
    ];
    let folder = registry(&[]);
    for (page, reason) in cases {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(again(page))
            .mount(&server)
            .await;
        let told = faults(settings(&server, folder.path())).await;
        let expected = format!(
            "source `identity`, file `scim/Users`: its list changed each of the 3 times it was read: {reason}"
        );
        assert_eq!(told, [expected]);
        assert!(server.received_requests().await.unwrap().len() <= 6);
    }
}

#[tokio::test]
async fn a_list_that_changes_once_is_read_again_from_its_beginning() {
    let asked = AtomicUsize::new(0);
    let answer = move |_: &Request| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => scim(&list(3, &[user("u1", "a", true), user("u2", "b", true)])),
        1 | 3 => scim(&list(4, &[user("u3", "c", true), user("u4", "d", true)])),
        _ => scim(&list(4, &[user("u1", "a", true), user("u2", "b", true)])),
    };
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let folder = registry(&[]);
    let evidence = read(settings(&server, folder.path())).await.unwrap();
    assert_eq!(evidence.tables.people.len(), 4);
    assert_eq!(server.received_requests().await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_resource_that_moves_out_of_sight_between_pages_is_not_lost() {
    // While the first page is read, `a` goes and `d` comes: the total stays, and `c` is now on the
    // page that was read already.
    let asked = AtomicUsize::new(0);
    let answer = move |request: &Request| {
        let first = request.url.as_str().contains("startIndex=1&");
        match (asked.fetch_add(1, Ordering::SeqCst), first) {
            (0, _) => scim(&list(3, &[user("u1", "a", true), user("u2", "b", true)])),
            (_, true) => scim(&list(3, &[user("u2", "b", true), user("u3", "c", true)])),
            (_, false) => scim(&list(3, &[user("u4", "d", true)])),
        }
    };
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let folder = registry(&[]);
    let evidence = read(settings(&server, folder.path())).await.unwrap();
    let people = evidence.tables.people.iter();
    let ids: Vec<&str> = people.map(|(_, person)| person.id()).collect();
    assert_eq!(ids, ["b", "c", "d"]);
}

#[tokio::test]
async fn an_account_that_changes_between_pages_is_read_again_by_its_version() {
    // The same page whose resource has another version, or, without versions, other content.
    for versions in [true, false] {
        let asked = AtomicUsize::new(0);
        let answer = move |request: &Request| {
            if !request.url.as_str().contains("startIndex=1&") {
                return scim(&list(3, &[user("u3", "c", true)]));
            }
            let later = asked.fetch_add(1, Ordering::SeqCst) > 0;
            let mut a = user("u1", "a", !later);
            if versions && later {
                a["meta"]["version"] = json!("W/\"2\"");
            } else if !versions {
                a["meta"] = json!({});
            }
            scim(&list(3, &[a, user("u2", "b", true)]))
        };
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let folder = registry(&[]);
        let evidence = read(settings(&server, folder.path())).await.unwrap();
        let people = &evidence.tables.people;
        let a = people.get(people.find("a").unwrap()).unwrap();
        assert_eq!(a.status, EmploymentStatus::Separated, "{versions}");
    }
}

#[tokio::test]
async fn another_account_with_a_persons_external_id_does_not_bring_the_person_back() {
    let mut other = user("u9", "mallory", true);
    other["externalId"] = json!("anwosu");
    let server = serving(vec![user("u1", "anwosu", false), other], 10).await;
    let person = |aliases: &[&str]| json!([{"id": "p-nwosu", "name": "n", "email": "e", "aliases": aliases, "status": "active", "training": []}]);
    let status = |evidence: &SourceEvidence| {
        let people = &evidence.tables.people;
        people.get(people.find("p-nwosu").unwrap()).unwrap().status
    };
    let folder = registry(&[("people", person(&["anwosu"]))]);
    let evidence = read(settings(&server, folder.path())).await.unwrap();
    assert_eq!(status(&evidence), EmploymentStatus::Separated);
    assert!(evidence.warnings[0].contains("the deactivated one counts"));
    // An account that the registry names is the person's.
    let folder = registry(&[("people", person(&["anwosu", "mallory"]))]);
    let evidence = read(settings(&server, folder.path())).await.unwrap();
    assert_eq!(status(&evidence), EmploymentStatus::Active);
}

#[tokio::test]
async fn an_attribute_in_two_spellings_is_a_fault() {
    let mut account = user("u1", "a", false);
    account["Active"] = json!(true);
    let server = serving(vec![account], 10).await;
    let folder = registry(&[]);
    let told = faults(settings(&server, folder.path())).await;
    assert_eq!(
        told,
        [
            "source `identity`, file `scim/Users`, record `u1`, field `/active`: stands there twice, in two spellings"
        ]
    );
}

#[tokio::test]
async fn refusals_are_told_with_the_servers_words_bounded_and_escaped() {
    let error = |status: Value, detail: &str| {
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status,
            "scimType": "invalidFilter", "detail": detail})
    };
    let long = "é".repeat(1_000);
    let cases = [
        (
            401,
            error(json!("401"), "no\u{1b}[2J\u{202e}"),
            "it does not accept the token (HTTP 401, invalidFilter): \"no\\u{1b}[2J\\u{202e}\""
                .to_owned(),
        ),
        (
            403,
            error(json!(403), "you sent tok-planted"),
            "the token may not read this (HTTP 403, invalidFilter)".to_owned(),
        ),
        (
            500,
            error(json!([]), &long),
            format!(
                "it failed (HTTP 500, invalidFilter): \"{}…\"",
                "é".repeat(200)
            ),
        ),
        (
            200,
            error(json!("400"), ""),
            "it refuses (HTTP 200, invalidFilter)".to_owned(),
        ),
    ];
    let folder = registry(&[]);
    for (status, body, reason) in cases {
        let server = MockServer::start().await;
        let answer =
            ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/json");
        Mock::given(method("GET"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let told = faults(settings(&server, folder.path())).await;
        assert_eq!(
            told,
            [format!("source `identity`, file `scim/Users`: {reason}")]
        );
    }
}

#[tokio::test]
async fn what_is_no_scim_is_refused_and_never_shown() {
    let folder = registry(&[]);
    let raw =
        |body: &[u8], kind: &str| ResponseTemplate::new(200).set_body_raw(body.to_vec(), kind);
    let json_type = "application/scim+json";
    for (answer, reason) in [
        (
            raw(b"<html>planted", "text/html"),
            "it answers with content type `text/html`, not with application/scim+json",
        ),
        (
            raw(b"{\"a\":\xff}", json_type),
            "its answer is not UTF-8 at byte offset 5",
        ),
        (
            raw(b"{\"totalResults\":1,", json_type),
            "its answer is bad JSON: EOF while parsing a value at line 1 column 18",
        ),
        (
            raw(b"[]", json_type),
            "its answer is no list: it has no `totalResults`, a whole number",
        ),
        (
            raw(b"{\"totalResults\":1,\"Resources\":{}}", json_type),
            "its answer has `Resources` that are no array",
        ),
        (
            raw(
                b"{\"totalResults\":1,\"Resources\":[{\"userName\":\"x\"}]}",
                json_type,
            ),
            "its answer lists a resource without `id`",
        ),
        (
            raw(b"{\"totalResults\":99999999,\"Resources\":[]}", json_type),
            "it lists 99999999 resources; 500000 is the most that is read",
        ),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let told = faults(settings(&server, folder.path())).await;
        assert_eq!(
            told,
            [format!("source `identity`, file `scim/Users`: {reason}")]
        );
    }
}

#[tokio::test]
async fn accounts_that_do_not_fit_are_named_all_at_once() {
    let mut odd = user("u2", "b", true);
    odd["active"] = json!("perhaps");
    let users = vec![user("u1", "has space", true), odd, json!({"id": "u3"})];
    let server = serving(users, 10).await;
    let folder = registry(&[]);
    std::fs::remove_file(folder.path().join("people.json")).unwrap();
    let told = faults(settings(&server, folder.path())).await;
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(
        told[0].contains("file `people.json`: is not there"),
        "{told:?}"
    );
    assert!(
        told[1].contains("record `u1`, field `/userName`: does not match"),
        "{told:?}"
    );
    assert!(
        told[2].contains("record `u2`, field `/active`: must be true or false"),
        "{told:?}"
    );
    assert!(
        told[3].contains("record `u3`, field `/userName`: is missing"),
        "{told:?}"
    );
}

#[tokio::test]
async fn attribute_names_have_no_case_and_truth_may_be_text() {
    let users = vec![
        json!({"ID": "u1", "USERNAME": "a", "Active": "False", "Name": {"Formatted": "Ada"}, "EMAILS": [{"VALUE": "a@x"}]}),
        json!({"id": "u2", "userName": "b", "name": {"givenName": "Bo", "familyName": "Li"}}),
    ];
    let server = serving(users, 10).await;
    let folder = registry(&[]);
    let mut how = settings(&server, folder.path());
    how.deactivated = Deactivated::OnLeave;
    let evidence = read(how).await.unwrap();
    let people: Vec<(&str, &str, &str, EmploymentStatus)> = evidence
        .tables
        .people
        .iter()
        .map(|(_, p)| (p.id(), p.name.as_str(), p.email.as_str(), p.status))
        .collect();
    assert_eq!(
        people,
        [
            ("a", "Ada", "a@x", EmploymentStatus::OnLeave),
            ("b", "Bo Li", "", EmploymentStatus::Active)
        ]
    );
    assert_eq!(evidence.warnings.len(), 1, "{:?}", evidence.warnings);
}

#[tokio::test]
async fn the_worse_standing_holds() {
    let server = serving(vec![user("u1", "a", true), user("u2", "b", true)], 10).await;
    let person = |id: &str, status: &str| json!({"id": id, "name": "n", "email": "e", "aliases": [], "status": status, "training": []});
    let folder = registry(&[(
        "people",
        json!([person("a", "separated"), person("b", "on_leave")]),
    )]);
    let evidence = read(settings(&server, folder.path())).await.unwrap();
    let people = &evidence.tables.people;
    let status = |id| people.get(people.find(id).unwrap()).unwrap().status;
    assert_eq!(status("a"), EmploymentStatus::Separated);
    assert_eq!(status("b"), EmploymentStatus::OnLeave);
    assert!(
        evidence.warnings[0].contains("still has an active account"),
        "{:?}",
        evidence.warnings
    );
}

#[tokio::test]
async fn groups_take_people_off_an_approved_roster_and_put_nobody_on() {
    let users = ["a", "b", "c"]
        .map(|n| user(&format!("u-{n}"), n, true))
        .to_vec();
    let server = serving(users, 10).await;
    let group = json!({"id": "g1", "displayName": "custodians", "members": [
        {"value": "u-a"}, {"value": "u-c"}, {"value": "g2", "type": "Group"}]});
    Mock::given(method("GET"))
        .and(path("/scim/v2/Groups"))
        .and(query_param("filter", "displayName eq \"custodians\""))
        .respond_with(scim(&list(1, &[group])))
        .mount(&server)
        .await;
    let member = |person: &str, roles: &[&str]| json!({"person": person, "roles": roles, "from": "2026-01-01T00:00:00Z"});
    let snapshot = json!({"id": "RS-1", "version": "1", "approved_by": "a", "approved_at": "2026-01-01T00:00:00Z",
        "effective_from": "2026-01-01T00:00:00Z", "notes": "as approved",
        "members": [member("a", &["key_custodian", "governance"]), member("b", &["key_custodian"])]});
    let folder = registry(&[("roster_snapshots", json!([snapshot]))]);
    let mut how = settings(&server, folder.path());
    how.roster = Some(RosterGroups {
        snapshot: "RS-1".to_owned(),
        groups: vec![RosterGroup {
            group: GroupName::DisplayName("custodians".to_owned()),
            role: "key_custodian".to_owned(),
        }],
    });
    let evidence = read(how.clone()).await.unwrap();
    let rosters = &evidence.tables.roster_snapshots;
    let roster = rosters.get(rosters.find("RS-1").unwrap()).unwrap();
    let members: Vec<&str> = roster.members.iter().map(|m| m.person.as_str()).collect();
    assert_eq!(members, ["a"]);
    assert_eq!(
        roster.notes.as_ref().unwrap().as_str(),
        "as approved\nIn the groups, without approval: c (key_custodian)."
    );
    assert_eq!(evidence.warnings.len(), 3, "{:?}", evidence.warnings);
    // Without an approval on record there is nothing to hold the groups against.
    how.roster.as_mut().unwrap().snapshot = "RS-2".to_owned();
    let told = faults(how).await;
    assert!(
        told[0].contains("roster `RS-2` is not among the registry's roster snapshots"),
        "{told:?}"
    );
}

#[tokio::test]
async fn standing_says_that_a_token_cannot_be_judged_and_why_there_is_no_answer() {
    let server = serving(vec![user("u1", "a", true)], 10).await;
    let folder = registry(&[]);
    let how = settings(&server, folder.path());
    let mut without = how.clone();
    without.bearer = Credential::Unavailable("the environment gives none".to_owned());
    let asking = move || [how, without].map(|how| Scim::new(how).standing(SourceSystem::Identity));
    let [fine, unread] = tokio::task::spawn_blocking(asking).await.unwrap();
    assert_eq!(fine.unreachable, None);
    assert!(matches!(fine.write_access, WriteAccess::Unknown(_)));
    let reason = "its bearer token: the environment gives none";
    assert_eq!(unread.unreachable.as_deref(), Some(reason));
}
