//! Generated evidence with known defects: the rules find exactly those.

use std::collections::BTreeMap;
use std::sync::Arc;

use custody_controls::assess::assess;
use custody_controls::capture::{Capture, SourceReading, Tables};
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::packet::{ReviewPeriod, ReviewScope};
use custody_controls::table::Layout;

use crate::evidence::{LIBRARY, at, lines};
use crate::world::{AS_OF, PERIOD, World, generate};

fn capture(world: &World) -> Capture {
    let mut tables = Tables::default();
    for (path, text) in &world.files {
        let kind = Kind::from_path(path).unwrap();
        tables
            .read(kind, Arc::from(text.as_str()), Layout::Array, path)
            .unwrap_or_else(|faults| panic!("{}", faults[0]));
    }
    let reading = SourceReading {
        connector: "generated".to_owned(),
        captured_at: at(AS_OF),
        missing: None,
    };
    let readings: BTreeMap<_, _> = SourceSystem::ALL
        .into_iter()
        .map(|source| (source, reading.clone()))
        .collect();
    Capture::freeze(tables, readings).unwrap()
}

fn scope() -> ReviewScope {
    let (from, to) = PERIOD;
    ReviewScope {
        cycle: "2026-H2".to_owned(),
        as_of: at(AS_OF),
        period: ReviewPeriod {
            from: at(from),
            to: at(to),
        },
    }
}

#[test]
fn the_seeded_defects_and_no_others_are_found() {
    for seed in [1, 2, 3, 4, 5] {
        let world = generate(200, seed);
        let assessment = assess(&capture(&world), &LIBRARY, &scope());
        assert_eq!(lines(&assessment), world.expected, "seed {seed}");
        assert!(world.expected.len() > 10);
    }
}

#[test]
fn every_kind_of_defect_comes_up() {
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let mut checks: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 10..16 {
        let world = generate(400, seed);
        for line in &world.expected {
            let mut words = line.split(' ');
            let (requirement, _) = (words.next().unwrap(), words.next());
            let outcome = words.collect::<Vec<_>>().join(" ");
            *outcomes
                .entry(format!("{requirement} {outcome}"))
                .or_default() += 1;
        }
        let assessment = assess(&capture(&world), &LIBRARY, &scope());
        assert_eq!(lines(&assessment), world.expected, "seed {seed}");
        for finding in assessment.findings {
            *checks.entry(finding.check).or_default() += 1;
        }
    }
    assert!(outcomes.len() >= 16, "{outcomes:?}");
    assert!(checks.len() >= 35, "{}: {checks:?}", checks.len());
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let (a, b, c) = (generate(50, 7), generate(50, 7), generate(50, 8));
    assert_eq!(a.files, b.files);
    assert_ne!(a.files, c.files);
    let bytes: usize = generate(1000, 7).files.values().map(String::len).sum();
    assert!((1_700_000..2_400_000).contains(&bytes), "{bytes}");
}
