//! Whether an approved exception covers a signing path through a bridge.

use std::collections::BTreeMap;

use crate::capture::Capture;
use crate::instant::Instant;
use crate::record::{ControlException, ExceptionScope, ExceptionState, SigningPath, Text};

use super::freshness::older_than;
use super::roster::within;

/// How well an exception carries a path, best first: those that cover it before those that do not,
/// and each group in the order of the statuses it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ExceptionStanding {
    /// Approved, in force, covers the path, and its compensating controls are verified.
    Sound,
    /// Covers the path, but names no compensating control.
    WithoutControls,
    /// Covers the path, but a compensating control was not verified lately.
    ControlsUnverified,
    /// Approved and in force, but the path lies outside its scope.
    OutsideScope,
    /// Expired, revoked or not yet in force.
    NotInForce,
    /// Pending, or never approved at or before as-of.
    NotApproved,
}

/// Whether `scope` names the path in all five dimensions, each by exact text.
///
/// A dimension absent or empty covers nothing.
pub(crate) fn scope_covers(scope: &ExceptionScope, bridge: &str, path: &SigningPath) -> bool {
    let names = |dimension: &Option<Vec<Text>>, value: &str| {
        dimension
            .as_ref()
            .is_some_and(|entries| entries.iter().any(|entry| entry.as_str() == value))
    };
    names(&scope.bridges, bridge)
        && names(&scope.keys, path.key.as_str())
        && names(&scope.signing_paths, path.id.as_str())
        && names(&scope.artifact_classes, path.artifact_class.as_str())
        && names(&scope.environments, path.environment.as_str())
}

/// Whether the exception is approved and runs at `as_of`: not revoked, not expired, not in the future.
pub(crate) fn in_force(exception: &ControlException, as_of: Instant) -> bool {
    match exception.state {
        ExceptionState::Pending | ExceptionState::Revoked => false,
        ExceptionState::Approved => {
            within(exception.effective_from, Some(exception.expires_at), as_of)
        }
    }
}

fn was_approved(exception: &ControlException, as_of: Instant) -> bool {
    let approved = exception.approved_at.is_some_and(|at| at <= as_of);
    match exception.state {
        ExceptionState::Pending => false,
        ExceptionState::Approved | ExceptionState::Revoked => approved,
    }
}

fn standing(
    exception: &ControlException,
    bridge: &str,
    path: &SigningPath,
    control_max_age_days: u32,
    as_of: Instant,
) -> ExceptionStanding {
    let stale = |at| older_than(at, control_max_age_days, as_of);
    if !was_approved(exception, as_of) {
        ExceptionStanding::NotApproved
    } else if !in_force(exception, as_of) {
        ExceptionStanding::NotInForce
    } else if !scope_covers(&exception.scope, bridge, path) {
        ExceptionStanding::OutsideScope
    } else if exception
        .compensating_controls
        .iter()
        .any(|control| stale(control.verified_at))
    {
        ExceptionStanding::ControlsUnverified
    } else if exception.compensating_controls.is_empty() {
        ExceptionStanding::WithoutControls
    } else {
        ExceptionStanding::Sound
    }
}

/// The exceptions of a capture that are seen at one instant, by the bridges that they name.
#[derive(Debug)]
pub(crate) struct ExceptionRegister<'a> {
    by_bridge: BTreeMap<&'a str, Vec<(u32, &'a ControlException)>>,
}

impl<'a> ExceptionRegister<'a> {
    /// The register of `capture` at `as_of`.
    pub(crate) fn find(capture: &'a Capture, as_of: Instant) -> Self {
        let mut by_bridge: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (row, exception) in capture.tables().exceptions.iter() {
            let seen = exception.approved_at.is_none_or(|at| at <= as_of);
            for bridge in exception.scope.bridges.iter().flatten().filter(|_| seen) {
                let of_bridge = by_bridge.entry(bridge.as_str()).or_default();
                of_bridge.push((row, exception));
            }
        }
        Self { by_bridge }
    }

