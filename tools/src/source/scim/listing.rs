//! Lists resources of a SCIM server, page by page (RFC 7644, section 3.4.2).
//!
//! A page may hold fewer resources than asked for, and the list may change while it is read. Every
//! step either takes resources that were not there before or ends, so no server can keep it busy
//! for ever. A list of several pages is held against a second look at them, by each resource's
//! `meta.version` (its ETag): startIndex counts places, so a resource that goes while pages are read
//! moves another one out of sight. It knows nothing of people.

use std::collections::BTreeSet;

use custody_controls::json::{Digest, parse_strict};
use custody_controls::table::MAX_FILE_BYTES;
use secrecy::SecretString;
use serde_json::Value;

use super::ScimSettings;
use crate::source::http::{Answer, HttpError, HttpLimits, HttpReader};
use crate::source::overlay::shown;

/// More accounts than any company's custody review concerns.
const MOST_RESOURCES: u64 = 500_000;

/// How often a list that changes while it is read is begun again.
const ATTEMPTS: u32 = 3;

const MEDIA_TYPES: [&str; 2] = ["application/scim+json", "application/json"];
const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Why a SCIM server gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScimError {
    /// No answer.
    #[error("{0}")]
    Http(#[from] HttpError),
    /// An answer that refuses.
    #[error("{0}")]
    Refused(String),
    /// The answer is of another type.
    #[error("it answers with content type {0}, not with application/scim+json")]
    MediaType(String),
    /// The answer is not UTF-8.
    #[error("its answer is not UTF-8 at byte offset {0}")]
    NotUtf8(usize),
    /// The answer is not JSON.
    #[error("its answer is bad JSON: {0}")]
    NotJson(serde_json::Error),
    /// The answer is not what SCIM answers.
    #[error("its answer {0}")]
    Form(&'static str),
    /// There are more resources than are read.
    #[error("it lists {0} resources; {MOST_RESOURCES} is the most that is read")]
    TooMany(u64),
    /// The pages together are larger than is read.
    #[error("its list is larger than {MAX_FILE_BYTES} bytes, the most that is read")]
    TooLarge,
    /// The list did not hold still.
    #[error("its list changed each of the {ATTEMPTS} times it was read: {0}")]
    Unsteady(&'static str),
}

/// A SCIM server.
#[derive(Debug)]
pub(super) struct Server {
    http: HttpReader,
    page_size: u32,
}

/// One page of a list.
struct Page {
    total: u64,
    resources: Vec<Value>,
    bytes: u64,
}

/// A page to look at again.
struct Seen {
    start: u64,
    /// What each resource was, in the page's order.
    states: Vec<String>,
}

/// Why a list was not read to its end.
enum Halt {
    /// It changed under the reader.
    Changed(&'static str),
    Failed(ScimError),
}

impl From<ScimError> for Halt {
    fn from(error: ScimError) -> Self {
        Self::Failed(error)
    }
}

impl Server {
    pub(super) fn new(
        settings: &ScimSettings,
        bearer: Option<&SecretString>,
        limits: HttpLimits,
    ) -> Result<Self, ScimError> {
        let accept = "application/scim+json, application/json";
        let http = HttpReader::new(&settings.base_url, accept, bearer, limits)?;
        Ok(Self {
            http,
            page_size: settings.page_size,
        })
    }

    /// Whether `link` leads to this server.
    pub(super) fn is_own(&self, link: &str) -> bool {
        self.http.is_own(link)
    }

    /// All resources at `endpoint`, each once.
    pub(super) fn list(
        &self,
        endpoint: &str,
        filter: Option<&str>,
    ) -> Result<Vec<Value>, ScimError> {
        let mut why = "";
        for _ in 0..ATTEMPTS {
            match self.list_once(endpoint, filter) {
                Ok(resources) => return Ok(resources),
                Err(Halt::Failed(error)) => return Err(error),
                Err(Halt::Changed(reason)) => why = reason,
            }
        }
        Err(ScimError::Unsteady(why))
    }

    /// One resource by its id.
    pub(super) fn one(&self, endpoint: &str, id: &str) -> Result<Value, ScimError> {
        let (resource, _) = self.value(&[endpoint, id], &[])?;
        if resource.is_object() {
            Ok(resource)
        } else {
            Err(ScimError::Form("is no resource"))
        }
    }

    /// Asks for a list's first resource, to see that the server answers.
    pub(super) fn ask_for_one(&self, endpoint: &str) -> Result<(), ScimError> {
        self.page(endpoint, None, 1, 1).map(|_| ())
    }

    fn list_once(&self, endpoint: &str, filter: Option<&str>) -> Result<Vec<Value>, Halt> {
        let mut resources = Vec::new();
        let mut seen = BTreeSet::new();
        let mut pages = Vec::new();
        let mut total = None;
        let mut bytes = 0;
        loop {
            let start = resources.len() as u64 + 1;
            let page = self.page(endpoint, filter, start, self.page_size)?;
            if *total.get_or_insert(page.total) != page.total {
                return Err(Halt::Changed("its total is another on a later page"));
            }
            bytes += page.bytes;
            if bytes > MAX_FILE_BYTES {
                return Err(ScimError::TooLarge.into());
            }
            if page.total > MOST_RESOURCES {
                return Err(ScimError::TooMany(page.total).into());
            }
            let stands_still = page.resources.is_empty();
            pages.push(Seen {
                start,
                states: page.resources.iter().map(state).collect(),
            });
            for resource in page.resources {
                let id = member(&resource, "id").and_then(Value::as_str);
                let id = id.filter(|id| !id.is_empty());
                let id = id.ok_or(ScimError::Form("lists a resource without `id`"))?;
                if !seen.insert(id.to_owned()) {
                    return Err(Halt::Changed("it lists a resource twice"));
                }
                resources.push(resource);
            }
            match (resources.len() as u64).cmp(&page.total) {
                std::cmp::Ordering::Equal => {
                    self.look_again(endpoint, filter, &pages)?;
                    return Ok(resources);
                }
                std::cmp::Ordering::Greater => {
                    return Err(Halt::Changed("it lists more resources than its total"));
                }
                std::cmp::Ordering::Less if stands_still => {
                    return Err(Halt::Changed("it lists fewer resources than its total"));
                }
                std::cmp::Ordering::Less => {}
            }
        }
    }

    /// Whether all pages before the last are still what they were when the last one was read.
    fn look_again(&self, endpoint: &str, filter: Option<&str>, pages: &[Seen]) -> Result<(), Halt> {
        let before = pages.split_last().map_or(&[][..], |(_, before)| before);
        for seen in before {
            let page = self.page(endpoint, filter, seen.start, self.page_size)?;
            if !page
                .resources
                .iter()
                .map(state)
                .eq(seen.states.iter().cloned())
            {
                return Err(Halt::Changed(
                    "a page is another when it is looked at again",
                ));
            }
        }
        Ok(())
    }

    fn page(
        &self,
        endpoint: &str,
        filter: Option<&str>,
        start: u64,
        count: u32,
    ) -> Result<Page, ScimError> {
        let (start, count) = (start.to_string(), count.to_string());
        let mut query = vec![("startIndex", start.as_str()), ("count", count.as_str())];
        query.extend(filter.map(|filter| ("filter", filter)));
        let (answer, bytes) = self.value(&[endpoint], &query)?;
        let total = member(&answer, "totalResults").and_then(Value::as_u64);
        let total = total.ok_or(ScimError::Form(
            "is no list: it has no `totalResults`, a whole number",
        ))?;
        let resources = match member(&answer, "Resources") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(resources)) => resources.clone(),
            Some(_) => return Err(ScimError::Form("has `Resources` that are no array")),
        };
        Ok(Page {
            total,
            resources,
            bytes,
        })
    }

    /// The answer as JSON, and how many bytes it had.
    fn value(&self, path: &[&str], query: &[(&str, &str)]) -> Result<(Value, u64), ScimError> {
        let answer = self.http.get(path, query)?;
        if answer.status != 200 {
            return Err(self.refusal(answer.status, read_json(&answer).ok().as_ref()));
        }
        let media_type = answer.media_type.as_deref();
        if !media_type.is_some_and(|found| MEDIA_TYPES.contains(&found)) {
            let found =
                media_type.map_or_else(|| "none".to_owned(), |text| format!("`{}`", shown(text)));
            return Err(ScimError::MediaType(found));
        }
        let value = read_json(&answer)?;
        let schemas = member(&value, "schemas").and_then(Value::as_array);
        if schemas.is_some_and(|schemas| schemas.iter().any(|schema| schema == ERROR_SCHEMA)) {
            return Err(self.refusal(answer.status, Some(&value)));
        }
        Ok((value, answer.body.len() as u64))
    }

    /// What an answer that refuses says, with the server's own words bounded and escaped.
    fn refusal(&self, status: u16, body: Option<&Value>) -> ScimError {
        let meaning = match status {
            401 => "it does not accept the token".to_owned(),
            403 => "the token may not read this".to_owned(),
            404 => "it has no such resource; is `base_url` right?".to_owned(),
            429 => "it asks for fewer requests, and kept asking".to_owned(),
            500..=599 => "it failed".to_owned(),
            _ => "it refuses".to_owned(),
        };
        // RFC 7644 has the status as text, and servers send it as a number: the one that counts
        // is the HTTP status.
        let told = |name| {
            let text = member(body?, name)?.as_str()?;
            (!text.is_empty() && !self.http.tells_the_token(text)).then(|| shown(text))
        };
        let kind = told("scimType").map_or_else(String::new, |kind| format!(", {kind}"));
        let detail = told("detail").map_or_else(String::new, |detail| format!(": \"{detail}\""));
        ScimError::Refused(format!("{meaning} (HTTP {status}{kind}){detail}"))
    }
}

/// What a resource is by its id and version; by all that it says, where it has no version.
fn state(resource: &Value) -> String {
    let version = member(resource, "meta").and_then(|meta| text(meta, "version"));
    match (text(resource, "id"), version) {
        (Some(id), Some(version)) => format!("{id}\n{version}"),
        _ => Digest::of(resource).to_string(),
    }
}

fn read_json(answer: &Answer) -> Result<Value, ScimError> {
    let text = std::str::from_utf8(&answer.body)
        .map_err(|error| ScimError::NotUtf8(error.valid_up_to()))?;
    parse_strict(text).map_err(ScimError::NotJson)
}

/// The member `name` of an object. SCIM's attribute names are compared without case.
pub(super) fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let object = value.as_object()?;
    object.get(name).or_else(|| {
        let found = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(name);
        object.iter().find(found).map(|(_, value)| value)
    })
}

/// The member `name` where it is text and not blank.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    let text = member(value, name)?.as_str()?;
    (!text.trim().is_empty()).then_some(text)
}
