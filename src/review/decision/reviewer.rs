//! Who decides, and whether two names are one human.

use std::collections::BTreeSet;

use custody_controls::capture::Capture;

use crate::review::access::AccessPolicy;

/// An authenticated human. There is no other way to make one than to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    who: String,
}

/// Why someone cannot review.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewerError {
    /// Nobody is named.
    #[error("a decision needs the name of who makes it")]
    Nobody,
    /// The configuration lists reviewers, and not this one.
    #[error("`{0}` is not among the reviewers that `[access] reviewers` lists")]
    NotListed(String),
}

impl Reviewer {
    /// The person at the terminal: who has access to it and to the store. Where the policy lists reviewers,
    /// the name must be on the list, byte for byte.
    ///
    /// # Errors
    /// Refuses a blank name, and one that is not listed.
    pub fn from_terminal(who: &str, policy: &AccessPolicy) -> Result<Self, ReviewerError> {
        let who = who.trim();
        if who.is_empty() {
            return Err(ReviewerError::Nobody);
        }
        match &policy.reviewers {
            Some(reviewers) if !reviewers.iter().any(|listed| listed == who) => {
                Err(ReviewerError::NotListed(who.to_owned()))
            }
            Some(_) | None => Ok(Self {
                who: who.to_owned(),
            }),
        }
    }

    /// The name that the reviewer is known by.
    #[must_use]
    pub fn who(&self) -> &str {
        &self.who
    }
}

/// Whether `a` and `b` name the same human.
///
/// Each may be an id, an alias, an email address or a name in the capture's people. In doubt the answer is
/// yes, because it guards the rule that who prepared may not decide: letter case and surrounding space tell
/// nobody apart, and a name that two people share stands for both.
#[must_use]
pub fn same_human(capture: &Capture, a: &str, b: &str) -> bool {
    if folded(a) == folded(b) {
        return true;
    }
    let (a, b) = (people_named(capture, a), people_named(capture, b));
    !a.is_disjoint(&b)
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The rows of all people whom `name` may stand for.
fn people_named(capture: &Capture, name: &str) -> BTreeSet<u32> {
    let wanted = folded(name);
    let goes_by = |text: &str| folded(text) == wanted;
    capture
        .tables()
        .people
        .iter()
        .filter(|(_, person)| {
            goes_by(person.id.as_str())
                || goes_by(person.email.as_str())
                || goes_by(person.name.as_str())
                || person.aliases.iter().any(|alias| goes_by(alias.as_str()))
        })
        .map(|(row, _)| row)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::fixture::capture;

    #[test]
    fn one_human_is_recognised_by_id_alias_email_and_name() {
        let capture = capture();
        for other in [
            "p-ana",
            "apetrova",
            "Ana@Example.org",
            "ana petrova",
            " P-ANA ",
        ] {
            assert!(same_human(&capture, "p-ana", other), "{other}");
            assert!(same_human(&capture, other, "apetrova"), "{other}");
            assert!(!same_human(&capture, other, "p-ben"), "{other}");
        }
        assert!(same_human(&capture, "nobody known", "Nobody known"));
        assert!(!same_human(&capture, "nobody known", "p-ana"));
        assert!(!same_human(&capture, "nobody known", "another stranger"));
    }

    #[test]
    fn a_list_of_reviewers_is_closed() {
        let open = AccessPolicy::default();
        assert_eq!(
            Reviewer::from_terminal(" ana ", &open).unwrap().who(),
            "ana"
        );
        assert_eq!(
            Reviewer::from_terminal("  ", &open),
            Err(ReviewerError::Nobody)
        );
        let reviewers = |names: &[&str]| AccessPolicy {
            reviewers: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..AccessPolicy::default()
        };
        assert!(Reviewer::from_terminal("ana", &reviewers(&["ben", "ana"])).is_ok());
        for closed in [reviewers(&["ben"]), reviewers(&["Ana"]), reviewers(&[])] {
            let refused = Reviewer::from_terminal("ana", &closed);
            assert_eq!(refused, Err(ReviewerError::NotListed("ana".to_owned())));
        }
    }
}
