//! Stands tokens in for people toward a remote model, and puts the people back into what it says.
//!
//! Each way to name a person (id, name, email, alias) has a token of its own, so that a quote or
//! cited value comes back exactly as the record has it.

use std::collections::BTreeMap;

use custody_controls::capture::Capture;

/// A two-way table of names and tokens. The empty table changes nothing.
#[derive(Clone, Default)]
pub struct Pseudonyms {
    tokens: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
}

// It is a list of people.
impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pseudonyms({} names)", self.tokens.len())
    }
}

impl Pseudonyms {
    /// Tokens for everyone in the capture's people.
    #[must_use]
    pub fn of(capture: &Capture) -> Self {
        let mut table = Self::default();
        for (row, person) in capture.tables().people.iter() {
            let token = format!("person-{:04}", row + 1);
            table.add(person.id.as_str(), token.clone());
            table.add(person.name.as_str(), format!("{token}-name"));
            table.add(person.email.as_str(), format!("{token}-email"));
            for (number, alias) in person.aliases.iter().enumerate() {
                table.add(alias.as_str(), format!("{token}-alias-{}", number + 1));
            }
        }
        table
    }

    fn add(&mut self, name: &str, token: String) {
        if !name.trim().is_empty() && !self.tokens.contains_key(name) {
            self.tokens.insert(name.to_owned(), token.clone());
            self.names.insert(token, name.to_owned());
        }
    }

    /// `text` with tokens for people.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        replace(text, &self.tokens)
    }

    /// `text` with people for tokens.
    #[must_use]
    pub fn reveal(&self, text: &str) -> String {
        replace(text, &self.names)
    }
}

/// Replaces every whole word or run of words that `table` has, the longest first.
fn replace(text: &str, table: &BTreeMap<String, String>) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(next) = rest.chars().next() {
        let found = if before.is_none_or(|c| !in_word(c)) {
            longest_at(rest, table)
        } else {
            None
        };
        let taken = match found {
            Some((name, token)) => {
                replaced.push_str(token);
                name.len()
            }
            None => {
                replaced.push(next);
                next.len_utf8()
            }
        };
        let (head, tail) = rest.split_at(taken);
        before = head.chars().next_back();
        rest = tail;
    }
    replaced
}

fn longest_at<'t>(text: &str, table: &'t BTreeMap<String, String>) -> Option<(&'t str, &'t str)> {
    let first = text.chars().next()?;
    let from = first.to_string();
    table
        .range(from..)
        .take_while(|(name, _)| name.starts_with(first))
        .filter(|(name, _)| text.strip_prefix(name.as_str()).is_some_and(ends_word))
        .max_by_key(|(name, _)| name.len())
        .map(|(name, token)| (name.as_str(), token.as_str()))
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '@')
}

/// Whether a word has ended where `rest` begins.
fn ends_word(rest: &str) -> bool {
    let mut letters = rest.chars();
    match letters.next() {
        None => true,
        Some('.' | ':') => !letters.next().is_some_and(char::is_alphanumeric),
        Some(c) => !in_word(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Pseudonyms {
        let mut table = Pseudonyms::default();
        table.add("p-ana", "person-0001".to_owned());
        table.add("Ana Ruiz", "person-0001-name".to_owned());
        table.add("ana@corp.example", "person-0001-email".to_owned());
        table.add("ana", "person-0001-alias-1".to_owned());
        table
    }

    #[test]
    fn people_are_hidden_word_by_word_and_come_back_exactly() {
        let text = r#"{"person":"p-ana","note":"Ana Ruiz (ana@corp.example) and ana, not analysis or p-ana-2. Ana Ruiz."}"#;
        let hidden = table().hide(text);
        for name in ["\"p-ana\"", "Ana Ruiz", "ana@corp.example", " ana,"] {
            assert!(!hidden.contains(name), "{hidden}");
        }
        assert!(hidden.contains("analysis") && hidden.contains("p-ana-2"));
        assert_eq!(table().reveal(&hidden), text);
    }
}
