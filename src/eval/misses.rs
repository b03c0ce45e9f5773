//! Everything that did not come out as labelled, one line each.

use super::report::{Miss, MissKind};
use super::score::{Found, RunScore};

/// The misses of all runs, by case, run and kind.
#[must_use]
pub fn misses(scored: &[RunScore]) -> Vec<Miss> {
    let mut found: Vec<Miss> = scored.iter().flat_map(of_run).collect();
    found.extend(unstable(scored));
    found.sort_by(|a, b| {
        (&a.case, a.epoch, a.kind, &a.what).cmp(&(&b.case, b.epoch, b.kind, &b.what))
    });
    found
}

fn of_run(run: &RunScore) -> Vec<Miss> {
    let mut found = Vec::new();
    let mut say = |kind: MissKind, class: Option<&str>, what: String| {
        found.push(Miss {
            case: run.case.clone(),
            epoch: Some(run.epoch),
            kind,
            class: class.map(str::to_owned),
            what,
        });
    };
    if let Some(review) = run.reference() {
        let (packet, reviewer) = (run.posture, review.posture);
        let what = format!("the reviewer says {reviewer}, the packet {packet}");
        if packet < reviewer {
            say(MissKind::UnderEscalation, None, what);
        } else if packet > reviewer {
            say(MissKind::OverEscalation, None, what);
        }
        for (id, status) in &review.statuses {
            if let Some(found) = run.statuses.get(id).filter(|found| *found != status) {
                let what = format!("{id}: the reviewer says {status}, the packet {found}");
                say(MissKind::Status, None, what);
            }
        }
    }
    for fate in &run.planted {
        let kind = match fate.found {
            Found::Surfaced => continue,
            Found::Diluted => MissKind::Diluted,
            Found::Buried => MissKind::Buried,
            Found::Absent => MissKind::NotSurfaced,
        };
        say(kind, Some(&fate.class), fate.what.clone());
    }
    for alarm in &run.alarms {
        say(MissKind::FalseAlarm, Some(&alarm.class), alarm.what.clone());
    }
    for fault in &run.citations.faults {
        say(MissKind::Citation, None, fault.clone());
    }
    found
}

/// Cases whose runs do not agree with each other.
fn unstable(scored: &[RunScore]) -> Vec<Miss> {
    let mut found = Vec::new();
    for runs in scored.chunk_by(|a, b| a.case == b.case) {
        let mut postures: Vec<&str> = runs.iter().map(|run| run.posture.as_str()).collect();
        postures.dedup();
        if let ([_, _, ..], Some(first)) = (postures.as_slice(), runs.first()) {
            found.push(Miss {
                case: first.case.clone(),
                epoch: None,
                kind: MissKind::Unstable,
                class: None,
                what: format!("runs came to {}", postures.join(", ")),
            });
        }
    }
    found
}