    /// The row and standing of the exception that carries `path` best, of those filed against `requirement`
    /// that name `bridge`. One exception must cover all dimensions: several together do not.
    pub(crate) fn best(
        &self,
        requirement: &str,
        bridge: &str,
        path: &SigningPath,
        control_max_age_days: u32,
        as_of: Instant,
    ) -> Option<(u32, ExceptionStanding)> {
        self.by_bridge
            .get(bridge)?
            .iter()
            .filter(|(_, exception)| exception.requirement.as_str() == requirement)
            .map(|(row, exception)| {
                let standing = standing(exception, bridge, path, control_max_age_days, as_of);
                (*row, *exception, standing)
            })
            // Equally good: the one that runs longest speaks, then the lower id.
            .min_by_key(|(row, exception, standing)| {
                (*standing, std::cmp::Reverse(exception.expires_at), *row)
            })
            .map(|(row, _, standing)| (row, standing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::{at, capture_of};
    use crate::kind::Kind;
    use serde_json::{Value, json};

    const AS_OF: &str = "2026-12-01T00:00:00Z";

    fn path() -> Value {
        json!([{"id":"P","product":"x","artifact_class":"deb","kind":"hotfix","environment":"production","pipeline":"p",
            "config":{"repo":"r","path":"f","commit":"c","line":1},"key":"K","bridge":"B","introduced_at":"2026-01-01T00:00:00Z"}])
    }

    fn exception(id: &str) -> Value {
        json!({"id":id,"requirement":"KC-5","title":"t","state":"approved",
            "scope":{"bridges":["B"],"keys":["K"],"signing_paths":["P"],"artifact_classes":["deb"],"environments":["production"]},
            "compensating_controls":[{"id":"c","text":"t","verified_at":"2026-11-01T00:00:00Z"}],
            "approved_at":"2026-02-01T00:00:00Z","effective_from":"2026-02-01T00:00:00Z","expires_at":"2027-02-01T00:00:00Z"})
    }

    #[track_caller]
    fn check(exceptions: &[Value], expected: Option<(&str, ExceptionStanding)>) {
        let capture = capture_of(&[
            (Kind::SigningPaths, &path().to_string()),
            (
                Kind::Exceptions,
                &Value::from(exceptions.to_vec()).to_string(),
            ),
        ]);
        let path = capture.tables().signing_paths.get(0).unwrap();
        let found =
            ExceptionRegister::find(&capture, at(AS_OF)).best("KC-5", "B", path, 184, at(AS_OF));
        let found = found.map(|(row, standing)| {
            (
                capture.tables().exceptions.get(row).unwrap().id.as_str(),
                standing,
            )
        });
        assert_eq!(found, expected);
    }

    fn with(mut exception: Value, pointer: &str, value: Value) -> Value {
        *exception.pointer_mut(pointer).unwrap() = value;
        exception
    }

    #[test]
    fn an_exception_must_name_the_path_in_every_dimension() {
        check(&[], None);
        check(&[exception("E")], Some(("E", ExceptionStanding::Sound)));
        for dimension in ["keys", "signing_paths", "artifact_classes", "environments"] {
            let pointer = format!("/scope/{dimension}");
            for scope in [json!([]), json!(null), json!(["other"]), json!(["p"])] {
                check(
                    &[with(exception("E"), &pointer, scope)],
                    Some(("E", ExceptionStanding::OutsideScope)),
                );
            }
        }
        check(
            &[with(exception("E"), "/scope/bridges", json!(["other"]))],
            None,
        );
        check(&[with(exception("E"), "/scope/bridges", json!(null))], None);
        check(&[with(exception("E"), "/requirement", json!("KC-3"))], None);
    }

    #[test]
    fn several_exceptions_together_do_not_cover() {
        let one = with(exception("E1"), "/scope/keys", json!(["other"]));
        let two = with(exception("E2"), "/scope/environments", json!(["staging"]));
        check(&[one, two], Some(("E1", ExceptionStanding::OutsideScope)));
    }

    #[test]
    fn the_least_bad_exception_speaks() {
        let revoked = with(exception("E1"), "/state", json!("revoked"));
        let expired = with(exception("E2"), "/expires_at", json!(AS_OF));
        let future = with(
            exception("E3"),
            "/effective_from",
            json!("2026-12-01T00:00:01Z"),
        );
        let pending = with(exception("E4"), "/state", json!("pending"));
        let unapproved = with(exception("E5"), "/approved_at", json!(null));
        let unseen = with(
            exception("E6"),
            "/approved_at",
            json!("2026-12-02T00:00:00Z"),
        );
        check(&[unseen], None);
        check(
            &[pending.clone(), unapproved],
            Some(("E4", ExceptionStanding::NotApproved)),
        );
        check(
            &[pending.clone(), revoked.clone()],
            Some(("E1", ExceptionStanding::NotInForce)),
        );
        check(&[expired], Some(("E2", ExceptionStanding::NotInForce)));
        check(&[future], Some(("E3", ExceptionStanding::NotInForce)));
        let stale = with(
            exception("E7"),
            "/compensating_controls/0/verified_at",
            json!("2026-01-01T00:00:00Z"),
        );
        let bare = with(exception("E8"), "/compensating_controls", json!([]));
        check(
            &[revoked.clone(), stale.clone()],
            Some(("E7", ExceptionStanding::ControlsUnverified)),
        );
        check(
            &[stale, bare, revoked, pending],
            Some(("E8", ExceptionStanding::WithoutControls)),
        );
    }
}
