//! Which signing keys are production keys.

use std::collections::BTreeSet;

use crate::capture::Capture;
use crate::instant::Instant;
use crate::record::{Environment, KeyState, SigningKey, SigningPath};

use super::roster::within;

/// The production keys of a capture at an instant, by row.
///
/// "Environment `production`, state `active` or `suspended`, or used by an active production path."
#[derive(Debug)]
pub(crate) struct ProductionKeys {
    by_row: Vec<bool>,
}

impl ProductionKeys {
    /// Marks the production keys of `capture` at `as_of`.
    pub(crate) fn find(capture: &Capture, as_of: Instant) -> Self {
        let tables = capture.tables();
        let used: BTreeSet<u32> = tables
            .signing_paths
            .iter()
            .filter(|(_, path)| is_active_production_path(path, as_of))
            .filter_map(|(_, path)| tables.signing_keys.find(path.key.as_str()))
            .collect();
        let by_row = tables
            .signing_keys
            .iter()
            .map(|(row, key)| in_production(key) || used.contains(&row))
            .collect();
        Self { by_row }
    }

    /// Whether the key at `row` is a production key.
    pub(crate) fn contains(&self, row: u32) -> bool {
        self.by_row.get(row as usize).copied().unwrap_or(false)
    }
}

fn in_production(key: &SigningKey) -> bool {
    let live = match key.state {
        KeyState::Active | KeyState::Suspended => true,
        KeyState::Retired | KeyState::Destroyed => false,
    };
    live && key.environment == Environment::Production
}

/// Whether a signing path is a production path in use at `as_of`.
pub(crate) fn is_active_production_path(path: &SigningPath, as_of: Instant) -> bool {
    path.environment == Environment::Production
        && within(path.introduced_at, path.retired_at, as_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::{at, capture_of, key};
    use crate::kind::Kind;

    #[track_caller]
    fn check(environment: &str, state: &str, path: Option<(&str, &str, &str)>, expected: bool) {
        let keys = format!("[{}]", key("K", environment, state));
        let paths = path.map_or("[]".to_owned(), |(environment, introduced, retired)| {
            format!(
                r#"[{{"id":"P","product":"x","artifact_class":"deb","kind":"release","environment":"{environment}","pipeline":"p",
                "config":{{"repo":"r","path":"f","commit":"c","line":1}},"key":"K","introduced_at":"{introduced}","retired_at":{retired}}}]"#
            )
        });
        let capture = capture_of(&[(Kind::SigningKeys, &keys), (Kind::SigningPaths, &paths)]);
        assert_eq!(
            ProductionKeys::find(&capture, at("2026-12-01T00:00:00Z")).contains(0),
            expected
        );
    }

    #[test]
    fn a_key_is_a_production_key_by_its_own_standing_or_by_use() {
        check("production", "active", None, true);
        check("production", "suspended", None, true);
        check("production", "retired", None, false);
        check("production", "destroyed", None, false);
        check("staging", "active", None, false);
        let since = "2026-01-01T00:00:00Z";
        check(
            "staging",
            "retired",
            Some(("production", since, "null")),
            true,
        );
        check(
            "development",
            "active",
            Some(("staging", since, "null")),
            false,
        );
        check(
            "staging",
            "active",
            Some(("production", since, r#""2026-12-01T00:00:00Z""#)),
            false,
        );
        check(
            "staging",
            "active",
            Some(("production", since, r#""2026-12-01T00:00:01Z""#)),
            true,
        );
        check(
            "staging",
            "active",
            Some(("production", "2026-12-01T00:00:01Z", "null")),
            false,
        );
        check(
            "staging",
            "active",
            Some(("production", "2026-12-01T00:00:00Z", "null")),
            true,
        );
    }
}
