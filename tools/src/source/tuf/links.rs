//! Where a person opens a line of a file at a commit.

use std::fmt::Write as _;

use super::registry::Place;
use super::survey::Survey;

/// The form of links, as `https://host/blob/{commit}/{path}#L{line}`.
#[derive(Debug, Clone)]
pub(super) struct Links {
    template: String,
}

/// Without a template: text that `git show` understands up to the line. Pages show it as text.
const WITHOUT: &str = "git:{commit}:{path}#L{line}";

impl Default for Links {
    fn default() -> Self {
        Self {
            template: WITHOUT.to_owned(),
        }
    }
}

impl Links {
    /// Takes a template; it must be a web address with a place for commit and path.
    pub(super) fn parse(template: Option<&str>) -> Result<Self, &'static str> {
        let Some(template) = template else {
            return Ok(Self::default());
        };
        let web = ["https://", "http://"]
            .iter()
            .any(|scheme| template.starts_with(scheme));
        if !web {
            return Err("must begin with `https://` or `http://`");
        }
        if !template.contains("{commit}") || !template.contains("{path}") {
            return Err("must hold `{commit}` and `{path}`");
        }
        Ok(Self {
            template: template.to_owned(),
        })
    }

    /// The link to `place`.
    pub(super) fn to(&self, survey: &Survey, place: &Place) -> Option<String> {
        let commit = survey.history.commit(place.commit)?;
        // Filled from the end: what is filled in can hold no placeholder that is filled later.
        let template = match place.line {
            Some(_) => self.template.as_str(),
            // Without a line, what would lead to it is left out.
            None => self.template.split("#L{line}").next().unwrap_or_default(),
        };
        let line = place.line.map_or_else(String::new, |line| line.to_string());
        let filled = template
            .replace("{line}", &line)
            .replace("{commit}", commit.id.as_str())
            .replace("{path}", &escaped(&place.path));
        Some(filled)
    }
}

/// Percent-encodes what may not stand in a path.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Links, escaped};

    #[test]
    fn templates_that_are_no_web_address_or_lead_nowhere_are_refused() {
        assert!(Links::parse(None).is_ok());
        assert!(Links::parse(Some("https://x/{commit}/{path}#L{line}")).is_ok());
        assert!(Links::parse(Some("javascript:{commit}{path}")).is_err());
        assert!(Links::parse(Some("https://x/{commit}")).is_err());
    }

    #[test]
    fn paths_cannot_break_out_of_a_link() {
        assert_eq!(
            escaped("a b/\"><{line}#é.md"),
            "a%20b/%22%3E%3C%7Bline%7D%23%C3%A9.md"
        );
    }
}
